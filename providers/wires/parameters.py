"""Parameters of a reply, as wires declare them: their kinds, and those that most vendors accept alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from providers.wires.declarations import translate_noop

LEVELS = ("minimal", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a person may set; `label` is marked for translation, `kind` names its field on a page."""

    kind: ClassVar[str]
    label: str

    def widened(self, _other: Self) -> Self:
        """Return a parameter that accepts every value of either."""
        return self

    def narrowed(self, _other: Self) -> Self:
        """Return a parameter that accepts only values of both."""
        return self

    def fitted(self, value: Any) -> Any:
        """Return the nearest value within the bounds."""
        return value


@dataclass(frozen=True, slots=True)
class Number(Parameter):
    """A number within bounds; `usual` is what most models take where none is sent."""

    kind = "number"
    low: float
    high: float
    is_whole: bool = False
    usual: float | None = None

    def widened(self, other: Self) -> Self:
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high), usual=self._shared(other))

    def narrowed(self, other: Self) -> Self:
        return replace(self, low=max(self.low, other.low), high=min(self.high, other.high), usual=self._shared(other))

    def _shared(self, other: Self) -> float | None:
        return self.usual if self.usual == other.usual else None

    def fitted(self, value: Any) -> Any:
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Texts(Parameter):
    """A list of one to `most` texts of up to `length` characters."""

    kind = "texts"
    most: int
    length: int

    def widened(self, other: Self) -> Self:
        return replace(self, most=max(self.most, other.most), length=max(self.length, other.length))

    def narrowed(self, other: Self) -> Self:
        return replace(self, most=min(self.most, other.most), length=min(self.length, other.length))

    def fitted(self, value: Any) -> Any:
        return value[: self.most]


@dataclass(frozen=True, slots=True)
class Switch(Parameter):
    """An on/off value."""

    kind = "switch"


@dataclass(frozen=True, slots=True)
class Thinking(Parameter):
    """Off, automatic, one of LEVELS, or a budget of up to `most` tokens."""

    kind = "thinking"
    most: int


@dataclass(frozen=True, slots=True)
class Schema(Parameter):
    """A JSON schema of up to `length` characters."""

    kind = "schema"
    length: int


COMMON: dict[str, Parameter] = {
    "temperature": Number(translate_noop("Temperature"), 0, 2, usual=1),
    "top_p": Number("Top-p", 0, 1, usual=1),
    "max_tokens": Number(translate_noop("Longest reply, in tokens"), 1, 1_000_000, is_whole=True),
    "thinking": Thinking(translate_noop("Thinking"), 1_000_000),
    "seed": Number(translate_noop("Seed"), -(2**31), 2**31 - 1, is_whole=True),
    "presence_penalty": Number(translate_noop("Presence penalty"), -2, 2, usual=0),
    "frequency_penalty": Number(translate_noop("Frequency penalty"), -2, 2, usual=0),
    "stop": Texts(translate_noop("Stop words, one a line"), 5, 100),
    "json_schema": Schema(translate_noop("JSON schema of the reply"), 20_000),
    "web_search": Switch(translate_noop("May search the web")),
}
"""Parameters that several wires accept alike; a wire may declare its own bounds instead."""


def fitted(given: Mapping[str, Any], declared: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the parameters of a conversation within these bounds: it may have them from a model that takes more."""
    return {name: declared[name].fitted(value) if name in declared else value for name, value in given.items()}
