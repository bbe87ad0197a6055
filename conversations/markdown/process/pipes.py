"""Whole messages through pipes to another process, with a deadline so that neither side hangs."""

import math
import os
import select
import struct
import time
from typing import IO

FOR_EVER = math.inf
_HEAD = struct.Struct("!I")
_AT_ONCE = 65_536


class Broken(Exception):
    """Says that the other side has ended, or takes too long."""


def send(pipe: IO[bytes] | None, message: bytes, until: float) -> None:
    """Write a message, at most until this time of the monotonic clock."""
    assert pipe is not None
    left = memoryview(_HEAD.pack(len(message)) + message)
    os.set_blocking(pipe.fileno(), False)
    while left:
        _wait(pipe, select.POLLOUT, until)
        try:
            left = left[os.write(pipe.fileno(), left[:_AT_ONCE]) :]
        except BlockingIOError:
            continue
        except OSError:
            raise Broken from None


def receive(pipe: IO[bytes] | None, until: float) -> bytes:
    """Read a message, at most until this time of the monotonic clock."""
    assert pipe is not None
    (size,) = _HEAD.unpack(_exactly(pipe, _HEAD.size, until))
    return _exactly(pipe, size, until)


def _exactly(pipe: IO[bytes], size: int, until: float) -> bytes:
    pieces = []
    while size:
        _wait(pipe, select.POLLIN, until)
        piece = os.read(pipe.fileno(), min(size, _AT_ONCE))
        if not piece:
            raise Broken
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _wait(pipe: IO[bytes], event: int, until: float) -> None:
    poll = select.poll()
    poll.register(pipe.fileno(), event)
    if not poll.poll(None if until == FOR_EVER else max(0.0, 1000 * (until - time.monotonic()))):
        raise Broken
