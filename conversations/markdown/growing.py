"""The two ways to render: a whole text, and a text that is still arriving."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown.code_blocks import OpenFence
from conversations.markdown.markup import plain_paragraph
from conversations.markdown.parser import Block, line_count, parse_blocks, render_block
from conversations.markdown.sanitizer import sanitize

# An open block is rendered anew at every update up to this many characters, and less and less often beyond it.
EAGER_CHARACTERS = 2048
# One that had n characters waits for n²/PATIENCE new ones, at most n/4: the work stays linear in its length.
PATIENCE = 65_536

# Stands among the closed blocks for what is no text, and shows nothing.
PART = mark_safe("<!--part-->")

_LINE_END = re.compile(r"\r\n?|\n")


def render(text: str) -> SafeString:
    """Return the whole text as sanitised HTML; never raises, whatever the text."""
    return _joined(_sanitized(render_block(block)) for block in parse_blocks(text))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one update changed: the blocks that closed, and the HTML that replaces the open rest."""

    done: tuple[SafeString, ...]
    live: SafeString


class GrowingMarkdown:
    """One reply while it streams; every piece it hands out is sanitised HTML.

    `''.join(done) + live` equals `render(text)`, or that of each text between two parts with PART there, except
    that code is not highlighted while its fence is the end of the text, and that the newest part of an open block of
    more than EAGER_CHARACTERS may stand below it as plain text.
    """

    def __init__(self) -> None:
        self.live = SafeString()
        self._done: list[SafeString] = []
        self._text = ""
        self._start = 0  # where in the text the first open block begins
        self._rendered = SafeString()  # the open rest when it was last parsed,
        self._rendered_up_to = 0  # and how much of the text that was
        self._fence: OpenFence | None = None

    @property
    def done(self) -> tuple[SafeString, ...]:
        """All blocks closed so far."""
        return tuple(self._done)

    def update(self, text: str) -> Rendered:
        """Take the whole text so far, which starts with the text of the update before, and say what changed."""
        closed = len(self._done)
        self._text = text
        if self._fence and self._fence.holds(text):
            self.live = _sanitized(self._fence.html(text))
        elif self._fence or self._is_due():
            self._parse()
        else:
            self.live = _joined((self._rendered, _sanitized(plain_paragraph(text[self._rendered_up_to :]))))
        return Rendered(tuple(self._done[closed:]), self.live)

    def part(self, text: str) -> None:
        """Say that something else follows `text`, the whole text so far: no later word belongs to its open block."""
        self.update(text)
        self.finish()
        self._done.append(PART)

    def finish(self) -> SafeString:
        """Say that the text is complete: returns exactly `render(text)`, at the cost of the open block only."""
        self._close(parse_blocks(self._text[self._start :]))
        self._start = self._rendered_up_to = len(self._text)
        self._rendered = self.live = SafeString()
        self._fence = None
        return _joined(self._done)

    def _is_due(self) -> bool:
        rendered = self._rendered_up_to - self._start
        enough = min(rendered**2 / PATIENCE, rendered / 4)
        return len(self._text) - self._start <= EAGER_CHARACTERS or len(self._text) - self._rendered_up_to >= enough

    def _parse(self) -> None:
        self._leave_fence()
        tail = self._text[self._start :]
        blocks = parse_blocks(tail)
        first_open = _first_open(blocks, len(_LINE_END.findall(tail)))
        self._close(blocks[:first_open])
        self._show(blocks[first_open:], line_count(tail))
        if first_open:
            self._start += _offset_of_line(tail, blocks[first_open].first_line)
        self._rendered_up_to = len(self._text)
        self._fence = OpenFence.at_start_of(self._text, self._start)
        if self._fence and not self._fence.holds(self._text):
            self._parse()

    def _leave_fence(self) -> None:
        """Close the block of a fence whose closing line is whole, without waiting for the block after it."""
        if self._fence and self._fence.closed_by:
            end = self._fence.closed_by.end()
            self._close(parse_blocks(self._text[self._start : end]))
            self._start = end
        self._fence = None

    def _close(self, blocks: list[Block]) -> None:
        self._done.extend(_sanitized(render_block(block)) for block in blocks)

    def _show(self, blocks: list[Block], end: int) -> None:
        self._rendered = self.live = _joined(_sanitized(render_block(block, end)) for block in blocks)


def _first_open(blocks: list[Block], whole_lines: int) -> int:
    """Return the index of the first block that more text could still change."""
    for index in range(len(blocks) - 1, 0, -1):
        if _is_settled(blocks[index - 1], blocks[index], whole_lines):
            return index
    return 0


def _is_settled(before: Block, block: Block, whole_lines: int) -> bool:
    """Tell whether `block` begins a block of its own whatever follows.

    A beginning is decided by its first line, a table's by two, so these must be whole: `#` may still become `#tag` and
    belong to the paragraph above. Behind an empty line that is not so; but only a list could go on behind it, by a `2`
    that becomes `2.`, and a list's lines include the empty ones behind it.
    """
    return before.last_line < block.first_line or block.first_line + (2 if block.is_table else 1) <= whole_lines


def _offset_of_line(text: str, line: int) -> int:
    return next(islice(_LINE_END.finditer(text), line - 1, None)).end() if line else 0


def _joined(pieces: Iterable[str]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308 (every piece has passed the sanitizer)


def _sanitized(html: str) -> SafeString:
    return mark_safe(sanitize(html))  # noqa: S308
