"""A text that is read aloud, as a stream of one sound with the interface of `Stream`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import Self

from providers.errors import AddressRefused, BadReply, VendorError
from providers.text import without_key
from providers.transport.body.waits import waited_for
from providers.transport.call import Call, HungUp, key_mask
from providers.transport.network import Network
from providers.types import Address, Delta, Finish, Key, Prompt, Usage
from providers.wires import registry

MAX_BYTES = 24 * 2**20
"""Bytes of one answer; a minute of speech has half a megabyte, or four as Gemini sends it."""


class SpeechStream:
    """One call. Iterate it for its one delta, once; any thread may stop it."""

    finish: Finish | None = None
    has_spoken = False
    """True once a sound has begun: the vendor bills it, whatever becomes of the rest."""
    usage: Usage | None = None
    stopped = False
    sentences: Mapping[str, str] = MappingProxyType({})

    def __init__(self, address: Address, prompt: Prompt, key: Key | None, *, network: Network) -> None:
        self.quirks = address.quirks
        self._address, self._prompt, self._key = address, prompt, key
        self._call = Call(address.clocks, network)

    @property
    def has_left(self) -> bool:
        """Return whether the whole request was sent: the vendor may then answer it and bill it."""
        return self._call.has_left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call.close()

    def __iter__(self) -> Iterator[Delta]:
        try:
            yield self._spoken()
        except HungUp:
            return
        except VendorError as error:
            if self.stopped:
                return
            error.quote = without_key(error.quote, key_mask(self._key))
            raise error from None

    def stop(self) -> None:
        """Hang up at once."""
        self.stopped = True
        self._call.abort()

    def _spoken(self) -> Delta:
        wire = registry.SPEAKING.get(self._address.wire)
        if wire is None:
            raise AddressRefused(because="The protocol of this endpoint reads nothing aloud.")
        self._call.open(wire.speech_request(self._address, self._prompt), self._key)
        if 300 <= self._call.status < 400:
            raise BadReply(because="The vendor redirects calls to another address, which this site does not follow.")
        if self._call.status >= 400:
            refused = registry.wire(self._address.wire)
            raise refused.error(self._call.status, self._call.headers, self._call.error_body())
        sound, self.usage = wire.sound_in(self._content(wire))
        self.finish = Finish("stop")
        return Delta(part=sound)

    def _content(self, wire: registry.SpeakingWire) -> bytes:
        content = bytearray()
        for chunk in waited_for(self._call.chunks()):
            self._call.hear()
            content += chunk
            self.has_spoken = self.has_spoken or wire.begins_sound(content)
            if len(content) > MAX_BYTES:
                raise BadReply(because="The vendor's sound is longer than this site keeps.")
        return bytes(content)
