"""Footnotes: their numbers are raised, at the word and before the note; nothing is moved or counted."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

# `[^abc]` is also a regular expression: a name needs a word before it, and neither may have a repetition behind it.
# Two stars are no repetition, but end bold words.
_MARK = re.compile(
    r"\[\^(\d{1,3}|[A-Za-z][\w-]{0,31})\](?![+?{)\w]|\*(?!\*)|\\)|\[\^(\d{1,3}|[A-Za-z][\w-]{0,31})\](?=[一-鿿])"
)
# Behind a blank, only a sentence that ends there tells a footnote from a regular expression.
_ENDS_SENTENCE = re.compile(r"[.,;!?。，；！？](?=\s|$)")
_BEHIND_A_WORD = re.compile(r"[\w.,;:!?)*\"'”’。，；：！？）」』\]`]")


def add_footnotes(md: MarkdownIt) -> None:
    """Add footnotes to the parser, as `footnote` tokens with their names as content."""
    md.inline.ruler.before("link", "footnote", _footnote)


def _footnote(state: StateInline, silent: bool) -> bool:
    match = _MARK.match(state.src, state.pos, state.posMax) if state.src.startswith("[^", state.pos) else None
    if not match:
        return False
    name, before = match[1] or match[2], state.src[max(0, state.pos - 1) : state.pos]
    begins_note = before in ("", "\n") and state.src.startswith(":", match.end())
    ends_sentence = before == " " and _ENDS_SENTENCE.match(state.src, match.end())
    if not (begins_note or name.isdigit() or ends_sentence or _BEHIND_A_WORD.match(before)):
        return False
    if not silent:
        state.push("footnote", "sup", 0).content = name
    state.pos = match.end() + begins_note
    return True
