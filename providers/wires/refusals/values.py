"""The reading of a sentence that refuses a field: at all, with its value, or outside a range."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

from providers.wires.refusals.fields import LEVELS, Field, range_text, values_of

# Longer numbers than these would become infinities, which no request may hold.
_NUMBER = r"(-?\d{1,15}(?:\.\d{1,30})?)(?!\d)"
_MARK = r"(?: ?\((inclusive|exclusive)\))?"
_OR_INFINITY = r"([+-]?(?:\d+(?:\.\d+)?|inf(?:inity)?))"
_INTERVAL = re.compile(rf"([\[(（])\s*{_OR_INFINITY}\s*[,，]\s*{_OR_INFINITY}\s*([\])）])", re.IGNORECASE)
_BETWEEN = re.compile(
    rf"(?:between|from|range|in|of|within)(?: is| of|:)? {_NUMBER}{_MARK} ?(?:and|to|-|–|~|\.\.) ?{_NUMBER}{_MARK}",
    re.IGNORECASE,
)
_LOW = re.compile(
    rf"(?:(?:greater|more|larger|higher) than or equal to|at least|no(?:t)? less than|>=|≥"
    rf"|minimum(?: value)?(?: is| of|:)?) ?{_NUMBER}",
    re.IGNORECASE,
)
_ABOVE = re.compile(rf"(?:(?:greater|more|larger|higher) than|>) ?{_NUMBER}", re.IGNORECASE)
_HIGH = re.compile(
    rf"(?:(?:less|lower|smaller) than or equal to|at most|no(?:t)? (?:more|greater|larger) than|<=|≤|up to|not exceed"
    rf"|(?:model )?limit (?:of|is)|max(?:imum)?(?: allowed)?(?: value| length)?(?: is| of|:)?) ?{_NUMBER}",
    re.IGNORECASE,
)
_BELOW = re.compile(rf"(?:(?:less|lower|smaller) than|below|<) ?{_NUMBER}", re.IGNORECASE)
_OUTRIGHT = re.compile(
    r"unsupported|unknown|unrecogni[sz]ed|not support|n't support|deprecated|not permitted|not allowed|not enabled"
    r"|not available|not recogni[sz]ed|unexpected|extra (inputs|fields)|does not accept|no longer"
    r"|cannot be (set|used|specified)|cannot find field|not compatible|removed"
    r"|must be verified to|only the default|only [\d.]+ is allowed|不支持|未知参数",
    re.IGNORECASE,
)
_CHOICES = re.compile(r"values? (are|is)|one of|should be|must be|expected|choose|allowed|only supports", re.IGNORECASE)
_LEVEL = re.compile(rf"\b({'|'.join(LEVELS)})\b", re.IGNORECASE)
_OF_THIS_LENGTH = re.compile(r"context|prompt|remain|messages|\binputs?\b(?! should| validation)", re.IGNORECASE)
_FLOAT_STEP = 0.01
_MARKS = r"['\"`‘’“”\[\](){}<>]"


class Outcome(NamedTuple):
    """New quirks, those that they replace, and whether they hold for other questions too."""

    new: frozenset[str]
    old: frozenset[str] = frozenset()
    lasts: bool = True


@lru_cache
def name_pattern(field: Field) -> re.Pattern[str]:
    """Return a pattern of the field's names in any spelling: snake, camel, dotted, or as words."""
    spelled = "|".join(_spelling(name) for name in (field.other_name, field.name) if name)
    if field.is_common_word:
        told = r"(?:parameters?|arguments?|fields?|property|keyword|supplied|model)(?: is)?:? *"
        name = rf"(?<={_MARKS})(?:{spelled})(?={_MARKS})|(?<=\W){told}{_MARKS}?(?:{spelled})\b|^{told}(?:{spelled})\b"
        name += rf"|\b(?:{spelled})[ _](?:sequences?|words?|parameter|is|are|must|should|value)\b|^(?:{spelled})\b"
    else:
        name = rf"(?<![A-Za-z0-9_])(?:{spelled})(?![A-Za-z0-9_])"
    return re.compile(rf"{name}|{field.also}" if field.also else name, re.IGNORECASE)


def _spelling(name: str) -> str:
    """Return a pattern of one name: `thinkingBudget` is also thinking_budget, thinking-budget and "thinking budget"."""
    return r"[\s_.\-]?".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name))


def outcome(field: Field, value: Any, quirks: frozenset[str], sentence: str, is_unsupported: bool) -> Outcome | None:
    """Return what a sentence that names this field, sent with this value, asks for; None if nothing helps."""
    return (
        _level(field, value, sentence)
        or _range(field, value, quirks, sentence)
        or _one_value(field, value, sentence)
        or _outright(field, quirks, is_unsupported or _OUTRIGHT.search(sentence) is not None)
        or (None if field.is_kept else Outcome(frozenset([f"no:{field.name}"]), lasts=False))
    )


def _level(field: Field, value: Any, sentence: str) -> Outcome | None:
    """Return the levels that the sentence offers for one that it refuses."""
    if str(value).lower() not in field.constants & set(LEVELS) or not _CHOICES.search(sentence):
        return None
    choices = _CHOICES.search(sentence)
    assert choices is not None
    offered = {level.lower() for level in _LEVEL.findall(sentence[choices.start() :])} - {str(value).lower()}
    if not offered:
        return None
    return Outcome(frozenset([f"levels:{field.name}={','.join(sorted(offered, key=LEVELS.index))}"]))


def _range(field: Field, value: Any, quirks: frozenset[str], sentence: str) -> Outcome | None:
    """Return the range that the sentence names, if the value lies outside it."""
    size = len(value) if isinstance(value, list) else value
    if isinstance(size, bool) or not isinstance(size, int | float):
        return None
    low, high = _ends(field, size, sentence)
    if isinstance(value, list):
        low = None
    if (low is None or size >= low) and (high is None or size <= high):
        return None
    old = frozenset(f"range:{field.name}={text}" for text in values_of("range", field, quirks))
    is_of_this_length = "token" in field.name.lower() and _OF_THIS_LENGTH.search(sentence) is not None
    return Outcome(frozenset([f"range:{field.name}={range_text(low, high)}"]), old, not is_of_this_length)


def _ends(field: Field, size: float, sentence: str) -> tuple[float | None, float | None]:
    step = 1 if field.is_whole else _FLOAT_STEP
    if match := _INTERVAL.search(sentence):
        return _end(match[2], step * (match[1] in "(（")), _end(match[3], -step * (match[4] in ")）"))
    if match := _BETWEEN.search(sentence):
        return _end(match[1], step * (match[2] == "exclusive")), _end(match[3], -step * (match[4] == "exclusive"))
    if match := re.search(rf"(?<![\d.]){size:.15g} ?> ?{_NUMBER}", sentence):
        return None, float(match[1])
    low, above, high, below = (pattern.search(sentence) for pattern in (_LOW, _ABOVE, _HIGH, _BELOW))
    return (
        _end(low[1], 0) if low else _end(above[1], step) if above else None,
        _end(high[1], 0) if high else _end(below[1], -step) if below else None,
    )


def _end(number: str, shift: float) -> float | None:
    return round(float(number) + shift, 6) if math.isfinite(float(number)) else None


def _one_value(field: Field, value: Any, sentence: str) -> Outcome | None:
    """Return that only this value is refused, if it has a meaning of its own and the sentence names it."""
    text = str(value)
    is_named = re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w.])", sentence, re.IGNORECASE)
    return Outcome(frozenset([f"no:{field.name}={value}"])) if text.lower() in field.constants and is_named else None


def _outright(field: Field, quirks: frozenset[str], is_outright: bool) -> Outcome | None:
    """Return that the field is refused whatever its value: its other name is tried, or it is left out."""
    if not is_outright:
        return None
    if not field.other_name:
        return None if field.is_kept else Outcome(frozenset([f"no:{field.name}"]))
    other = frozenset([field.other_name])
    return Outcome(frozenset(), other) if other <= quirks else Outcome(other)
