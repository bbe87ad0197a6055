"""The tokens left for an answer, out of the refusal of a question together with its longest answer.

Source: such refusals of OpenAI, vLLM, SGLang and Anthropic. Newer ones of vLLM say "at least": they do not count.
"""

from __future__ import annotations

import re

_SHORTEST = 256
_LIMIT, _ASKED = r"(?P<limit>\d{1,9})", r"(?P<asked>\d{1,9})"
_SENTENCES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"context length (is|of) {_LIMIT} tokens\b.{{0,99}}?\b{_ASKED} (tokens )?(in|from) the (message|input)",
        rf"{_ASKED} \+ \d{{1,9}} > {_LIMIT}",
        rf"\d{{1,9}} > {_LIMIT} - {_ASKED}",
    )
)


def room_for_answer(sentence: str) -> int | None:
    """Return how many tokens the answer may have; None if the question is too long by itself, or unknown."""
    found = next((match for pattern in _SENTENCES if (match := pattern.search(sentence))), None)
    left = int(found["limit"]) - int(found["asked"]) if found else 0
    return left if left >= _SHORTEST else None
