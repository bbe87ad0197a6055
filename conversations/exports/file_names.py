"""Names of exported files, by which people recognise a conversation on any system."""

import re

from conversations.models import Conversation
from conversations.text import title_of

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"/\\|?*]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
MAX_LENGTH = 60
"""Characters of a name without its ending."""


def file_name(text: str, ending: str, fallback: str = "conversation") -> str:
    """Return a name that Windows, macOS and Linux accept, such as `Trip to Paris.md`."""
    name = title_of(_NOT_IN_NAMES.sub(" ", text), MAX_LENGTH).strip(". …")
    return f"{fallback if not name or _RESERVED.fullmatch(name) else name}{ending}"


def name_of(conversation: Conversation, ending: str) -> str:
    """Return the name of a conversation's file."""
    return file_name(conversation.title, ending)
