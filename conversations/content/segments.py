"""The segments of a reply's body, in order, and their HTML for the database."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from time import monotonic
from typing import Any

from conversations import markdown
from conversations.content import citations

Parts = Sequence[dict[str, Any]]

_BACKTICKS = re.compile(r"`{3,}")
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)


def rendered(text: str, parts: Parts, seconds: float, work: float) -> str:
    """Return the HTML of a reply's words, thoughts and code for its row; raises markdown.Away after so many seconds.

    Text beyond `work` seconds of processor time is shown as it was written.
    """
    until, budget = monotonic() + seconds, markdown.Work(work)
    return _joined(
        markdown.rendered(said, marks, until - monotonic(), budget) for said, marks in _rendered_parts(text, parts)
    )


def as_written(text: str, parts: Parts) -> str:
    """Return the HTML that is shown while nothing is rendered: the text as it was written."""
    return _joined(markdown.plain(said) for said, _ in _rendered_parts(text, parts))


def segments(html: str, text: str, parts: Parts, key: str) -> list[dict[str, Any]]:
    """Return neighbouring texts as one segment and each other part as stored; texts, thoughts and code get `html`.

    `html` was made of the same text and parts; `key` distinguishes this reply's sources.
    """
    pieces = iter(html.split(markdown.PART))
    if is_words(parts):
        thoughts = [{**part, "html": markdown.stored(next(pieces, ""))} for part in _thoughts(parts)]
        return [*thoughts, *([{"kind": "text", "html": markdown.stored(next(pieces, ""))}] if text else [])]
    numbered = list(citations.numbered(parts))
    titles = {mark.number: mark.title for mark in citations.marks(numbered)}
    return [
        {**part, "html": markdown.linked(markdown.stored(next(pieces, "")), titles, key)}
        if _is_rendered(part)
        else part
        for part in _merged(numbered)
    ]


def is_words(parts: Parts) -> bool:
    """Return whether a reply is only text and thoughts; its texts are then rendered as one."""
    return all(part["kind"] in ("text", "thought") for part in parts)


def fits(html: str, parts: Parts) -> bool:
    """Return whether this HTML has a piece for each part that is rendered; older rows have none for thoughts."""
    if not html and _thoughts(parts):
        return False
    pieces = len(_thoughts(parts)) + 1 if is_words(parts) else sum(map(_is_rendered, _merged(parts)))
    return html.count(markdown.PART) == max(0, pieces - 1)


def _joined(pieces: Iterable[str]) -> str:
    return markdown.PART.join(pieces)


def _rendered_parts(text: str, parts: Parts) -> Iterator[tuple[str, list[markdown.Mark]]]:
    """Yield the texts to render, in order, each with its sources."""
    if is_words(parts):
        yield from ((part.get("text", ""), []) for part in _thoughts(parts))
        yield text, []
        return
    numbered = list(citations.numbered(parts))
    marks = sorted(citations.marks(numbered))
    begun = 0
    for part in _merged(numbered):
        said = part.get("text", "")
        if part["kind"] == "text":
            yield said, _inside(marks, begun, begun + len(said))
            begun += len(said)
        elif part["kind"] == "code":
            yield _fenced(said, part.get("language") or ""), []
        elif part["kind"] == "thought":
            yield said, []


def _thoughts(parts: Parts) -> Parts:
    return [part for part in parts if part["kind"] == "thought" and part.get("text")]


def _merged(parts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the parts that are seen, with neighbouring texts as one; a thought without words is for its vendor."""
    seen = (part for part in parts if part["kind"] != "thought" or part.get("text"))
    for is_text, neighbours in groupby(seen, key=lambda part: part["kind"] == "text"):
        if is_text:
            yield {"kind": "text", "text": "".join(part.get("text", "") for part in neighbours)}
        else:
            yield from neighbours


def _is_rendered(part: dict[str, Any]) -> bool:
    return part["kind"] in ("text", "code", "thought")


def _fenced(code: str, language: str) -> str:
    """Return code as a Markdown fence long enough that nothing inside can close it."""
    longest = max(map(len, _BACKTICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
    named = language.lower() if _LANGUAGE.fullmatch(language) else ""
    return f"{fence}{named}\n{code}\n{fence}"


def _inside(marks: list[markdown.Mark], begin: int, end: int) -> list[markdown.Mark]:
    """Return the marks of one text among several, counted from its beginning; `marks` are sorted."""
    first, last = (bisect_right(marks, at, key=lambda mark: mark.end) for at in (begin, end))
    return [markdown.Mark(mark.end - begin, mark.number, mark.title) for mark in marks[first:last]]
