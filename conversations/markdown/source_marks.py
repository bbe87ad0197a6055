"""Numbers of sources, and the links from them to the sources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

# The renderer's own markup: a text cannot write it, because HTML in a text is text.
_CITED = re.compile(r'<sup class="cite">(\d+)</sup>')


_MAX_SPACE = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A source for the words up to `end`: its number and its title."""

    end: int
    number: int
    title: str


def places(text: str, marks: Iterable[Mark]) -> list[tuple[int, int]]:
    """Return each pair (end of the words, number) once, sorted; trailing white space does not count as words."""
    return sorted({(_trimmed(text, min(mark.end, len(text))), mark.number) for mark in marks})


def _trimmed(text: str, end: int) -> int:
    begin = max(0, end - _MAX_SPACE)
    return begin + len(text[begin:end].rstrip())


def linked(html: str, titles: Mapping[int, str], key: str) -> str:
    """Make links of the numbers, to the elements `source-{key}-{number}`: copies of rows keep no ids."""

    def link(mark: re.Match[str]) -> str:
        number = int(mark[1])
        attributes = f'href="#source-{escape(key)}-{number}" title="{escape(titles.get(number, ""))}"'
        return f'<sup class="cite"><a class="cite__link" role="doc-noteref" {attributes}>{number}</a></sup>'

    return _CITED.sub(link, html)
