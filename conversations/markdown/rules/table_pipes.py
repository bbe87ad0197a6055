"""Pipes in tables that separate no cells: models write them in code and formulas without a backslash.

GFM would end cells there. It also drops the cells of a row beyond those of its head, and with them words.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

MAX_ROW = 2_000
"""Characters of a row whose pipes are looked at."""
_STANDS_FOR_PIPE = "\ufdd0"  # a noncharacter, which no text has
_DELIMITERS = re.compile(r"[ \t>]*+\|?+[ \t]*+:?+-++:?+[ \t]*+(?:\|[ \t]*+:?+-++:?+[ \t]*+)*+\|?+[ \t]*+")
_PIPE = re.compile(r"(?<!\\)\|")
_CODE_OR_FORMULA = re.compile(r"(?<!`)(`{1,3})(?!`)[^`]+(?<!`)\1(?!`)|(?<![\\$])\$[^\s$`](?:[^$`]*[^\s$`\\])?\$")
_AS_WRITTEN = "text_with_all_pipes"


def add_table_pipes(md: MarkdownIt) -> None:
    """Let another character stand for such pipes while blocks are read, in one pass over all lines."""
    md.core.ruler.before("block", "hide_pipes", _hide)
    md.core.ruler.after("block", "show_pipes", _show)


def _hide(state: StateCore) -> None:
    if "|" not in state.src or "-" not in state.src or _STANDS_FOR_PIPE in state.src:
        return
    lines = state.src.split("\n")
    if _hide_in_tables(lines):
        state.env[_AS_WRITTEN] = state.src
        state.src = "\n".join(lines)


def _show(state: StateCore) -> None:
    if _AS_WRITTEN not in state.env:
        return
    state.src = state.env.pop(_AS_WRITTEN)
    for token in state.tokens:
        token.content = token.content.replace(_STANDS_FOR_PIPE, "|")
        token.info = token.info.replace(_STANDS_FOR_PIPE, "|")


def _hide_in_tables(lines: list[str]) -> bool:
    """Change the lines that may be rows with too many cells; returns whether there is one."""
    columns, found = 0, False
    for number, row in enumerate(lines):
        if _DELIMITERS.fullmatch(row):
            columns = len(re.findall("-+", row))
            if number and (head := lines[number - 1]) and _has_more(head, columns):
                lines[number - 1], found = _without_code(head), True
        elif not row.strip(" \t>"):
            columns = 0
        elif columns and _has_more(row, columns):
            lines[number], found = _without_surplus(row, columns), True
    return found


def _has_more(row: str, columns: int) -> bool:
    return "|" in row and len(row) <= MAX_ROW and len(_separators(row)) >= columns


def _separators(row: str) -> list[int]:
    """Return the places of the pipes between cells."""
    begin = len(row) - len(row.lstrip(" \t>"))
    pipes = [pipe.start() for pipe in _PIPE.finditer(row)]
    if pipes and pipes[0] == begin:
        del pipes[0]
    if pipes and pipes[-1] == len(row.rstrip()) - 1:
        del pipes[-1]
    return pipes


def _without_code(row: str) -> str:
    return _CODE_OR_FORMULA.sub(lambda found: _PIPE.sub(_STANDS_FOR_PIPE, found[0]), row)


def _without_surplus(row: str, columns: int) -> str:
    row = _without_code(row)
    characters = list(row)
    for place in _separators(row)[columns - 1 :]:
        characters[place] = _STANDS_FOR_PIPE
    return "".join(characters)
