"""HTML of one slice of a text: the blocks that no more text can change, and the open rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from conversations.markdown.characters import showable
from conversations.markdown.cited import cited
from conversations.markdown.parser import Block, line_count, parse_blocks, render_block
from conversations.markdown.sanitizer import sanitize

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Slice:
    """The sanitised HTML of each closed block and of the open rest, and the place where that rest begins."""

    done: list[str]
    live: str
    start: int


def render_slice(text: str, is_whole: bool, places: Sequence[tuple[int, int]] = ()) -> Slice:
    """Render text that begins with a block; with `is_whole`, nothing follows it and all blocks are closed."""
    blocks = parse_blocks(text)
    first_open = len(blocks) if is_whole else _first_open(blocks, len(_LINE_END.findall(text)))
    closed, start = blocks[:first_open], _start_of_rest(text, blocks, first_open, is_whole)
    if places:
        closed = cited(closed, showable(text), [place for place in places if is_whole or place[0] <= start])
    end = line_count(text)
    live = "".join(sanitize(render_block(block, end)) for block in blocks[first_open:])
    return Slice([sanitize(render_block(block)) for block in closed], live, start)


def _start_of_rest(text: str, blocks: list[Block], first_open: int, is_whole: bool) -> int:
    if is_whole:
        return len(text)
    if not blocks:
        return text.rfind("\n") + 1  # empty lines
    return _offset_of_line(text, blocks[first_open].first_line) if first_open else 0


def _first_open(blocks: list[Block], whole_lines: int) -> int:
    """Return the index of the first block that more text could still change."""
    waiting = next((index for index, block in enumerate(blocks) if block.waits), len(blocks))
    for index in range(min(len(blocks) - 1, waiting), 0, -1):
        if _is_settled(blocks[index - 1], blocks[index], whole_lines):
            return index
    return 0


def _is_settled(before: Block, block: Block, whole_lines: int) -> bool:
    """Return whether `block` begins a block of its own, whatever follows.

    Its first line decides, or a table's first two, so these must be whole. For example, `#` may become `#tag` and
    belong to the paragraph above. After an empty line this cannot happen. Only a list could continue there, by a `2`
    that becomes `2.`. A list's lines include the empty ones after it.
    """
    return before.last_line < block.first_line or block.first_line + (2 if block.is_table else 1) <= whole_lines


def _offset_of_line(text: str, line: int) -> int:
    return next(islice(_LINE_END.finditer(text), line - 1, None)).end() if line else 0
