"""The beginning of a vendor's message that is shown, or searched."""

MAX_QUOTED_CHARACTERS = 200
MAX_KEPT_CHARACTERS = 4096
SAID = " It said: "
"""Separator between the reason and the vendor's message."""
SAID_OF_QUESTION = " It said of this question: "
"""The same for a message that may repeat the question, or concern it alone: it is only for who asked."""
WAITS = " Try again in %d seconds."
"""The end of the reason where the vendor has named a wait."""


def cut(quote: str) -> str:
    """Return at most 200 characters of a vendor's message."""
    shown = beginning(quote, MAX_QUOTED_CHARACTERS + 1)
    return shown if len(shown) <= MAX_QUOTED_CHARACTERS else shown[: MAX_QUOTED_CHARACTERS - 1] + "…"


def beginning(text: str, characters: int = MAX_KEPT_CHARACTERS) -> str:
    """Return the first characters of `text`, with each run of white space as one blank."""
    # This many words have more than enough characters, and the rest stays one piece: a long text is read once.
    return " ".join(text.split(None, characters))[:characters]
