"""Memory that a load has left behind."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Return freed memory to the system: glibc keeps most of what many threads have freed."""
    with suppress(AttributeError, OSError):  # other C libraries have no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
