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


_SHOWN = re.compile(
    r'(?P<begins><(?:p|li)(?: dir="\w+")?>|<br>\s*)?<sup class="footnote">(?P<name>[\w-]{1,32})</sup>', re.ASCII
)


def link_notes(html: str, key: str) -> str:
    """Return a message's HTML whose footnotes and words lead to each other, as scripts link them in the chat.

    `key` distinguishes this message from others of the page. What has no other end stays as it is.
    """
    seen = list(_SHOWN.finditer(html))
    notes = {one["name"] for one in seen if one["begins"]}
    linked = notes & {one["name"] for one in seen if not one["begins"]}
    told: set[tuple[str, bool]] = set()

    def link(match: re.Match[str]) -> str:
        name, is_note = match["name"], bool(match["begins"])
        if name not in linked:
            return match[0]
        note = f"footnote-{key}-{name}"
        own, other = (note, f"{note}-at") if is_note else (f"{note}-at", note)
        named = "" if (name, is_note) in told else f' id="{own}"'
        told.add((name, is_note))
        return f'{match["begins"] or ""}<sup class="footnote"{named}><a href="#{other}">{name}</a></sup>'

    return _SHOWN.sub(link, html)


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
