r"""Delimiters of formulas within a line: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and `\ce{…}`, all of which models write."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from conversations.markdown.formulas.chemistry import end_of_argument
from conversations.markdown.formulas.prose import closes, is_prose

MAX_INLINE_CHARACTERS = 1_000

_CLOSERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$", "\\ce": ""}
_WORD_BEFORE = re.compile(r"[A-Za-z0-9](?=\$)")
# Right behind a word or a number: `5$\Omega$`, `H$_2$O`.
_ADDED = re.compile(r"(?:\\[A-Za-z]|[_^][{\d+\\-])[^\s$]*")
_UNESCAPED_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")
_DOLLARS = re.compile(r"\$+")
_TWO_DOLLARS = re.compile(r"(?<![\\$])\$\$(?!\$)")
# Notes such as `\[1\]` are no formulas.
_NOTE = re.compile(r"[\d,\s–-]*")


def add_formulas(md: MarkdownIt) -> None:
    """Add formulas to the parser, as `math_inline` tokens with the LaTeX as content."""
    md.inline.ruler.before("escape", "math_inline", _formula)


def closer_of(opener: str) -> str:
    """Return the delimiter that ends a formula that begins with `opener`."""
    return opener.replace("begin", "end") if is_environment(opener) else _CLOSERS[opener]


def is_environment(opener: str) -> bool:
    """Return whether a delimiter is a part of the LaTeX itself."""
    return opener.startswith("\\begin")


def is_note(inside: str) -> bool:
    """Return whether these are the numbers of a note between brackets."""
    return bool(_NOTE.fullmatch(inside))


def _formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    if state.src.startswith("$$", state.pos):
        return _take_dollars(state, silent)
    opener = next((each for each in ("\\ce{", "\\[", "\\(", "$") if state.src.startswith(each, state.pos)), "")
    opener = opener.removesuffix("{")
    start = state.pos + len(opener)
    end = _end(state, opener, start) if opener else -1
    return end >= 0 and _take(state, silent, opener, start, end)


def _take_dollars(state: StateInline, silent: bool) -> bool:
    """Take a display formula, or so many dollars as they were written: none of them opens another formula."""
    dollars = _DOLLARS.match(state.src, state.pos, state.posMax)
    assert dollars
    start, limit = dollars.end(), min(state.posMax, dollars.end() + MAX_INLINE_CHARACTERS)
    closer = _TWO_DOLLARS.search(state.src, start, limit) if len(dollars[0]) == 2 else None
    if closer and state.src[start : closer.start()].strip() and not is_prose(state.src[start : closer.start()].strip()):
        return _take(state, silent, "$$", start, closer.start())
    if not silent:
        state.pending += dollars[0]
    state.pos = start
    return True


def _take(state: StateInline, silent: bool, opener: str, start: int, end: int) -> bool:
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[start:end], opener
    state.pos = end + len(_CLOSERS[opener])
    return True


def _end(state: StateInline, opener: str, start: int) -> int:
    """Return the end of the formula that starts at `start`, or -1 if there is none."""
    limit = min(state.posMax, start + MAX_INLINE_CHARACTERS)
    if opener == "$":
        return _dollar_end(state, start, limit)
    if opener == "\\ce":
        return end_of_argument(state.src, start, limit)
    end = state.src.find(_CLOSERS[opener], start, limit)
    return end if end >= 0 and not is_note(state.src[start:end]) else -1


def _dollar_end(state: StateInline, start: int, limit: int) -> int:
    match = _UNESCAPED_DOLLAR.search(state.src, start, limit)
    if not match or (
        _WORD_BEFORE.match(state.src, start - 2) and not _ADDED.fullmatch(state.src, start, match.start())
    ):
        return -1
    end = match.end() - 1
    return end if closes(state.src[start:end], state.src[end + 1 : min(end + 40, state.posMax)]) else -1
