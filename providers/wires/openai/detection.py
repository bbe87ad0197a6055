"""The questions that find out whether an unknown address speaks the OpenAI-compatible wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from providers.types import Address
from providers.wires.declarations import AUTHORIZATION, BEARER, GOOGLE_HEADER, QUERY, Hint, Neighbour, Question
from providers.wires.image_api.detection import BESIDE
from providers.wires.task_api.detection import BESIDE as TASKS

KEY_PLACEMENTS = (BEARER, AUTHORIZATION, QUERY, GOOGLE_HEADER)
SHORT_ANSWER = {"max_tokens": 32}
# Source: the OpenAI API's 404 for its largest models, and what gateways make of it.
NEIGHBOURS = (
    Neighbour(
        "responses",
        re.compile(
            r"only (be )?(supported|available|used|accessible) (in|with|on|by|via|through) (the )?(/?v1/)?responses\b"
            r"|(use|try) (the )?(/?v1/)?responses (api|endpoint)|(use|try) /v1/responses",
            re.IGNORECASE,
        ),
    ),
    BESIDE,
    TASKS,
)

_ENDS_AT_DOOR = re.compile(r"(?<!/)/(v\d+|openai)$")


def hint(base: str, _model: str) -> Hint:
    """Return the strength of the evidence for this wire."""
    return Hint.ADDRESS_END if _ENDS_AT_DOOR.search(base) else Hint.USUAL


def doors(base: str, root: str) -> Iterator[Question]:
    """Yield questions to the addresses below which the wire may begin, the likelier first."""
    base = base.removesuffix("/chat/completions").removesuffix("/models")
    usual = f"{root}/v1"
    for url in dict.fromkeys([base, usual] if _ENDS_AT_DOOR.search(base) else [usual, base]):
        yield Question(Address("openai", url))


def plainer(question: Question) -> Question:
    """Return the question without a limit, which newer models refuse under its old name."""
    return replace(question, limited=False)
