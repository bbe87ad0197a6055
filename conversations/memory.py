"""Memory of the C library: how little of it a process keeps that nobody uses."""

import ctypes
from contextlib import suppress

_ARENA_MAX = -8
ARENAS = 2
"""Heaps that threads share: each of many would keep what its threads have freed, and Python runs one at a time."""


def share_arenas() -> None:
    """Let all threads take their memory from few heaps; to be called before there are threads."""
    with suppress(AttributeError, OSError):  # other C libraries have no mallopt
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return freed memory to the system: glibc keeps most of what threads have freed."""
    with suppress(AttributeError, OSError):  # other C libraries have no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
