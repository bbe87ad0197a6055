"""The marking of sentences for translation without Django, which the model's own process does not need."""


def gettext_noop(text: str) -> str:
    """Return the English text unchanged; the code that shows it translates it."""
    return text
