"""Tasks of a vendor: begun by one call, and asked about by others until they are done."""

from __future__ import annotations

import threading
import time

from providers.errors import BadReply, VendorError, VendorTimeout
from providers.transport.body.waits import waited_for
from providers.transport.call import Call, HungUp
from providers.transport.network import Network
from providers.types import Address, Clocks, Key
from providers.wires.registry import TaskWire

POLL_SECONDS = 3.0
MAX_FAULTS = 5
"""Answers in a row that tell nothing of a task, after which nobody asks any more."""
MAX_BYTES = 48 * 2**20
"""Bytes of an answer; pictures are links in it, or are there themselves."""
_CLOCKS = Clocks(first_token=20, silence=20, total=60)


class Task:
    """The task of one reply. `answer` is read once; any thread may `abort` that at any time."""

    def __init__(self, wire: TaskWire, address: Address, key: Key | None, network: Network) -> None:
        self._wire, self._address, self._key, self._network = wire, address, key, network
        self._over = threading.Event()
        self._call: Call | None = None

    def abort(self) -> None:
        """End the waiting at once."""
        self._over.set()
        if (call := self._call) is not None:
            call.abort()

    def answer(self, begun: Call) -> bytes:
        """Return the last answer: the one that `begun` has brought, or what came of its task.

        Raises HungUp after an abort. Raises VendorTimeout where nothing is heard of the task any more.
        """
        content = _content(begun)
        begun.pause()
        task, until, faults = self._wire.task_in(content), time.monotonic() + self._address.clocks.total, 0
        while task:
            if self._over.wait(POLL_SECONDS):
                raise HungUp
            content = self._asked(task)
            if self._wire.has_ended(content):
                break
            faults = 0 if self._wire.is_under_way(content) else faults + 1
            if faults == MAX_FAULTS or time.monotonic() > until:
                raise VendorTimeout
        return content

    def _asked(self, task: str) -> bytes:
        """Return what the vendor says of the task, or nothing where that fails."""
        self._call = call = Call(_CLOCKS, self._network)
        if self._over.is_set():
            raise HungUp
        try:
            call.open(self._wire.status_request(self._address, task), self._key)
            return _content(call) if call.status == 200 else b""
        except VendorError:
            return b""
        finally:
            call.close()


def _content(call: Call) -> bytes:
    content = bytearray()
    for chunk in waited_for(call.chunks()):
        call.hear()
        content += chunk
        if len(content) > MAX_BYTES:
            raise BadReply
    return bytes(content)
