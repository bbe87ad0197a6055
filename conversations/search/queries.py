"""Queries: what a person types into the search, with facets such as `from:` and `before:`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.utils import timezone

from conversations.errors import Refused
from conversations.search.terms import Term
from conversations.text import clean

MAX_LENGTH, MAX_TERMS = 200, 20
_PIECE = re.compile(r'(?P<minus>-)?(?:(?P<name>[^\W\d_]+)[:：])?(?:["“”](?P<quoted>[^"“”]*)["“”]?|(?P<word>\S+))')
_ALIASES = {
    "作者": "from", "来自": "from", "模型": "model", "团队": "team", "早于": "before", "晚于": "after", "包含": "has",
    "标题": "title",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A query: all terms must be found, none of the excluded; a facet limits what is searched."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    authors: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None
    has_file: bool = False
    titles: bool = False
    person: UUID | None = None
    model: UUID | None = None
    team: UUID | None = None
    conversation: UUID | None = None

    def narrowed(self, **given: Any) -> "Query":
        """Return this query with the given fields; what is empty changes nothing."""
        return replace(self, **{name: value for name, value in given.items() if value})

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is asked for; all of one conversation is as good as nothing."""
        return self == Query(conversation=self.conversation)


def parse(typed: str) -> Query:
    """Return the query; refuses text with NUL, too much of it, and facets with values that say nothing."""
    text = clean(typed, "q")
    if len(text) > MAX_LENGTH:
        raise Refused("too_long", f"A search may have {MAX_LENGTH} characters; this one has {len(text)}.", "q")
    query = Query()
    for piece in _PIECE.finditer(text):
        query = _with(query, piece)
    if len(query.terms) + len(query.excluded) > MAX_TERMS:
        raise Refused("too_long", f"A search may have {MAX_TERMS} words.", "q")
    return query


def day(text: str, name: str) -> datetime:
    """Return the beginning of a day written as 2025-12-31, or a moment in ISO 8601; refuses all else."""
    try:
        if len(text) <= len("2025-12-31"):
            moment = datetime.combine(date.fromisoformat(text), time())
        else:
            moment = datetime.fromisoformat(text)
        return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("bad_field", f"“{name}” takes a day, such as 2025-12-31.", name) from None


def _with(query: Query, piece: re.Match[str]) -> Query:
    name = (piece["name"] or "").lower()
    facet = _FACETS.get(_ALIASES.get(name, name))
    value = piece["word"] if piece["quoted"] is None else piece["quoted"]
    if facet and not piece["minus"]:
        return facet(query, value, piece["quoted"] is not None)
    said = f"{piece['name']}:{value}" if piece["name"] else value
    return _with_term(query, said, piece["quoted"] is not None, "excluded" if piece["minus"] else "terms")


def _with_term(query: Query, text: str, is_phrase: bool, place: str = "terms") -> Query:
    term = Term(text, is_phrase)
    is_new = all(term.pattern != other.pattern for other in getattr(query, place))
    return _and(query, place, term) if term.tokens and is_new else query


def _title(query: Query, value: str, is_phrase: bool) -> Query:
    return replace(_with_term(query, value, is_phrase), titles=True)


def _has(query: Query, value: str, is_phrase: bool) -> Query:
    if value.lower().rstrip("s") in ("file", "文件", "附件"):
        return replace(query, has_file=True)
    return _with_term(query, f"has:{value}", is_phrase)


def _named(place: str) -> Callable[[Query, str, bool], Query]:
    return lambda query, value, _: _and(query, place, value)


def _and(query: Query, place: str, value: Any) -> Query:
    more: dict[str, Any] = {place: (*getattr(query, place), value)}
    return replace(query, **more)


_FACETS: dict[str, Callable[[Query, str, bool], Query]] = {
    "from": _named("authors"),
    "model": _named("models"),
    "team": _named("teams"),
    "before": lambda query, value, _: replace(query, before=day(value, "before")),
    "after": lambda query, value, _: replace(query, after=day(value, "after")),
    "has": _has,
    "title": _title,
}
