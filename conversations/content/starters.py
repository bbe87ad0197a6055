"""The starters of the start page: beginnings of questions, an administrator's or ours."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from conversations.models import Installation

MOST = 4


@dataclass(frozen=True)
class Starter:
    """A button's title, and the words that it writes into the composer."""

    title: str
    text: str


def offered() -> list[Starter]:
    """Return the site's starters, else ours in the reader's language."""
    lines = Installation.starters_of_site().splitlines()
    told = [_read(line) for line in lines if line.strip()]
    return (told or _ours())[:MOST]


def _read(line: str) -> Starter:
    """Return the starter of "title | words"; without a bar, the words are the title too."""
    title, bar, words = (part.strip() for part in line.partition("|"))
    return Starter(title, f"{words} " if bar and words else title)


def _ours() -> list[Starter]:
    return [
        Starter(_("Summarize a text"), _("Summarize this text in five sentences:") + "\n\n"),
        Starter(_("Improve a text"), _("Improve the wording of this text and keep its tone:") + "\n\n"),
        Starter(_("Translate"), _("Translate this into Chinese:") + "\n\n"),
        Starter(_("Explain something"), _("Explain in plain words, with an example:") + "\n\n"),
    ]
