"""An assistant as a file holds it, before it is checked."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """Its settings; `models` are names, the favourite one first."""

    name: str
    instructions: str
    symbol: Any = ""
    models: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    starters: list[str] = field(default_factory=list)
    archived: bool = False
