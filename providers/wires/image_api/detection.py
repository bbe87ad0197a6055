"""The place of the key at picture endpoints. Nobody looks for them: each question would cost a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from providers.wires.declarations import AUTHORIZATION, BEARER, GOOGLE_HEADER, QUERY, Hint, Neighbour, Question

KEY_PLACEMENTS = (BEARER, AUTHORIZATION, QUERY, GOOGLE_HEADER)
SHORT_ANSWER: dict[str, int] = {}
NEIGHBOURS: tuple[Neighbour, ...] = ()
BESIDE = Neighbour(
    "image_api",
    re.compile(
        r"only (be )?(supported|available|used|accessible) (in|with|on|by|via|through) (the )?(/?v1/)?images\b"
        r"|(use|try) (the )?(/?v1/)?images/(generations|edits)",
        re.IGNORECASE,
    ),
)
"""This wire, as those at the same address name it for models that make pictures."""


def hint(_base: str, _model: str) -> Hint:
    """Return the weakest evidence: models are moved to this wire one by one."""
    return Hint.LAST


def doors(_base: str, _root: str) -> Iterator[Question]:
    """Yield no question."""
    yield from ()


def plainer(question: Question) -> Question:
    """Return the question as it is."""
    return question
