"""Ids that sort by the time of their creation."""

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562): later ones are larger, so indexes stay compact and pages stay in order."""
    return uuid7()


BOOT_ID = str(uuid4())
"""The id of this process, which owns the replies that it streams."""
