"""The colours of code apart from the code: `AEkBDnf` are four characters of keyword, one bare, three of a name.

Each colour is the number of bare characters before it, its own length, and its class. A letter is a number up to 25,
`_26_` a greater one.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from conversations.markdown.patches.outline import length

_LETTERS = 26
_OPENING = '<code class="highlight">'
_COLOURED = r'[^<]*(?:<span class="[a-z0-9]+">[^<]*</span>[^<]*)*'
_IN_PARTS = r'(?:<span class="code-part">[^<]*</span>)+'
_CODE = re.compile(rf"{_OPENING}(?:({_COLOURED})|{_IN_PARTS})</code>")
_SPAN = re.compile(r'<span class="([a-z0-9]+)">([^<]*)</span>')
_SPAN_TAG = re.compile(r"<[^>]*>")


class Colours(NamedTuple):
    """The colours of one block of code, and the place in the bare HTML where it ends."""

    runs: str
    end: int


def bare(html: str) -> tuple[str, tuple[Colours, ...]]:
    """Return the HTML with its code uncoloured, and the colours of each block of code in it."""
    if '<span class="' not in html:
        return html, tuple(Colours("", match.end()) for match in _CODE.finditer(html))
    pieces: list[str] = []
    colours: list[Colours] = []
    begin = size = 0
    for match in _CODE.finditer(html):
        if match[1] is None:
            colours.append(Colours("", size + match.end() - begin))
            continue
        code = _SPAN_TAG.sub("", match[1])
        pieces += html[begin : match.start(1)], code
        size += match.start(1) - begin + len(code)
        begin = match.end(1)
        colours.append(Colours("".join(_runs(match[1])), size + len("</code>")))
    return "".join([*pieces, html[begin:]]), tuple(colours)


def _runs(code: str) -> Iterator[str]:
    at = 0
    for span in _SPAN.finditer(code):
        gap, size = length(code[at : span.start()]), length(span[2])
        at = span.end()
        yield _number(gap) + _number(size) + span[1]


def _number(count: int) -> str:
    return chr(ord("A") + count) if count < _LETTERS else f"_{count}_"
