"""The results of a search, page by page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Literal
from uuid import UUID

from conversations.errors import Refused
from conversations.models import Message, SearchEntry, User
from conversations.search.entries import entries
from conversations.search.folding import fold
from conversations.search.found import Piece, fits, line, relevance
from conversations.search.indexing import by_the_index
from conversations.search.queries import Query
from conversations.search.tokens import MAX_TEXT

Sort = Literal["relevance", "newest"]
PAGE_SIZE = 20
WINDOW = 400
"""Entries, the newest that the index finds, among which a page's order is made; then come the next ones."""
MAX_WINDOWS = 3
"""Windows that one request looks through for terms that only the patterns can tell."""
MAX_CHARACTERS = 2_000_000
"""Characters of the texts of one window; long texts make it smaller."""


@dataclass(frozen=True, slots=True)
class Result:
    """A message that was found or, without one, a conversation by its title."""

    conversation: UUID
    message: UUID | None
    title: str
    team: UUID | None
    team_name: str
    author: UUID | None
    author_name: str
    model: UUID | None
    model_name: str
    created_at: datetime
    snippet: list[Piece]


@dataclass(frozen=True, slots=True)
class Page:
    """Results, and the cursor of the next page; "" after the last."""

    results: list[Result]
    next: str = ""


_Window = Sequence[tuple[int, datetime]]
"""Ids of entries and their times."""


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of an entry, as it is and folded."""

    entry: int
    text: str
    folded: str
    is_title: bool


def search(person: User, query: Query, sort: Sort = "relevance", cursor: str = "") -> Page:
    """Return a page of what this person may read and the query finds; refuses a malformed cursor."""
    top, place = _position(cursor)
    if query.is_empty:
        return Page([])
    found: list[_Text] = []
    for _ in range(MAX_WINDOWS):
        window, is_last = _window(person, query, top)
        is_by_time = sort == "newest" or not query.terms
        for at, text in (_by_time if is_by_time else _by_relevance)(window, query, place):
            if len(found) == PAGE_SIZE:
                return Page(_results(found, query), _cursor(window[0][0], at))
            found.append(text)
        if is_last:
            return Page(_results(found, query))
        top, place = window[-1][0] - 1, 0
    return Page(_results(found, query), _cursor(top or 0, 0))


def _window(person: User, query: Query, top: int | None) -> tuple[_Window, bool]:
    """Return the ids and times of the newest entries up to `top`, and whether there are no others."""
    with by_the_index() if query.terms else nullcontext():
        rows = list(entries(person, query, top).values_list("pk", "created_at", "length")[:WINDOW])
    sums = accumulate(length for *_, length in rows)
    count = max(1, sum(1 for characters in sums if characters <= MAX_CHARACTERS))
    return [(key, moment) for key, moment, _ in rows[:count]], len(rows) < WINDOW and count >= len(rows)


def _by_time(window: _Window, query: Query, first: int) -> Iterator[tuple[int, _Text]]:
    """Yield the texts that fit from place `first` on, each with its place; they are read as they are needed."""
    ordered = sorted(window, key=lambda row: row[1], reverse=True)
    size = 2 * PAGE_SIZE
    for start in range(first, len(ordered), size):
        keys = [key for key, _ in ordered[start : start + size]]
        texts = _texts(keys)
        for place, key in enumerate(keys, start):
            if key in texts and fits(texts[key].folded, query):
                yield place, texts[key]


def _by_relevance(window: _Window, query: Query, first: int) -> Iterator[tuple[int, _Text]]:
    """Yield the texts that fit from place `first` of the order on; equal ones are ordered by their age."""
    texts = [text for _, text in _by_time(window, query, 0)]
    rank = {
        text.entry: relevance(text.folded, query, is_title=text.is_title) - age / (4 * WINDOW)
        for age, text in enumerate(texts)
    }
    texts.sort(key=lambda text: -rank[text.entry])
    yield from list(enumerate(texts))[first:]


def _texts(keys: Sequence[int]) -> dict[int, _Text]:
    fields = ("pk", "message", "has_file", "message__text", "conversation__title")
    rows = list(SearchEntry.objects.filter(pk__in=keys).values_list(*fields))
    names = _file_names([message for _, message, has_file, *_ in rows if has_file])
    texts = {}
    for key, message, _, text, title in rows:
        said = title if message is None else "\n".join([text[:MAX_TEXT], *names.get(message, ())])
        texts[key] = _Text(key, said, fold(said), message is None)
    return texts


def _file_names(messages: Sequence[UUID]) -> dict[UUID, list[str]]:
    names: dict[UUID, list[str]] = {}
    held = Message.files.through.objects.filter(message__in=messages) if messages else ()
    for message, name in held.values_list("message", "file__name") if held else ():
        names.setdefault(message, []).append(name)
    return names


def _results(found: Sequence[_Text], query: Query) -> list[Result]:
    rows = SearchEntry.objects.select_related("conversation__team", "author").in_bulk([text.entry for text in found])
    return [_result(rows[text.entry], text, query) for text in found if text.entry in rows]


def _result(entry: SearchEntry, text: _Text, query: Query) -> Result:
    conversation = entry.conversation
    return Result(
        conversation=conversation.pk,
        message=entry.message_id,
        title=conversation.title,
        team=conversation.team_id,
        team_name=conversation.team_name,
        author=entry.author.pk if entry.author else None,
        author_name=entry.author.name if entry.author else "",
        model=entry.model_id,
        model_name=entry.model_name,
        created_at=entry.created_at,
        snippet=line(text.text, query.terms),
    )


def _cursor(top: int, place: int) -> str:
    return urlsafe_b64encode(f"{top} {place}".encode()).decode()


def _position(cursor: str) -> tuple[int | None, int]:
    if not cursor:
        return None, 0
    try:
        top, place = map(int, urlsafe_b64decode(cursor).decode().split(" "))
        if not (0 <= top < 2**63 and 0 <= place <= WINDOW):
            raise ValueError
    except ValueError:
        raise Refused("bad_field", "“cursor” is not one of ours.", "cursor") from None
    return top, place
