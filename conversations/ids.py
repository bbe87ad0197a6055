"""Ids that sort by the time of their creation."""

from datetime import datetime
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562): later ones are larger, so indexes stay compact and pages stay in order."""
    return uuid7()


def first_id(moment: datetime) -> UUID:
    """Return the smallest id of this moment, below those of all rows that are newer."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


BOOT_ID = str(uuid4())
"""The id of this process, which owns the replies that it streams."""
