"""Tokens: the pieces of a folded text that the index holds.

A word is a token. Chinese, Japanese and Korean runs become their single characters and their overlapping pairs. Each
other visible sign is a token.
"""

import re
from collections.abc import Iterable, Iterator

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
LETTER = f"[^\\W_{IDEOGRAPHS}]"
"""A letter or digit of scripts that part their words."""
RUNS = re.compile(f"(?P<ideographs>[{IDEOGRAPHS}]+)|(?P<word>{LETTER}+)|(?P<sign>[^\\w\\s]|_)")


def tokens_of(folded: str) -> list[str]:
    """Return the tokens of a text, each once."""
    found = dict.fromkeys(_all(folded[:MAX_TEXT]))
    return list(_fitting(found))


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
