"""Terms: the words and phrases of a query, for the index and for the eye."""

import re
from dataclasses import dataclass, field

from conversations.search.folding import fold
from conversations.search.tokens import LETTER, MAX_LENGTH, RUNS, pairs

PREFIX_FROM = 2
"""Characters from which a word also finds longer ones that begin with it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token to look up; with `is_prefix`, all that begin with it."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase in quotes, which ends where its last word ends."""

    text: str
    is_phrase: bool = False
    tokens: tuple[Token, ...] = field(init=False)
    pattern: re.Pattern[str] = field(init=False)
    """The term in a folded text: the index alone cannot tell whether its tokens stand together."""

    def __post_init__(self) -> None:
        folded = " ".join(fold(self.text).split())
        object.__setattr__(self, "tokens", tuple(_tokens(folded, self.is_phrase)))
        object.__setattr__(self, "pattern", re.compile(_pattern(folded, self.is_phrase)))

    @property
    def is_exact(self) -> bool:
        """Return whether the index finds just the texts in which the pattern does."""
        return len(self.tokens) == 1 and not self.tokens[0].is_prefix and len(self.tokens[0].text) < MAX_LENGTH


def _tokens(folded: str, is_phrase: bool) -> list[Token]:
    found: dict[Token, None] = {}
    for run in RUNS.finditer(folded):
        text = run[0]
        if run.lastgroup == "ideographs" and len(text) > 1:
            found |= dict.fromkeys(map(Token, pairs(text)))
            continue
        is_open = run.lastgroup == "word" and run.end() == len(folded) and not is_phrase and len(text) >= PREFIX_FROM
        found[Token(text[:MAX_LENGTH], is_open)] = None
    return list(found)


def _pattern(folded: str, is_phrase: bool) -> str:
    words = r"\s+".join(map(re.escape, folded.split(" ")))
    begins, ends = (re.match(LETTER, at) for at in (folded[:1], folded[-1:]))
    is_closed = ends and (is_phrase or not re.search(f"{LETTER}{{{PREFIX_FROM}}}$", folded))
    return f"{f'(?<!{LETTER})' if begins else ''}{words}{f'(?!{LETTER})' if is_closed else ''}"
