"""What the body of a reply shows, in order."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from conversations import citations, markdown


def segments(parts: Iterable[dict[str, Any]], key: str) -> Iterator[dict[str, Any]]:
    """Neighbouring texts as one `html`, every other part as it is stored; `key` tells this reply's sources apart."""
    numbered = list(citations.numbered(parts))
    marks = citations.marks(numbered)
    begun = 0
    for is_text, neighbours in groupby(numbered, key=lambda part: part["kind"] == "text"):
        if not is_text:
            yield from neighbours
            continue
        text = "".join(part.get("text", "") for part in neighbours)
        yield {"kind": "text", "html": _html(text, list(_inside(marks, begun, begun + len(text))), key)}
        begun += len(text)


def _html(text: str, marks: list[markdown.Mark], key: str) -> str:
    return markdown.render_cited(text, marks, key) if marks else markdown.render(text)


def _inside(marks: Iterable[markdown.Mark], begin: int, end: int) -> Iterator[markdown.Mark]:
    """The marks of one text among several, counted from its beginning."""
    for mark in marks:
        if begin < mark.end <= end:
            yield markdown.Mark(mark.end - begin, mark.number, mark.title)
