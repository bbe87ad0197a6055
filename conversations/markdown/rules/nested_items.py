"""Bullets below a numbered item that are indented less than its words, which CommonMark takes for the item's end."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_MEANT = re.compile(r"^ {2,}[-*+] ", re.MULTILINE)
_ITEM = re.compile(r"\d{1,9}[.)] {1,4}(?=\S)")
_BULLET = re.compile(r"[-*+] ")
_FENCE = re.compile(r"(`{3,}|~{3,})")


def add_nested_items(md: MarkdownIt) -> None:
    """Let a numbered item hold the bullets below it. Lines stay lines, so blocks keep their places."""
    md.core.ruler.after("normalize", "nested_items", _nest)


def _nest(state: StateCore) -> None:
    if _MEANT.search(state.src):
        walk = _Walk()
        state.src = "\n".join(walk.moved(line) for line in state.src.split("\n"))


class _Walk:
    """Goes over the lines of a text and knows the numbered item and the fence in which it is."""

    def __init__(self) -> None:
        self._width = 0  # where the words of the numbered item begin
        self._indent = self._missing = 0  # of its bullets
        self._fence = ""

    def moved(self, line: str) -> str:
        """Return the next line with the blanks that it lacks."""
        words = line.lstrip(" ")
        if not words:
            return line
        indent = len(line) - len(words)
        if not self._fence:
            self._enter(line, words, indent)
        self._pass_fence(words)
        return " " * self._missing + line if self._missing and indent >= self._indent else line

    def _enter(self, line: str, words: str, indent: int) -> None:
        if item := _ITEM.match(line):
            self._width, self._missing = len(item[0]), 0
        elif indent == 0:
            self._width = self._missing = 0
        elif not self._missing and 2 <= indent < self._width and _BULLET.match(words):
            self._indent, self._missing = indent, self._width - indent

    def _pass_fence(self, words: str) -> None:
        mark = _FENCE.match(words)
        if not mark:
            return
        if not self._fence:
            self._fence = mark[1]
        elif mark[1].startswith(self._fence) and not words.strip(mark[1][0] + " "):
            self._fence = ""
