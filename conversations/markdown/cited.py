"""A text with the numbers of its sources, put between the tokens of its Markdown and never into it."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from conversations.markdown.parser import Block

# How far behind one token's words the next one's are looked for: what stands between them is an address or marks.
REACH = 4_096

_EAST_ASIAN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?:(?![{_EAST_ASIAN}])\w|[\u0300-\u036f])+")
_LINE = re.compile(r"\r\n?|\n")
_CODE = frozenset({"fence", "code_block", "math_block"})


def cited(blocks: Sequence[Block], source: str, places: Iterable[tuple[int, int]]) -> list[Block]:
    """Return the blocks of a text with the numbers of its sources: (end of the words that rest on it, number), sorted.

    A number stands behind the word with which its words end; behind the link, the code or the formula if they end
    inside one, and behind the block if it is code.
    """
    placing = _Placing(source, deque(places))
    placed = [replace(block, tokens=list(placing.through(block.tokens))) for block in blocks]
    rest = list(placing.rest())
    return [*placed, Block(rest, 0, 0)] if rest else placed


class _Placing:
    """Walks along a text and its tokens at once: tokens know their lines, but not their characters."""

    def __init__(self, source: str, places: deque[tuple[int, int]]) -> None:
        self._source, self._places = source, places
        self._lines = [0, *(end.end() for end in _LINE.finditer(source))] if places else []
        self._at = self._table_end = 0
        self._is_cell = False

    def through(self, tokens: Iterable[Token]) -> Iterator[Token]:
        """The tokens of one top-level block, and the marks that belong to it."""
        for token in tokens:
            if token.map and self._places:
                self._at = max(self._at, self._begin_of_line(token.map[0]))
            self._note_table(token)
            if token.type == "inline" and token.children:
                token.children = list(self._inline(token))
            yield token
            if token.type in _CODE and token.map:
                yield from self._paragraph(self._begin_of_line(token.map[1]))
            elif token.type == "table_close":
                yield from self._paragraph(self._table_end)

    def rest(self) -> Iterator[Token]:
        """The marks for which there was no place, such as those of a line."""
        yield from self._paragraph(len(self._source))

    def _note_table(self, token: Token) -> None:
        if token.type == "table_open" and token.map:
            self._table_end = self._begin_of_line(token.map[1])
        if token.tag in ("th", "td"):
            self._is_cell = token.nesting > 0

    def _inline(self, inline: Token) -> Iterator[Token]:
        links = 0
        for child in inline.children or ():
            links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            start = self._find(child.content)
            if child.type == "text" and start >= 0 and not links:
                yield from self._text(child, start)
                continue
            yield child
            if not links:
                yield from self._due(self._at)
        yield from self._due(self._end_of(inline))

    def _find(self, words: str) -> int:
        """Where these words stand from here on, or -1; goes behind them."""
        if not words or not self._places:
            return -1
        found = self._source.find(words, self._at, self._at + len(words) + REACH)
        if found >= 0:
            self._at = found + len(words)
        return found

    def _text(self, token: Token, start: int) -> Iterator[Token]:
        """The words with the marks between them."""
        words, begun = token.content, 0
        while self._places and self._places[0][0] <= start + len(words):
            at = max(begun, self._end_of_word(words, self._places[0][0] - start))
            if words[begun:at]:
                yield token.copy(content=words[begun:at])
            yield from self._due(start + at)
            begun = at
        if words[begun:]:
            yield token.copy(content=words[begun:])

    def _end_of_word(self, words: str, at: int) -> int:
        word = _WORD.match(words, at - 1) if at > 0 else None
        return word.end() if word else at

    def _end_of(self, inline: Token) -> int:
        """Where the text ends that this token holds: cells share their line, other blocks have lines of their own."""
        end = self._begin_of_line(inline.map[1]) if inline.map else self._at
        bar = self._source.find("|", self._at, end) if self._is_cell else -1
        return bar + 1 if bar >= 0 else end

    def _due(self, end: int) -> Iterator[Token]:
        """The marks up to this character."""
        while self._places and self._places[0][0] <= end:
            yield Token("cite", "sup", 0, content=str(self._places.popleft()[1]))

    def _paragraph(self, end: int) -> Iterator[Token]:
        """The marks up to this character, behind a block that can hold none."""
        if marks := list(self._due(end)):
            yield Token("paragraph_open", "p", 1, block=True)
            yield Token("inline", "", 0, children=marks, block=True)
            yield Token("paragraph_close", "p", -1, block=True)

    def _begin_of_line(self, line: int) -> int:
        return self._lines[line] if line < len(self._lines) else len(self._source)
