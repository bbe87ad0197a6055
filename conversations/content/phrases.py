"""The chat script's sentences about messages, read from its template for pages without script."""

from collections.abc import Sequence
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from conversations.content import message_body
from conversations.models import Message, Remark, Summary
from providers.types import PICTURE_LACKS

Phrases = dict[str, str]


def phrases() -> Phrases:
    """Return the sentences by name, in the language of this request."""
    return _in(translation.get_language() or "")


def name_of_gap(part: dict[str, Any]) -> str:
    """Return the name of the sentence on a gap in a reply. For a missing picture it says why, if that is known."""
    why = part.get("picture")
    return f"gap.{why}" if why in PICTURE_LACKS else "gap"


def outcome(said: Phrases, message: Message) -> str:
    """Return the sentence on how a message ended, or an empty text if it ended well."""
    status = said.get(f"status.{message.status}", "")
    if message.status == "complete":
        lack = "thoughts" if message_body.is_thought_alone(message) else "" if message.parts else "nothing"
        finish = f"finish.{message.finish_reason}"
        explained = said.get(f"{finish}.said") if message.quote else ""
        return explained or said.get(finish) or (said.get(f"finish.{lack}", "") if message.is_reply else "")
    if message.status in ("interrupted", "failed"):
        return said.get(f"reply.{message.cause}") or said.get(f"reply.{message.error_code}") or status
    return status


def vouched(said: Phrases, message: Message, *, is_public: bool = False) -> str:
    """Return the sentence on who vouches for a reply; empty for none, and without a name for the public.

    Whoever verified an answer did so for the readers of the conversation, and may not have written in it.
    """
    mark = message.verified
    if mark is None:
        return ""
    name = "" if is_public else mark.by_name
    day = date_format(timezone.localtime(mark.verified_at).date(), "SHORT_DATE_FORMAT")
    sentences = [said["verified.by" if name else "verified.on"].replace("{date}", day).replace("{name}", name)]
    if mark.note and not is_public:
        sentences.append(mark.note)
    if mark.until and not is_public:
        sentences.append(said["verified.until"].replace("{date}", date_format(mark.until, "SHORT_DATE_FORMAT")))
    return " · ".join(sentences)


def remark_lines(said: Phrases, message: Message) -> list[tuple[str, str]]:
    """Return the remarks on a message in the order of its words: their quotes and a line on each.

    A reply follows its remark and quotes nothing.
    """
    told = remarks_on(message)
    firsts = sorted((one for one in told if one.above_id is None), key=lambda one: one.start or 0)
    threads = ([first, *(one for one in told if one.above_id == first.pk)] for first in firsts)
    return [(one.quote, _remark_line(said, one)) for thread in threads for one in thread]


def remarks_on(message: Message) -> Sequence[Remark]:
    """Return the remarks and their replies that an export has fetched with a message; other pages fetch none."""
    found: Sequence[Remark] = getattr(message, "told_remarks", ())
    return found


def summary_lines(message: Message) -> tuple[str, str] | None:
    """Return the heading and the words of the summary below a message; only exports fetch some.

    Of two the newer counts, as for models.
    """
    told: Sequence[Summary] = getattr(message, "told_summaries", ())
    if not told:
        return None
    version = list(told[-1].versions.all())[-1]
    day = date_format(timezone.localtime(version.created_at).date(), "SHORT_DATE_FORMAT")
    heading = gettext("Summary of what is above, as models are told it")
    return f"{heading} · {version.author_name} · {day}", version.text


def _remark_line(said: Phrases, remark: Remark) -> str:
    day = date_format(timezone.localtime(remark.created_at).date(), "SHORT_DATE_FORMAT")
    about = [remark.author.name if remark.author else "", day]
    if remark.assignee:
        about.append(said["remark.for"].replace("{name}", remark.assignee.name))
    if remark.resolved_at:
        about.append(said["remark.resolved"])
    return f"{remark.text} ({' · '.join(filter(None, about))})"


@lru_cache
def _in(language: str) -> Phrases:
    reader = _Reader()
    with translation.override(language):
        reader.feed(render_to_string("_words.html") + render_to_string("_later_words.html"))
    return reader.phrases


class _Reader(HTMLParser):
    """Collects the text of each `<p data-name="…">`."""

    def __init__(self) -> None:
        super().__init__()
        self.phrases: Phrases = {}
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._name = dict(attrs).get("data-name") or ""

    def handle_data(self, data: str) -> None:
        if self._name:
            self.phrases[self._name] = self.phrases.get(self._name, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._name = ""
