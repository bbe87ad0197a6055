"""Memory of the C library: how little of it a process keeps that nobody uses."""

import ctypes
from contextlib import suppress

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
ARENAS = 2
"""Heaps that threads share: each of many would keep what its threads have freed, and Python runs one at a time."""
LARGE = 128 * 1024
"""Bytes from which a piece has pages of its own, which go with it. Unless told, glibc raises this with what is freed:
soon whole answers lie on the heaps, and what is kept between them holds their pages.
"""


def keep_heaps_small() -> None:
    """Let all threads take their memory from few heaps, and large pieces from none; before there are threads."""
    with suppress(AttributeError, OSError):  # other C libraries have no mallopt
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, ARENAS)
        library.mallopt(_MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """Return freed memory to the system: glibc keeps most of what threads have freed."""
    with suppress(AttributeError, OSError):  # other C libraries have no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
