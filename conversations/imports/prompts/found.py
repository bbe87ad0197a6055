"""A prompt as a file holds it, before it is checked."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """Its name, its text with variables in our form, and what these take."""

    name: str
    text: str
    variables: list[dict[str, Any]] = field(default_factory=list)
