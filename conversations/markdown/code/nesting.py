"""Fences within a fence of Markdown, which models do not make longer for that: ```` ```markdown ````."""

import re

_MARKDOWN = re.compile(r"\s*(?:markdown|md|mdx|mdown|rmd|qmd)(?=[\s:,{]|$)", re.IGNORECASE)
FENCE = re.compile(r" {0,3}(`{3,}+|~{3,}+)([^`]*)")


def holds_fences(info: str) -> bool:
    """Return whether a fence with this text after it holds Markdown."""
    return bool(_MARKDOWN.match(info))


class Nesting:
    """The fences that are open within one of Markdown, while one walks through its lines.

    A fence with a language opens one inside. So does a bare one behind an empty line, with code right behind it. Each
    other bare one closes the innermost fence.

    An open fence inside takes the closing line of the outer one. The outer one then reaches to the end of the text,
    as any open fence does. Nothing tells the two lines apart before the end. And what grew as code must not become
    prose when it ends.
    """

    def __init__(self, marker: str) -> None:
        self._sign, self._length = marker[0], len(marker)
        self._inner = 0  # the length of the fence inside, if one is open

    def closes(self, line: str, before: str, behind: str) -> bool:
        """Take the next line with its neighbours; returns whether it closes the outer fence."""
        found = FENCE.fullmatch(line)
        if not found or found[1][0] != self._sign or len(found[1]) < self._length:
            return False
        info, length = found[2].strip(), len(found[1])
        if self._inner:
            if not info and length >= self._inner:
                self._inner = 0
            return False
        if info or (behind.strip() and not before.strip()):
            self._inner = length
            return False
        return True
