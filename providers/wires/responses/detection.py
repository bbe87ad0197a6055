"""The questions that find out whether an unknown address speaks the Responses wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from providers.types import Address
from providers.wires.declarations import AUTHORIZATION, BEARER, Hint, Neighbour, Question
from providers.wires.image_api.detection import BESIDE
from providers.wires.task_api.detection import BESIDE as TASKS

KEY_PLACEMENTS = (BEARER, AUTHORIZATION)
SHORT_ANSWER = {"max_output_tokens": 32}
# Source: the OpenAI API's 404, and those of gateways that pass on models of other vendors.
NEIGHBOURS = (
    Neighbour(
        "openai",
        re.compile(
            r"not (supported|available) (in|with|on|by|via) (the |this )?(/?v1/)?responses\b"
            r"|only (be )?(supported|available|used) (in|with|on|by|via) (the )?(/?v1/)?chat/completions",
            re.IGNORECASE,
        ),
    ),
    BESIDE,
    TASKS,
)

_DOOR = "/responses"
_ENDS_AT_VERSION = re.compile(r"(?<!/)/v\d+$")


def hint(base: str, _model: str) -> Hint:
    """Return the strength of the evidence for this wire."""
    return Hint.ADDRESS if base.endswith(_DOOR) else Hint.LAST


def doors(base: str, root: str) -> Iterator[Question]:
    """Yield the one question to the address below which the wire may begin: the other wires ask more widely."""
    base = base.removesuffix(_DOOR)
    yield Question(Address("responses", base if _ENDS_AT_VERSION.search(base) else f"{root}/v1"))


def plainer(question: Question) -> Question:
    """Return the question without a limit."""
    return replace(question, limited=False)
