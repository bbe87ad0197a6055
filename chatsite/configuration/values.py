"""Checks of settings that would break nothing at once; each raises ValueError with the reason."""

import re
from zoneinfo import ZoneInfo

_PLACE = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\]):[0-9]{1,5}")
_REDIS = ("redis://", "rediss://", "unix://")
MIN_SECRET_LENGTH = 32
"""Characters of a secret key: a shorter one can be guessed, and with it sessions and links can be forged."""


def number(given: str | None, default: int, *, least: int) -> int:
    """Return a whole number that is at least `least`."""
    found = int(given or default)
    if found < least:
        raise ValueError(f"{found} is too small, the least is {least}")
    return found


def places(given: list[str]) -> frozenset[str]:
    """Return `host:port` entries in lower case."""
    for place in given:
        if not _PLACE.fullmatch(place.lower()):
            raise ValueError(f"“{place}” is no host:port, as 10.0.0.5:11434 or ollama:11434")
    return frozenset(place.lower() for place in given)


def redis_address(given: str) -> str:
    """Return the address of a Redis, or ""."""
    if given and not given.startswith(_REDIS):
        raise ValueError("it must look like redis://user:password@host:port/0")
    return given


def secret(given: str | None) -> str | None:
    """Return a secret key that is long enough, or None."""
    if given and len(given) < MIN_SECRET_LENGTH:
        raise ValueError(f"it has {len(given)} characters; {MIN_SECRET_LENGTH} at least, chosen at random")
    return given


def time_zone(given: str) -> str:
    """Return the name of a time zone that this machine knows."""
    try:
        return ZoneInfo(given).key
    except (KeyError, ValueError, OSError):
        pass
    try:
        ZoneInfo("UTC")
    except KeyError:
        raise ValueError("this machine knows no time zones at all: install its package tzdata") from None
    raise ValueError(f"it must be a name like Asia/Shanghai; {given!r} is none")
