"""Markdown that grows block by block up to a limit, and its tables."""

from collections.abc import Iterable, Sequence

MAX_CHARACTERS = 1_000_000
"""Characters of a converted document; what follows is left out, and the text says so."""
CUT = "[This file is longer: the rest is left out.]"
MAX_COLUMNS = 500


class Full(Exception):
    """Says that the text has reached its limit."""


class Blocks:
    """The blocks of a document in their order."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._left = MAX_CHARACTERS

    def add(self, block: str) -> None:
        """Add a block unless it is blank; raises Full once the limit is reached."""
        block = block.strip("\n").rstrip()
        if not block.strip():
            return
        if len(block) > self._left:
            self._blocks.append(block[: self._left])
            raise Full
        self._blocks.append(block)
        self._left -= len(block) + 2

    def text(self) -> str:
        return "\n\n".join(self._blocks)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a Markdown table whose first row is its head; empty rows and empty columns are left out.

    It reads no more rows than a document may hold: one element may stand for a million of them.
    """
    filled: list[list[str]] = []
    left = MAX_CHARACTERS
    for row in rows:
        cells = [cell(text) for text in row[:MAX_COLUMNS]]
        left -= sum(len(text) + 3 for text in cells if text)
        if any(cells):
            filled.append(cells)
        if left < 0:
            break
    width = max(map(len, filled), default=0)
    padded = [row + [""] * (width - len(row)) for row in filled]
    used = [column for column in range(width) if any(row[column] for row in padded)]
    if not used:
        return ""
    lines = [f"| {' | '.join(row[column] for column in used)} |" for row in padded]
    return "\n".join([lines[0], f"|{' --- |' * len(used)}", *lines[1:]])


def cell(text: str) -> str:
    """Return the text on one line, as a table's cell."""
    return "<br>".join(filter(None, map(str.strip, text.split("\n")))).replace("|", "\\|")


def one_line(text: str) -> str:
    return " ".join(text.split())


def heading(level: int, text: str) -> str:
    words = one_line(text)
    return f"{'#' * min(max(level, 1), 6)} {words}" if words else ""


def notes(title: str, lines: Sequence[str]) -> str:
    """Return notes as a list below their title, or nothing if there are none."""
    return "\n".join([f"{title}:", "", *(f"- {one_line(line)}" for line in lines)]) if lines else ""
