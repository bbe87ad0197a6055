"""The numbers of sources, inserted between the Markdown tokens of a text and never into the text itself."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from conversations.markdown.parser import Block

# Characters to search for the next token's words; only an address or Markdown marks can stand between two tokens.
MAX_REACH = 4_096

_EAST_ASIAN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?:(?![{_EAST_ASIAN}])\w|[\u0300-\u036f])+")
_LINE = re.compile(r"\r\n?|\n")
_CODE = frozenset({"fence", "code_block", "math_block"})


def cited(blocks: Sequence[Block], source: str, places: Iterable[tuple[int, int]]) -> list[Block]:
    """Return the blocks with the numbers of their sources; `places` are sorted pairs: (end of the words, number).

    A number follows the word that contains the end. Inside a link, code or a formula it follows that element. Inside a
    block of code or formulas it follows the block.
    """
    placing = _Placing(source, deque(places))
    placed = [replace(block, tokens=list(placing.through(block.tokens))) for block in blocks]
    rest = list(placing.remaining())
    return [*placed, Block(rest, 0, 0)] if rest else placed


class _Placing:
    """Walks along a text and its tokens together, because tokens know their lines but not their characters."""

    def __init__(self, source: str, places: deque[tuple[int, int]]) -> None:
        self._source, self._places = source, places
        self._lines = [0, *(end.end() for end in _LINE.finditer(source))] if places else []
        self._at = self._table_end = 0
        self._is_cell = False

    def through(self, tokens: Iterable[Token]) -> Iterator[Token]:
        """Yield the tokens of one top-level block, with its marks between them."""
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

    def remaining(self) -> Iterator[Token]:
        """Yield the marks that found no place, such as those of a horizontal line."""
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
        """Return where these words begin from here on, or -1, and move behind them."""
        if not words or not self._places:
            return -1
        found = self._source.find(words, self._at, self._at + len(words) + MAX_REACH)
        if found >= 0:
            self._at = found + len(words)
        return found

    def _text(self, token: Token, start: int) -> Iterator[Token]:
        """Yield the words with the marks between them."""
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
        """Return the end of this token's text: cells share their line, other blocks have lines of their own."""
        end = self._begin_of_line(inline.map[1]) if inline.map else self._at
        bar = self._source.find("|", self._at, end) if self._is_cell else -1
        return bar + 1 if bar >= 0 else end

    def _due(self, end: int) -> Iterator[Token]:
        """Yield the marks up to this character."""
        while self._places and self._places[0][0] <= end:
            yield Token("cite", "sup", 0, content=str(self._places.popleft()[1]))

    def _paragraph(self, end: int) -> Iterator[Token]:
        """Yield the marks up to this character as a paragraph, after a block that cannot hold any."""
        if marks := list(self._due(end)):
            yield Token("paragraph_open", "p", 1, block=True)
            yield Token("inline", "", 0, children=marks, block=True)
            yield Token("paragraph_close", "p", -1, block=True)

    def _begin_of_line(self, line: int) -> int:
        return self._lines[line] if line < len(self._lines) else len(self._source)
