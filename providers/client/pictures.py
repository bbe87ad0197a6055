"""Pictures behind links of a vendor, fetched while its reply is read: the links die, and readers never call them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from providers.reading.words.linked_pictures import LinkedPictures
from providers.transport.body.waits import BLOCKING, Wait
from providers.transport.call import Call, HungUp
from providers.transport.links import Link, NotFetched
from providers.transport.network import Network
from providers.types import Delta, Part
from providers.wires.parameters import MAX_PICTURES
from providers.wires.pictures import media_type_of

NOT_A_PICTURE, TOO_MANY = "kind", "too_many"


class Fetching:
    """The fetching of the pictures of one reply, from the vendor at the address `vendor`."""

    def __init__(self, network: Network, vendor: str) -> None:
        self._network, self._vendor = network, vendor
        self._words = LinkedPictures()
        self._count = 0
        self._link: Link | None = None
        self._is_stopped = False

    def abort(self) -> None:
        """End a fetch under way. Any thread may call it."""
        self._is_stopped = True
        if (link := self._link) is not None:
            link.abort()

    def deltas(self, delta: Delta, call: Call) -> Iterator[Delta | Wait]:
        """Yield the delta with the pictures in place of their links. `call` brings the reply, and waits meanwhile."""
        if delta.is_words:
            yield from self._pieces(self._words.feed(delta.text), call)
            return
        yield from self.flush(call)
        part = delta.part
        if part is not None and part.kind in ("image", "file") and _is_web(part) and "data" not in part.detail:
            yield from self._fetched(part, call)
        else:
            yield delta

    def flush(self, call: Call) -> Iterator[Delta | Wait]:
        """Yield the words held back because a link may begin in them."""
        yield from self._pieces(self._words.flush(), call)

    def _pieces(self, pieces: list[str | Part], call: Call) -> Iterator[Delta | Wait]:
        for piece in pieces:
            if isinstance(piece, str):
                yield Delta(text=piece)
            else:
                yield from self._fetched(piece, call)

    def _fetched(self, part: Part, call: Call) -> Iterator[Delta | Wait]:
        self._count += 1
        if self._count > MAX_PICTURES:
            if self._count == MAX_PICTURES + 1:
                yield lacking(TOO_MANY)
            return
        yield BLOCKING
        call.pause()
        try:
            yield Delta(part=self._picture(part.detail["uri"]))
        except NotFetched as failure:
            yield lacking(failure.why)
        finally:
            call.hear()

    def _picture(self, address: str) -> Part:
        self._link = link = Link(address, self._network, self._vendor)
        if self._is_stopped:
            raise HungUp
        content = base64.b64encode(link.read()).decode()
        media_type = media_type_of(content)
        if not media_type:
            raise NotFetched(NOT_A_PICTURE)
        return Part("image", "", {"media_type": media_type, "data": content})


def lacking(why: str) -> Delta:
    """Return the part that says why a picture is not there."""
    return Delta(part=Part("gap", detail={"bytes": 0, "picture": why}))


def _is_web(part: Part) -> bool:
    return str(part.detail.get("uri", ""))[:8].lower().startswith(("https://", "http://"))
