"""Sentences for people, marked for translation without importing Django: the model's own process needs none of it."""


def gettext_noop(text: str) -> str:
    """The English text as it is; whoever shows it translates it."""
    return text
