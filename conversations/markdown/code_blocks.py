"""Code blocks: their markup, their colours, and the one that is still open while a reply streams."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from time import thread_time
from typing import Self

from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType

from conversations.markdown.characters import showable

MAX_HIGHLIGHTED_CHARACTERS = 50_000
# Some lexers take quadratic time over one endless line, and nobody reads such a line for its colours.
MAX_HIGHLIGHTED_LINE = 2_000
START_SECONDS = 0.02
SECONDS_PER_CHARACTER = 5e-6

# Only languages that were tried with hostile input; a language is never guessed.
_LANGUAGES = (
    "bash c clojure cmake cpp csharp css dart diff docker elixir erlang go graphql groovy haskell html ini java"
    " javascript json julia kotlin latex less lua make markdown nginx objective-c perl php postgresql powershell"
    " protobuf python r ruby rust scala scss sql swift terraform toml typescript xml yaml"
)
_ALIASES = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "dockerfile": "docker", "golang": "go", "h": "c",
    "hcl": "terraform", "hs": "haskell", "js": "javascript", "jsonc": "json", "jsx": "javascript", "kt": "kotlin",
    "makefile": "make", "md": "markdown", "mjs": "javascript", "objc": "objective-c", "patch": "diff", "pl": "perl",
    "ps1": "powershell", "py": "python", "python3": "python", "rb": "ruby", "rs": "rust", "sh": "bash",
    "shell": "bash", "svg": "xml", "tex": "latex", "tf": "terraform", "ts": "typescript", "tsx": "typescript",
    "vue": "html", "yml": "yaml", "zsh": "bash",
}  # fmt: skip
_LANGUAGE_NAME = re.compile(r"[a-z0-9+#-]{1,20}(?=[\s:,{]|$)")
_UNCOLOURED = frozenset({"", "w", "n", "p", "err"})


def code_block(code: str, info: str = "", *, colours: bool = True) -> str:
    """Return the markup of a block of code; of `info`, the text behind the fence, only a language name is used."""
    language = _language(info)
    name = f'<span class="code-block__language">{escape(language)}</span>' if language else ""
    attribute = f' data-language="{escape(language)}"' if language else ""
    body = _highlighted(code, language) if colours and _is_worth_colours(code) else escape(code, quote=False)
    return (
        f'<div class="code-block"{attribute}><div class="code-block__bar">{name}</div>'
        f'<pre><code class="highlight">{body}</code></pre></div>\n'
    )


def _language(info: str) -> str:
    match = _LANGUAGE_NAME.match(info.strip().lower())
    return match[0] if match else ""


def _is_worth_colours(code: str) -> bool:
    return len(code) <= MAX_HIGHLIGHTED_CHARACTERS and max(map(len, code.split("\n"))) <= MAX_HIGHLIGHTED_LINE


# While a reply streams, the finished fences inside its open block (steps of a list) are rendered again and again.
@lru_cache(maxsize=64)
def _highlighted(code: str, language: str) -> str:
    lexer_name = _ALIASES.get(language, language)
    if lexer_name not in _LANGUAGES.split():
        return escape(code, quote=False)
    lexer = get_lexer_by_name(lexer_name, stripnl=False, ensurenl=False)
    tokens = list(_within_budget(lexer.get_tokens(code), len(code)))
    if sum(len(value) for _, value in tokens) != len(code):
        return escape(code, quote=False)
    return "".join(_span(name, pieces) for name, pieces in groupby(tokens, key=lambda token: _token_class(token[0])))


def _within_budget(tokens: Iterator[tuple[_TokenType, str]], length: int) -> Iterator[tuple[_TokenType, str]]:
    """Stop early when a lexer takes much longer than code of this length should need.

    The regular expressions of many lexers take quadratic time on some text: 17 s for 10 KB of C# made of `a` and line
    ends. What counts is the thread's own time, so that a busy server does not lose its colours.
    """
    deadline = thread_time() + START_SECONDS + length * SECONDS_PER_CHARACTER
    for token in tokens:
        yield token
        if thread_time() > deadline:
            return


def _span(name: str, tokens: Iterator[tuple[_TokenType, str]]) -> str:
    text = escape("".join(value for _, value in tokens), quote=False)
    return text if name in _UNCOLOURED else f'<span class="{name}">{text}</span>'


def _token_class(kind: _TokenType) -> str:
    """Return the short class name of a token type, or of the nearest type above it that has one."""
    while kind not in STANDARD_TYPES:
        kind = kind.parent or Token
    return STANDARD_TYPES[kind]


# A line with a pipe can still become the head of a table.
_OPENING = re.compile(r"(`{3,}+|~{3,}+)([^`|\r\n]*+)\n")


@dataclass(slots=True)
class OpenFence:
    """A fence at which the text ends: until a line closes it, more text is more code and nothing needs parsing."""

    info: str
    body_start: int
    closing: re.Pattern[str]
    searched_up_to: int
    closed_by: re.Match[str] | None = None

    @classmethod
    def at_start_of(cls, text: str, start: int) -> Self | None:
        """Return the fence that opens at `start`, if there is one."""
        opening = _OPENING.match(text, start)
        # A carriage return ends a line too, but not for `^` and `$`: such rare texts take the long way.
        if not opening or "\r" in text[start:]:
            return None
        marker = opening[1]
        closing = re.compile(rf"^ {{0,3}}{marker[0]}{{{len(marker)},}}[ \t]*$", re.MULTILINE)
        return cls(opening[2], opening.end(), closing, opening.end())

    def holds(self, text: str) -> bool:
        """Tell whether the text still ends in this fence, or in a closing line that more text could change."""
        self.closed_by = None
        if "\r" in text[self.searched_up_to :]:
            return False
        self.closed_by = self.closing.search(text, self.searched_up_to)
        if self.closed_by:
            return self.closed_by.end() == len(text)
        self.searched_up_to = max(self.body_start, text.rfind("\n") + 1)
        return True

    def html(self, text: str) -> str:
        """Return the block as it stands, without colours."""
        return code_block(showable(self._body(text)), self.info, colours=False)

    def _body(self, text: str) -> str:
        """Return the code so far; like the parser, without a last line that is only begun by its indentation."""
        if self.closed_by:
            return text[self.body_start : self.closed_by.start()]
        last_line = max(self.body_start, text.rfind("\n") + 1)
        return text[self.body_start :] if text[last_line:].strip(" \t") else text[self.body_start : last_line]
