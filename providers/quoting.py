"""What of a vendor's message is searched, kept and shown: its beginning, however long it is, without the key."""

from __future__ import annotations

from providers.text import KeyMask, repaired

KEPT_CHARACTERS = 4096


def beginning(text: str, characters: int = KEPT_CHARACTERS) -> str:
    """The first characters of `text`, each white space in it one blank; however long it is, it is read once."""
    # So many words are more than enough characters, and what follows them stays one piece.
    return " ".join(text.split(None, characters))[:characters]


def without_key(quote: str, mask: KeyMask) -> str:
    """The beginning of `quote` as it may be kept, masked before it is cut: half a key would not be found."""
    # An end that may be half a key is masked too, because the body that it stood in may have been cut.
    whole = mask.fresh()
    return beginning(whole.feed(repaired(quote)) + whole.rest())
