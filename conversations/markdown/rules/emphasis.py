"""Emphasis beside letters of scripts that set no spaces between words, or particles right behind a word."""

import re

import mdit_py_cjk_friendly
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

# The plugin leaves out Hangul and the scripts of South-East Asia: `**한국어.**입니다` would stay as it is written.
_OTHERS = "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_ALL = re.compile(f"{mdit_py_cjk_friendly._CJK_RE.pattern.removesuffix(']')}{_OTHERS}\U0002a6e0-\U0003ffff]")
# `**Note:**Then` and `**“Note”**s` are bold for who writes them; CommonMark sees only a begin there.
_BEHIND_STOP = re.compile(r"(?<=[.:;,!?”’»])\*\*(?=[A-Za-z])")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])\*\*?(?=[0-9])")


def add_emphasis(md: MarkdownIt) -> None:
    """Let emphasis begin and end beside such letters and their punctuation, but not between two digits."""
    mdit_py_cjk_friendly._CJK_RE = _ALL
    md.use(mdit_py_cjk_friendly.cjk_friendly)
    md.inline.ruler.before("emphasis", "multiplication", _multiplication)
    md.inline.ruler.before("emphasis", "end_behind_stop", _end_behind_stop)


def _multiplication(state: StateInline, silent: bool) -> bool:
    match = _BETWEEN_DIGITS.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "*" else None
    if not match:
        return False
    if not silent:
        state.pending += match[0]
    state.pos = match.end()
    return True


def _end_behind_stop(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "*" or not _BEHIND_STOP.match(state.src, state.pos, state.posMax):
        return False
    for _ in range(2):
        state.push("text", "", 0).content = "*"
        delimiter = Delimiter(ord("*"), 2, len(state.tokens) - 1, end=-1, open=True, close=True)
        state.delimiters.append(delimiter)
    state.pos += 2
    return True
