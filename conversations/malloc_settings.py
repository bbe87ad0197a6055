"""Settings of the C library's memory, so that a process keeps little that is unused."""

import ctypes
from contextlib import suppress

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
MAX_ARENAS = 2
"""Heaps that threads share: with many, each would keep freed memory, and Python runs one thread at a time."""
LARGE_BYTES = 128 * 1024
"""Bytes from which a piece gets pages of its own, which are returned with it.

Otherwise glibc raises this limit with each freed piece. Soon whole answers would be on the heaps, and small pieces
between them would keep their pages.
"""


def keep_heaps_small() -> None:
    """Let all threads allocate from few heaps, and large pieces from none; call it before there are threads."""
    with suppress(AttributeError, OSError):  # other C libraries have no mallopt
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, MAX_ARENAS)
        library.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Return freed memory to the system: glibc keeps most of what threads have freed."""
    with suppress(AttributeError, OSError):  # other C libraries have no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
