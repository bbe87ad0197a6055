"""Colours of code by Pygments' lexers, within a time limit; imported only by the rendering process."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType

from conversations.markdown.code.blocks import MAX_COLOURED
from conversations.markdown.process.time_budget import uncounted, within

# Coloured and bare pieces: a page needs a fifth of a second for more. Usual code of the greatest length has some 9,000.
MAX_PIECES = 24_000
# Some lexers take quadratic time for one endless line, whose colours are of no use.
MAX_LINE = 2_000
# The regular expressions of most lexers take quadratic time on some text, and exponential time in a few.
START_SECONDS = 0.02
SECONDS_PER_CHARACTER = 5e-6

# A closed list, tried with hostile input; a language is never guessed.
_LANGUAGES = (
    "bash c clojure cmake cpp csharp css dart diff docker elixir erlang go graphql groovy haskell html ini java"
    " javascript json julia kotlin latex less lua make markdown nginx objective-c perl php postgresql powershell"
    " protobuf python r ruby rust scala scss sql swift terraform toml typescript xml yaml"
)
LANGUAGES = frozenset(_LANGUAGES.split())
ALIASES = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "dockerfile": "docker", "golang": "go", "h": "c",
    "hcl": "terraform", "hs": "haskell", "js": "javascript", "jsonc": "json", "jsx": "javascript", "kt": "kotlin",
    "makefile": "make", "md": "markdown", "mjs": "javascript", "objc": "objective-c", "patch": "diff", "pl": "perl",
    "ps1": "powershell", "py": "python", "python3": "python", "rb": "ruby", "rs": "rust", "sh": "bash",
    "shell": "bash", "svg": "xml", "tex": "latex", "tf": "terraform", "ts": "typescript", "tsx": "typescript",
    "vue": "html", "yml": "yaml", "zsh": "bash",
}  # fmt: skip
_UNCOLOURED = frozenset({"", "w", "n", "p", "err"})


# Cached, because a streaming reply renders the closed fences in its open block (steps of a list) again and again.
# Code whose lexer ran out of time is cached, too.
@lru_cache(maxsize=64)
def coloured(code: str, language: str) -> str:
    """Return the code as HTML, with a span for each token if its language is known and its lexer fast."""
    name = ALIASES.get(language, language)
    if name not in LANGUAGES or len(code) > MAX_COLOURED or max(map(len, code.split("\n"))) > MAX_LINE:
        return _plain(code)
    lexer = uncounted(lambda: get_lexer_by_name(name, stripnl=False, ensurenl=False))
    return within(START_SECONDS + len(code) * SECONDS_PER_CHARACTER, lambda: _lexed(code, lexer), lambda: _plain(code))


def _lexed(code: str, lexer: Lexer) -> str:
    tokens = list(lexer.get_tokens(code))
    if sum(len(value) for _, value in tokens) != len(code):
        return _plain(code)
    pieces = [_span(kind, same) for kind, same in groupby(tokens, key=lambda token: _token_class(token[0]))]
    return "".join(pieces) if len(pieces) <= MAX_PIECES else _plain(code)


def _plain(code: str) -> str:
    return escape(code, quote=False)


def _span(name: str, tokens: Iterable[tuple[_TokenType, str]]) -> str:
    text = _plain("".join(value for _, value in tokens))
    return text if name in _UNCOLOURED else f'<span class="{name}">{text}</span>'


def _token_class(kind: _TokenType) -> str:
    """Return the short class name of a token type, or of the nearest type above it that has one."""
    while kind not in STANDARD_TYPES:
        kind = kind.parent or Token
    return STANDARD_TYPES[kind]
