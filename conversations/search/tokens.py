"""Tokens: the pieces of a folded text that the index holds.

A word is a token. Chinese, Japanese and Korean runs become their single characters and their overlapping pairs. Each
other visible sign is a token. A token that a text is about is held twice, the second time behind the mark ABOUT.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from math import log
from uuid import UUID

MAX_TEXT = 200_000
"""Characters of one text that are indexed."""
MAX_BYTES = 800_000
"""Bytes of the tokens of one text: a tsvector holds a million."""
MAX_LENGTH = 32
"""Characters of a token; the rest of a longer word is not indexed."""
IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
USUAL = 400
"""Characters of a usual text: a longer one has words more easily."""
ABOUT, ABOUT_SHARE = "^", 0.9
"""The mark of tokens that a text is about, and the share of `length_factor` from which on it is."""
TITLE = "^#title"
"""The token of all titles."""
VERIFIED, ANSWERED = "^#verified", "^#answered"
"""The tokens of all verified answers, and of the questions that have one."""
SCOPE = "^@"
"""The mark of the token that names the team or, of a private conversation, the owner."""
LETTER = f"[^\\W_{IDEOGRAPHS}]"
"""A letter or digit of scripts that part their words."""
RUNS = re.compile(f"(?P<ideographs>[{IDEOGRAPHS}]+)|(?P<word>{LETTER}+)|(?P<sign>[^\\w\\s]|_)")


def tokens_of(folded: str, *, is_title: bool = False) -> list[str]:
    """Return the tokens of a text, each once, then those that it is about; a title is about all."""
    found = Counter(_all(folded[:MAX_TEXT]))
    least = 0 if is_title else ABOUT_SHARE * length_factor(len(folded))
    about = [f"{ABOUT}{token}" for token, count in found.items() if count >= least]
    return list(_fitting([*([TITLE] if is_title else []), *found, *about]))


def scope_token(scope: UUID) -> str:
    """Return the token of all that a team or, in private, a person has."""
    return f"{SCOPE}{scope.hex}"


def length_factor(characters: int) -> float:
    """Return how many times a text of this length has to say a word to be half about it."""
    return 1 + log(1 + characters / USUAL)


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _all(folded: str) -> Iterator[str]:
    for run in RUNS.finditer(folded):
        text = run[0]
        if run.lastgroup == "ideographs":
            yield from text
            yield from pairs(text)
        else:
            yield text[:MAX_LENGTH]


def _fitting(found: Iterable[str]) -> Iterator[str]:
    left = MAX_BYTES
    for token in found:
        left -= len(token.encode())
        if left < 0:
            return
        yield token
