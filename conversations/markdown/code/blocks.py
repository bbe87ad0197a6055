"""Code blocks: their markup, and the block that is still open while a reply streams."""

import re
from copy import copy
from dataclasses import dataclass
from html import escape
from typing import Self

from conversations.markdown.characters import showable
from conversations.markdown.code.nesting import Nesting, holds_fences

MAX_COLOURED = 50_000
"""Characters of code that gets colours. Longer code comes in parts, which a page lays out as they come in sight."""
_PART = re.compile(r"(?:[^\n]*\n){500}|.+", re.DOTALL)
_LANGUAGE_NAME = re.compile(r"[a-z0-9+#-]{1,20}(?=[\s:,{]|$)")


def code_block(code: str, info: str = "", coloured: str | None = None) -> str:
    """Return the markup of a code block; `info` is the text after the fence, used only for its language name."""
    language = language_of(info)
    name = f'<span class="code-block__language">{escape(language)}</span>' if language else ""
    attribute = f' data-language="{escape(language)}"' if language else ""
    if len(code) > MAX_COLOURED:
        body = "".join(f'<span class="code-part">{escape(part, quote=False)}</span>' for part in _PART.findall(code))
    else:
        body = escape(code, quote=False) if coloured is None else coloured
    return (
        f'<div class="code-block"{attribute}><div class="code-block__bar">{name}</div>'
        f'<pre tabindex="0"><code class="highlight">{body}</code></pre></div>\n'
    )


def language_of(info: str) -> str:
    """Return the language name after a fence, or an empty text."""
    match = _LANGUAGE_NAME.match(info.strip().lower())
    return match[0] if match else ""


# A line with a pipe can still become the head of a table.
_OPENING = re.compile(r"\n*+(`{3,}+|~{3,}+)([^`|\r\n]*+)\n")


@dataclass(slots=True)
class OpenFence:
    """A fence at the end of the text; until a line closes it, more text is code without parsing."""

    info: str
    body_start: int
    closing: re.Pattern[str]
    searched_up_to: int
    nesting: Nesting | None = None
    """The fences in this one, if it holds Markdown."""
    closed_by: re.Match[str] | None = None

    @classmethod
    def at_start_of(cls, text: str, start: int) -> Self | None:
        """Return the fence that opens at `start`, or behind empty lines there, if there is one."""
        opening = _OPENING.match(text, start)
        # A carriage return ends a line too, but not for `^` and `$`: such rare texts are parsed in full.
        if not opening or "\r" in text[start:]:
            return None
        marker = opening[1]
        closing = re.compile(rf"^ {{0,3}}{marker[0]}{{{len(marker)},}}[ \t]*$", re.MULTILINE)
        nesting = Nesting(marker) if holds_fences(opening[2]) else None
        return cls(opening[2], opening.end(), closing, opening.end(), nesting)

    def holds(self, text: str) -> bool:
        """Return whether the text still ends in this fence, or in a closing line that more text could change."""
        self.closed_by = None
        if "\r" in text[self.searched_up_to :]:
            return False
        if self.nesting:
            return self._holds_fences(text, self.nesting)
        self.closed_by = self.closing.search(text, self.searched_up_to)
        if self.closed_by:
            return self.closed_by.end() == len(text)
        self.searched_up_to = max(self.body_start, text.rfind("\n") + 1)
        return True

    def _holds_fences(self, text: str, nesting: Nesting) -> bool:
        """Walk through the whole lines. A bare fence at the end may open or close one, as the next line tells."""
        begin = self.searched_up_to
        while begin < len(text):
            end = _end_of_line(text, begin)
            behind = text[end + 1 : _end_of_line(text, end + 1)]
            is_last = not behind.strip() and _end_of_line(text, end + 1) == len(text)
            before = text[max(text.rfind("\n", 0, begin - 1) + 1, self.body_start - 2) : begin - 1]
            taken = copy(nesting) if is_last else nesting
            if taken.closes(text[begin:end], before, behind):
                self.closed_by = self.closing.match(text, begin)
                return is_last
            if is_last:
                return True
            self.searched_up_to = begin = end + 1
        return True

    def html(self, text: str) -> str:
        """Return the block as it is now, without colours."""
        return code_block(showable(self._body(text)), self.info)

    def _body(self, text: str) -> str:
        """Return the code so far, without a last line of nothing but indentation, like the parser."""
        if self.closed_by:
            return text[self.body_start : self.closed_by.start()]
        last_line = max(self.body_start, text.rfind("\n") + 1)
        return text[self.body_start :] if text[last_line:].strip(" \t") else text[self.body_start : last_line]


def _end_of_line(text: str, begin: int) -> int:
    end = text.find("\n", begin)
    return end if end >= 0 else len(text)
