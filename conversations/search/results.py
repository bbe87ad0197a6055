"""The results of a search, page by page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import accumulate
from typing import Literal
from uuid import UUID

from django.db.models import Exists, OuterRef

from conversations.errors import Refused
from conversations.models import SearchEntry, User, Verification
from conversations.search.entries import best, entries
from conversations.search.folding import fold
from conversations.search.found import Piece, fits, line, relevance
from conversations.search.indexing import by_the_index
from conversations.search.queries import Query
from conversations.search.tokens import MAX_TEXT

Sort = Literal["relevance", "newest"]
PAGE_SIZE = 20
WINDOW, TIME_WINDOW = 120, 400
"""The newest entries that are put in order at once, by relevance or by time; then come the next ones."""
MAX_WINDOWS = 3
"""Windows that one request looks through for terms that only the patterns can tell."""
MAX_CHARACTERS = 2_000_000
"""Characters of the texts of one window; long texts make it smaller."""
BEST_CHARACTERS = 500_000
"""Characters of the texts of each kind of entries that promise most."""
MAX_PLACE = 1_000
"""Places of one window."""
VERIFIED_FIRST = 10.0
"""The relevance that puts verified answers before all others."""
AGE_SHARE = 0.1
"""The relevance that the oldest of a full window lacks beside the newest."""


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
    verified: Verification | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Results, and the cursor of the next page; "" after the last."""

    results: list[Result]
    next: str = ""


_ROW = ("pk", "created_at", "length")
_Row = tuple[int, datetime, int]
"""The id of an entry, its time, and the characters of its text."""


@dataclass(frozen=True, slots=True)
class _Position:
    """A place in the order of one window, which begins at id `top`; all results have ids up to `newest`."""

    newest: int = 0
    top: int = 0
    place: int = 0
    below: int = 0
    """The id at which the next window begins; 0 behind the last."""


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of an entry, as it is and folded."""

    entry: int
    text: str
    folded: str
    is_title: bool
    is_verified: bool = False


def search(person: User, query: Query, sort: Sort = "relevance", cursor: str = "") -> Page:
    """Return a page of what this person may read and the query finds; refuses a malformed cursor."""
    position = _position(cursor)
    if query.is_empty:
        return Page([])
    is_by_time = sort == "newest" or not query.terms
    promising = cache(partial(_promising, person, query))
    found: list[_Text] = []
    for _ in range(MAX_WINDOWS):
        with by_the_index() if query.terms else nullcontext():
            window, position = (
                _newest(person, query, position, TIME_WINDOW)
                if is_by_time
                else _newest_and_best(person, query, position, promising)
            )
        for at, text in (_by_time if is_by_time else _by_relevance)(window, query, position.place):
            if len(found) == PAGE_SIZE:
                return Page(_results(found, query), _cursor(replace(position, place=at)))
            found.append(text)
        if not position.below:
            return Page(_results(found, query))
        position = _Position(position.newest, position.below)
    return Page(_results(found, query), _cursor(position))


def _newest(person: User, query: Query, position: _Position, size: int) -> tuple[list[_Row], _Position]:
    """Return the next entries, newest first, and where they begin and end."""
    listed = list(entries(person, query, position.top or None).values_list(*_ROW)[: size + 1])
    if not listed:
        return [], replace(position, below=0)
    rows = _within(listed[:size], MAX_CHARACTERS)
    newest = position.newest or listed[0][0]
    below = rows[-1][0] - 1 if len(rows) < len(listed) else 0
    return rows, replace(position, newest=newest, top=position.top or newest, below=below)


def _newest_and_best(
    person: User, query: Query, position: _Position, promising: Callable[[int], list[_Row]]
) -> tuple[list[_Row], _Position]:
    """Return the next entries; the first come with those of all that promise most, which do not come again."""
    rows, begin = _newest(person, query, position, WINDOW)
    is_first = begin.top == begin.newest
    if not rows or (is_first and not begin.below):
        return rows, begin
    others = promising(begin.newest)
    if is_first:
        return list(dict.fromkeys([*rows, *others])), begin
    known = {key for key, *_ in others}
    return [row for row in rows if row[0] not in known], begin


def _promising(person: User, query: Query, newest: int) -> list[_Row]:
    found: dict[_Row, None] = {}
    for rows in best(person, query, newest):
        found |= dict.fromkeys(_within(rows.values_list(*_ROW), BEST_CHARACTERS))
    return list(found)


def _within(rows: Iterable[_Row], characters: int) -> list[_Row]:
    """Return the first rows with so many characters in all, and one at least."""
    listed = list(rows)
    sums = accumulate(length for *_, length in listed)
    return listed[: max(1, sum(1 for total in sums if total <= characters))]


def _by_time(
    window: Sequence[_Row], query: Query, first: int, size: int = 2 * PAGE_SIZE
) -> Iterator[tuple[int, _Text]]:
    """Yield the texts that fit from place `first` on, each with its place; `size` are read at once, as needed."""
    ordered = sorted(window, key=lambda row: row[1], reverse=True)
    for start in range(first, len(ordered), size):
        keys = [key for key, *_ in ordered[start : start + size]]
        texts = _texts(keys)
        for place, key in enumerate(keys, start):
            if key in texts and fits(texts[key].folded, query):
                yield place, texts[key]


def _by_relevance(window: Sequence[_Row], query: Query, first: int) -> Iterator[tuple[int, _Text]]:
    """Yield the texts that fit from place `first` of the order on; equal ones are ordered by their age."""
    texts = [text for _, text in _by_time(window, query, 0, max(1, len(window)))]
    rank = {
        text.entry: relevance(text.folded, query, is_title=text.is_title)
        + VERIFIED_FIRST * text.is_verified
        - AGE_SHARE * age / WINDOW
        for age, text in enumerate(texts)
    }
    texts.sort(key=lambda text: -rank[text.entry])
    yield from list(enumerate(texts))[first:]


def _texts(keys: Sequence[int]) -> dict[int, _Text]:
    marked = Verification.objects.in_force().filter(message=OuterRef("message"))
    found = SearchEntry.objects.filter(pk__in=keys).annotate(is_verified=Exists(marked))
    rows = list(found.values_list("pk", "has_file", "is_verified", "message__text"))
    names = _file_names([key for key, has_file, *_ in rows if has_file])
    titles = _titles([key for key, *_, text in rows if text is None])
    texts = {}
    for key, _, is_verified, text in rows:
        said = titles[key] if text is None else "\n".join([text[:MAX_TEXT], *names.get(key, ())])
        texts[key] = _Text(key, said, fold(said), text is None, is_verified)
    return texts


def _titles(keys: Sequence[int]) -> dict[int, str]:
    """Return the titles of these entries."""
    rows = SearchEntry.objects.filter(pk__in=keys).values_list("pk", "conversation__title") if keys else ()
    return dict(rows)


def _file_names(keys: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the files of these entries' messages."""
    names: dict[int, list[str]] = {}
    rows = SearchEntry.objects.filter(pk__in=keys).values_list("pk", "message__files__name") if keys else ()
    for key, name in rows:
        names.setdefault(key, []).extend([name] if name else [])
    return names


_SHOWN = (
    "message_id", "model_id", "model_name", "created_at", "conversation__title", "conversation__team__name",
    "author__username", "author__display_name", "author__is_nameless",
)  # fmt: skip


def _results(found: Sequence[_Text], query: Query) -> list[Result]:
    shown = SearchEntry.objects.select_related("conversation__team", "author").only(*_SHOWN)
    rows = shown.in_bulk([text.entry for text in found])
    marks = Verification.objects.in_force().select_related("by").filter(message__search_entry__in=list(rows))
    verified = {mark.message_id: mark for mark in marks} if any(text.is_verified for text in found) else {}
    return [_result(rows[text.entry], text, query, verified) for text in found if text.entry in rows]


def _result(entry: SearchEntry, text: _Text, query: Query, verified: Mapping[UUID, Verification]) -> Result:
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
        verified=verified.get(entry.message_id) if entry.message_id else None,
    )


def _cursor(position: _Position) -> str:
    return urlsafe_b64encode(f"{position.newest} {position.top} {position.place}".encode()).decode()


def _position(cursor: str) -> _Position:
    if not cursor:
        return _Position()
    try:
        newest, top, place = map(int, urlsafe_b64decode(cursor).decode().split(" "))
        if not (0 < newest < 2**63 and 0 < top < 2**63 and 0 <= place <= MAX_PLACE):
            raise ValueError
    except ValueError:
        raise Refused("bad_field", "“cursor” is not one of ours.", "cursor") from None
    return _Position(newest, top, place)
