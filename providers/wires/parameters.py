"""Parameters of a reply, as wires declare them: their kinds, and those that most vendors accept alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from providers.wires.declarations import translate_noop

LEVELS = ("minimal", "low", "medium", "high")
_BUDGETS = {"low": 2048, "medium": 8192}
"""Tokens of thought up to which a level thinks; more is for the highest."""
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9:*._-]{0,19}")
MAX_PICTURES = 10
"""Pictures of one reply that may be asked for."""


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


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of these words; without any, a short word of letters, digits and a few signs."""

    kind = "choice"
    words: tuple[str, ...] = ()

    def widened(self, other: Self) -> Self:
        return replace(
            self, words=tuple(dict.fromkeys((*self.words, *other.words))) if self.words and other.words else ()
        )

    def narrowed(self, other: Self) -> Self:
        both = tuple(word for word in self.words if word in other.words)
        return replace(self, words=both if self.words and other.words else self.words or other.words)

    def takes(self, value: Any) -> bool:
        """Return whether `value` is one of the words, or may be one."""
        return isinstance(value, str) and (value in self.words if self.words else bool(WORD.fullmatch(value)))

    def fitted(self, value: Any) -> Any:
        return value if self.takes(value) else None


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


# --- Pictures ----------------------------------------------------------------------------------------------------

PICTURES: dict[str, Parameter] = {
    "picture_ratio": Choice(translate_noop("Aspect ratio")),
    "picture_size": Choice(translate_noop("Picture size")),
    "picture_quality": Choice(translate_noop("Picture quality")),
    "picture_count": Number(translate_noop("Number of pictures"), 1, MAX_PICTURES, is_whole=True),
}
"""Parameters of pictures. A model that makes some takes those that its deployment declares."""
_NAMES = {name.removeprefix("picture_"): name for name in PICTURES}


def drawing(given: Mapping[str, Any], declared: Mapping[str, Parameter] | None) -> dict[str, Any]:
    """Return the parameters for a model whose pictures take what is `declared`; None is one that makes none."""
    known = declared or {}
    chosen = {name: known[name].fitted(value) for name, value in given.items() if name in known}
    others = {name: value for name, value in given.items() if name not in PICTURES}
    return {**others, **chosen, **({"response_modalities": ["TEXT", "IMAGE"]} if declared is not None else {})}


def pictures(ratio: str = "", size: str = "", quality: str = "", count: int = 1) -> dict[str, Parameter]:
    """Return parameters of pictures with these words, which blanks separate."""
    told = {"ratio": ratio, "size": size, "quality": quality, "count": str(count) if count > 1 else ""}
    return pictures_of("\n".join(f"{name} {words}" for name, words in told.items() if words))


def pictures_of(text: str) -> dict[str, Parameter]:
    """Return the parameters of pictures in an administrator's lines, such as "size 1K 2K". Raises ValueError."""
    lines = [line.replace(",", " ").split() for line in text.splitlines()]
    return dict(_picture(*line) for line in lines if line)


def written(declared: Mapping[str, Parameter]) -> str:
    """Return the lines that `pictures_of` reads."""
    return "\n".join(
        f"{name} {' '.join(words_of(declared[ours]))}" for name, ours in _NAMES.items() if ours in declared
    )


def words_of(declared: Parameter) -> list[str]:
    """Return the words of a choice, or the highest of a number."""
    return list(declared.words) if isinstance(declared, Choice) else [f"{getattr(declared, 'high', 1):g}"]


def _picture(named: str, *words: str) -> tuple[str, Parameter]:
    name = _NAMES.get(named.rstrip(":").lower(), "")
    if not name or not words or not all(map(WORD.fullmatch, words)):
        raise ValueError(named)
    usual = PICTURES[name]
    if not isinstance(usual, Number):
        return name, Choice(usual.label, tuple(dict.fromkeys(words)))
    if len(words) > 1 or not 1 <= int(words[0]) <= MAX_PICTURES:
        raise ValueError(named)
    return name, replace(usual, high=int(words[0]))


def effort_of(thinking: object) -> str | None:
    """Return the level of thinking that is asked for, "none" for none at all; None if nobody has chosen one.

    Wires without budgets get the lowest level that thinks as much.
    """
    chosen = thinking if isinstance(thinking, Mapping) else {}
    level, budget = chosen.get("level"), chosen.get("budget")
    if thinking == "off" or budget == 0:
        return "none"
    if level or budget is None:
        return level
    return next((name for name, most in _BUDGETS.items() if budget <= most), "high")
