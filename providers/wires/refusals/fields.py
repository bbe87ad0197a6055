"""The fields of a request that a vendor may refuse, and the body without what a deployment refuses.

The spellings of `Address.quirks` that concern fields:

    no:temperature                  left out
    no:reasoning_effort=minimal     left out with this value
    range:max_tokens=1..8192        put into this range, of which one end may be missing; a list is cut to its length
    levels:reasoning_effort=low,high   the nearest of these levels
    either:temperature,top_p        the second left out beside the first
    max_completion_tokens           a field's other name
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from providers.wires.json_values import mapping

LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The levels of thinking, the least first."""
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request that may be left out or changed.

    `path` leads to it in the body. A list on the way holds the object that has the next key, name or type.
    `parameter` is our name of it, "" for a field that nobody sets. `also` is a regular expression of other words by
    which vendors call it. `is_common_word`: its name counts only where a sentence marks it as a name. `other_name`: its
    newer spelling. `is_kept`: it is never left out. `constants` are the values with a meaning of their own. `alias`: an
    older quirk that leaves it out.
    """

    path: tuple[str, ...]
    parameter: str = ""
    also: str = ""
    is_common_word: bool = False
    other_name: str = ""
    is_kept: bool = False
    is_whole: bool = False
    constants: frozenset[str] = frozenset()
    alias: str = ""

    @property
    def name(self) -> str:
        """Return its name in quirks."""
        return self.path[-1]

    def value(self, body: Body) -> Any:
        """Return its value in this body; None if it is absent."""
        found = _value(body, self.path)
        return found if found is not None or not self.other_name else _value(body, self._other_path)

    @property
    def _other_path(self) -> tuple[str, ...]:
        return (*self.path[:-1], self.other_name)


class Change(NamedTuple):
    """The change of one of our parameters: the value set, and the value sent, None if it was left out."""

    parameter: str
    given: Any
    sent: Any = None


def fitted(body: Body, fields: Iterable[Field], quirks: frozenset[str]) -> dict[str, Any]:
    """Return the body as the deployment with these quirks takes it."""
    fitting = dict(body)
    if not quirks:
        return fitting
    for field in fields:
        fitting = _without_refused(fitting, field, quirks)
    return _without_exclusive(fitting, {field.name: field for field in fields}, quirks)


def changes(before: Body, after: Body, fields: Iterable[Field]) -> Iterator[Change]:
    """Yield the changes of our parameters between two bodies, each parameter once."""
    seen = set()
    for field in fields:
        given, sent = field.value(before), field.value(after)
        if field.parameter and field.parameter not in seen and given != sent and not _is_object(given):
            seen.add(field.parameter)
            yield Change(field.parameter, given, sent)


def values_of(kind: str, field: Field, quirks: Iterable[str]) -> list[str]:
    """Return what the quirks of this kind say of a field, such as "1..8192"."""
    begin = f"{kind}:{field.name}="
    return [quirk.removeprefix(begin) for quirk in sorted(quirks) if quirk.startswith(begin)]


def range_text(low: float | None, high: float | None) -> str:
    """Return a range as quirks spell it."""
    return f"{'' if low is None else f'{low:.15g}'}..{'' if high is None else f'{high:.15g}'}"


def range_of(text: str) -> tuple[float | None, float | None]:
    """Return the ends of a range in the spelling of quirks; None for a missing end."""
    low, _, high = text.partition("..")
    return _number(low), _number(high)


def within(value: Any, low: float | None, high: float | None) -> Any:
    """Return the nearest value in this range; a list keeps at most `high` entries."""
    if isinstance(value, list):
        return value if high is None else value[: int(high)]
    if not isinstance(value, int | float):
        return value
    nearest = value if low is None else max(value, low)
    nearest = nearest if high is None else min(nearest, high)
    return int(nearest) if isinstance(value, int) and nearest == int(nearest) else nearest


def nearest_level(value: Any, levels: Iterable[str]) -> str | None:
    """Return the level nearest to `value`, the lower of two; None if only "none" would be left."""
    place = _place(value)
    known = [level for level in levels if level in LEVELS and (place == 0 or level != "none")]
    return min(known, key=lambda level: (abs(LEVELS.index(level) - place), LEVELS.index(level)), default=None)


def _place(value: Any) -> int:
    name = str(value).lower()
    return LEVELS.index(name) if name in LEVELS else 0


def _without_refused(body: dict[str, Any], field: Field, quirks: frozenset[str]) -> dict[str, Any]:
    value = _value(body, field.path)
    if value is None:
        return body
    if quirks & {f"no:{field.name}", f"no:{field.name}={value}", field.alias}:
        return _without(body, field.path)
    for text in values_of("range", field, quirks):
        body = _with(body, field.path, within(_value(body, field.path), *range_of(text)))
    for text in values_of("levels", field, quirks):
        level = nearest_level(value, text.split(","))
        body = _without(body, field.path) if level is None else _with(body, field.path, level)
    return _renamed(body, field) if field.other_name in quirks else body


def _without_exclusive(body: dict[str, Any], named: Mapping[str, Field], quirks: frozenset[str]) -> dict[str, Any]:
    for quirk in sorted(quirks):
        first, _, second = quirk.removeprefix("either:").partition(",")
        both = [named[name] for name in (first, second) if name in named]
        if quirk.startswith("either:") and len(both) == 2 and all(one.value(body) is not None for one in both):
            body = _without(body, both[1].path)
    return body


def _renamed(body: dict[str, Any], field: Field) -> dict[str, Any]:
    """Return the body with the field under its other name, in the same place."""
    return {field.other_name if name == field.name else name: value for name, value in body.items()}


def _value(body: Any, path: tuple[str, ...]) -> Any:
    """Return the value at the end of this path; None if there is none."""
    for name in path:
        if isinstance(body, list):
            body = next((entry for entry in body if isinstance(entry, Mapping) and name in entry), _named(body, name))
        body = mapping(body).get(name)
    return body


def _named(entries: list[Any], name: str) -> dict[str, Any]:
    """Return an object whose entry `name` is empty, if one of these entries is called so."""
    return {name: {}} if any(_is_called(entry, name) for entry in entries) else {}


def _is_called(entry: Any, name: str) -> bool:
    """Return whether an entry of a list has this name, or this type as tools of a vendor do."""
    return name in (mapping(entry).get("name"), mapping(entry).get("type"))


def _without(body: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the body without the end of this path, and without the objects that are empty then."""
    changed: dict[str, Any] = _cut(body, path)
    return changed


def _cut(value: Any, path: tuple[str, ...]) -> Any:
    name, *rest = path
    if isinstance(value, list):
        kept = (_cut(entry, path) if isinstance(entry, Mapping) and name in entry else entry for entry in value)
        return [entry for entry in kept if entry and (rest or not _is_called(entry, name))]
    below = _cut(value[name], tuple(rest)) if rest and name in value else None
    others = {key: entry for key, entry in value.items() if key != name}
    return {key: below if key == name else entry for key, entry in value.items()} if below else others


def _with(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: _with(body[name], tuple(rest), value) if rest else value}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value)
