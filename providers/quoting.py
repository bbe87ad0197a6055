"""What of a vendor's message is searched, kept and shown: its beginning, however long the message is."""

from __future__ import annotations

KEPT_CHARACTERS = 4096


def beginning(text: str, characters: int = KEPT_CHARACTERS) -> str:
    """The first characters of `text`, each white space in it one blank; however long it is, it is read once."""
    # So many words are more than enough characters, and what follows them stays one piece.
    return " ".join(text.split(None, characters))[:characters]
