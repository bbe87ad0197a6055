"""Ids that sort by the time they were made."""

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): later ones are larger, so indexes stay compact and pages stay in order."""
    return uuid7()


BOOT_ID = str(uuid4())
"""This process: the owner of the replies that it streams."""
