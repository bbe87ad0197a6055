"""A reply as an iterable of deltas: request, transport and reading put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from providers.errors import BadReply, ReplyTooLong, VendorError
from providers.reading.reader import Reading
from providers.text import without_key
from providers.transport.call import Call, HungUp, key_mask
from providers.transport.network import Network
from providers.transport.sockets import no_pause
from providers.types import Address, Clocks, Delta, Finish, Key, Prompt, Usage
from providers.wires import registry

USAGE_SECONDS = 2.0
_END_SECONDS = 0.05
# Without streaming, the first token comes together with the last.
_WHOLE_REPLY_FACTOR = 10
_CALLS = 3


class Stream:
    """One reply. Iterate it for deltas, once; leave its `with` to hang up.

    Iterating raises VendorError, after all deltas that came before; after `stop()` it just ends, with `stopped` set.
    A question that is refused for one of its parameters, before any word of an answer, is asked once more without it,
    or with its other spelling; where that is answered, `learnt` is what `Address.learnt` should be from now on. While
    `rest()` is more than 0 the reading pauses so many seconds whenever it has read everything.
    """

    def __init__(
        self,
        address: Address,
        prompt: Prompt,
        key: Key | None = None,
        *,
        network: Network = Network(),  # noqa: B008  # frozen
        rest: Callable[[], float] = no_pause,
    ) -> None:
        self.stopped = False
        self.learnt = self._known = address.learnt
        self._address, self._prompt, self._key, self._network = address, prompt, key, network
        self._rest = rest
        self._wire = registry.wire(address.wire)
        self._mask = key_mask(key)
        self._calls = 0
        self._over = False
        self._begin()

    @property
    def usage(self) -> Usage | None:
        """The vendor's last report of token counts."""
        return self._reading.usage

    @property
    def finish(self) -> Finish | None:
        """Why the reply ended; None while it has not, or when it broke."""
        return self._reading.finish

    @property
    def first_token_at(self) -> float | None:
        """When the first word, or thought, came: monotonic seconds."""
        return self._reading.first_token_at

    @property
    def has_left(self) -> bool:
        """Whether the question is on its way as a whole: its vendor may answer it, and count it, heard or not."""
        return self._call.has_left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __iter__(self) -> Iterator[Delta]:
        try:
            for delta in self._deltas():
                if self.stopped:
                    return
                yield delta
        except HungUp:
            return
        except VendorError as error:
            if self.stopped:
                return
            if self.first_token_at is None:
                self.learnt = self._known
            raise error from None
        finally:
            self._end()

    def stop(self) -> None:
        """Hangs up at once; any thread, any time, also before the connection is made."""
        if not self._over:
            self.stopped = True
            self._call.abort()

    def _end(self) -> None:
        self._over = True
        self._call.close()

    def _begin(self) -> None:
        """Makes ready for a call; one that was stopped meanwhile is not made."""
        self._reading = Reading(self._wire, self._mask, streaming=self._address.streaming)
        self._call = Call(_clocks(self._address), self._network, self._rest)
        self._heard = (0, False)
        self._calls += 1

    def _deltas(self) -> Iterator[Delta]:
        while True:
            try:
                yield from self._attempt()
                return
            except VendorError as error:
                error.quote = without_key(error.quote, self._mask)
                if not self._learn(error):
                    raise

    def _learn(self, error: VendorError) -> bool:
        """Whether `error` teaches how to ask in another way, which is then prepared."""
        learnt = self._wire.learnt(error, self.learnt)
        if learnt == self.learnt or self.first_token_at is not None or self._calls == _CALLS:
            return False
        address, before = replace(self._address, learnt=learnt), self._address
        if self._wire.request(address, self._prompt).body == self._wire.request(before, self._prompt).body:
            return False
        self._call.close()
        self.learnt, self._address = learnt, address
        self._begin()
        if self.stopped:
            raise HungUp
        return True

    def _attempt(self) -> Iterator[Delta]:
        self._open()
        try:
            for chunk in self._call.chunks():
                yield from self._read(chunk)
        except VendorError as error:
            # A connection that breaks after the end of the reply has done its work.
            if not self._reading.is_believed or isinstance(error, ReplyTooLong):
                yield from self._reading.broken()
                raise
        yield from self._reading.end()

    def _open(self) -> None:
        self._call.open(self._wire.request(self._address, self._prompt), self._key)
        status = self._call.status
        if 300 <= status < 400:
            # Where it leads is not shown: it may repeat the key of the query.
            raise BadReply(because="The vendor redirects calls to another address, which this site does not follow.")
        if status >= 400:
            raise self._wire.error(status, self._call.headers, self._call.error_body())

    def _read(self, chunk: bytes) -> Iterator[Delta]:
        # After the end marker the rest of the body is read, but hardly waited for: the connection can be used again.
        if self._reading.done:
            return
        for delta in self._reading.feed(chunk):
            self._set_clocks()
            yield delta
        self._set_clocks()

    def _set_clocks(self) -> None:
        if self._reading.done:
            self._call.conclude(_END_SECONDS)
        elif self._heard != (heard := (self._reading.meaningful, self._reading.is_over)):
            self._heard = heard
            self._call.hear()
            if self._reading.is_over:
                self._call.conclude(USAGE_SECONDS)


def _clocks(address: Address) -> Clocks:
    if address.streaming:
        return address.clocks
    return replace(address.clocks, first_token=address.clocks.first_token * _WHOLE_REPLY_FACTOR)
