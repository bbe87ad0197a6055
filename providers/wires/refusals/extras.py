"""An administrator's raw extras in a request, as a deployment takes them that refuses some.

The spellings of `Address.quirks` that concern extras; a path leads to a field in them:

    moved:reasoning.effort      told in the words of the request's own wire
    extra:reasoning.effort      left out

Extras were perhaps written for another wire, before a model was moved. So the words of all wires below have a meaning
in our own terms. The wire of the request spells it as if a person had set it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.types import Prompt
from providers.wires.json_values import mapping, merged
from providers.wires.parameters import LEVELS
from providers.wires.refusals.fields import Field
from providers.wires.refusals.values import name_pattern

Raw = Mapping[str, Any]
Path = tuple[str, ...]

MOVED, LEFT_OUT = "moved:", "extra:"
_KEPT = frozenset({"model", "messages", "input", "contents", "system", "stream"})
"""The fields that make the request: their refusal is told."""
_NAME = re.compile(r"[A-Za-z_$][\w$-]{0,63}", re.ASCII)
_MAX_PATHS, _MAX_DEPTH = 200, 4
_STEP = re.compile(r"[.\[\]/]+")


def extras(prompt: Prompt, quirks: frozenset[str]) -> dict[str, Any]:
    """Return the raw extras of a prompt without what this deployment refuses."""
    raw: Raw = mapping(prompt.parameters.get("raw"))
    for path in (*_paths_of(MOVED, quirks), *_paths_of(LEFT_OUT, quirks)):
        raw = _without(raw, path)
    return dict(raw)


def adopted(prompt: Prompt, quirks: frozenset[str]) -> Prompt:
    """Return the prompt with the raw extras among its parameters that are told in the words of its own wire."""
    raw = mapping(prompt.parameters.get("raw"))
    told = {name: one for path in _paths_of(MOVED, quirks) for name, one in _meaning(raw, path)}
    return replace(prompt, parameters={**prompt.parameters, **told}) if told else prompt


def of_extras(quirks: frozenset[str]) -> frozenset[str]:
    """Return the quirks that concern extras."""
    return frozenset(quirk for quirk in quirks if quirk.startswith((MOVED, LEFT_OUT)))


def lessons_about(prompt: Prompt, path: str) -> list[str]:
    """Return the quirks that spare a deployment the extra at this dotted path, the better one first."""
    has_meaning = any(_meaning(mapping(prompt.parameters.get("raw")), tuple(path.split("."))))
    return [*([f"{MOVED}{path}"] if has_meaning else []), f"{LEFT_OUT}{path}"]


def named_extra(prompt: Prompt, quirks: frozenset[str], parameter: str, sentence: str) -> str:
    """Return the dotted path of the extra that a refusal names, in its own field or its sentence, or ""."""
    paths = [path for path in _paths(extras(prompt, quirks)) if path[0] not in _KEPT]
    paths.sort(key=len, reverse=True)
    steps = [_folded(step) for step in _STEP.split(parameter) if step and step != "body"]
    found = next((path for path in paths if steps and _is_of(path, steps)), None)
    found = found or next((path for path in paths if name_pattern(_field(path)).search(sentence)), None)
    return ".".join(found or ())


def _is_of(path: Path, steps: list[str]) -> bool:
    """Return whether the steps lead to this field, or below it, or end in its name."""
    names = list(map(_folded, path))
    return names == steps[: len(names)] or names[-1] == steps[-1] or "".join(names) == "".join(steps)


def _field(path: Path) -> Field:
    name = path[-1]
    also = rf"\bbody\.{re.escape(name)}\b"
    return Field((name,), also=also, is_common_word="_" not in name and name == name.lower())


def _paths_of(kind: str, quirks: frozenset[str]) -> list[Path]:
    return sorted(tuple(quirk.removeprefix(kind).split(".")) for quirk in quirks if quirk.startswith(kind))


def _paths(raw: Raw, above: Path = ()) -> list[Path]:
    found: list[Path] = []
    for name, value in raw.items():
        if len(found) < _MAX_PATHS and _NAME.fullmatch(name):
            path = (*above, name)
            found.append(path)
            found += _paths(value, path) if isinstance(value, Mapping) and len(path) < _MAX_DEPTH else []
    return found[:_MAX_PATHS]


def _value(raw: Any, words: Path) -> Any:
    """Return the value at the end of a path of folded names; None if there is none."""
    for word in words:
        raw = next((value for name, value in mapping(raw).items() if _folded(name) == word), None)
    return raw


def _without(raw: Raw, path: Path) -> Raw:
    name, *rest = path
    others = {key: value for key, value in raw.items() if key != name}
    below = _without(raw[name], tuple(rest)) if rest and isinstance(raw.get(name), Mapping) else {}
    return merged(others, {name: below}) if below else others


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


# --- Their meaning ---------------------------------------------------------------------------------------------------


def _meaning(raw: Raw, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield our names of what stands at this path, or below it, with the values in our own terms."""
    names = tuple(map(_folded, path))
    for words, (name, meant) in _WORDS.items():
        if words[: len(names)] == names and (value := _value(raw, words)) is not None:
            told = meant(value)
            yield from [] if told is None else [(name, told)]


def _same(value: Any) -> Any:
    return value


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _level(value: Any) -> Any:
    return "off" if value == "none" else {"level": value} if value in LEVELS else None


def _budget(value: Any) -> Any:
    return {"budget": value} if isinstance(value, int) else None


def _schema(value: Any) -> Any:
    within = mapping(value)
    return mapping(mapping(within.get("json_schema")).get("schema") or within.get("schema")) or None


def _is_wanted(value: Any) -> Any:
    return True if value is not False else None


def _spelled(*words: str) -> Iterator[Path]:
    yield from (tuple(map(_folded, one.split("."))) for one in words)


_TERMS: tuple[tuple[str, Callable[[Any], Any], tuple[str, ...]], ...] = (
    ("max_tokens", _same, ("max_tokens", "max_completion_tokens", "max_output_tokens")),
    ("stop", _list, ("stop", "stop_sequences")),
    *((name, _same, (name,)) for name in ("temperature", "top_p", "top_k", "seed", "presence_penalty")),
    ("frequency_penalty", _same, ("frequency_penalty",)),
    ("thinking", _level, ("reasoning_effort", "reasoning.effort", "output_config.effort")),
    ("thinking", _level, ("thinking_config.thinking_level",)),
    ("thinking", _budget, ("thinking.budget_tokens", "thinking_budget", "thinking_config.thinking_budget")),
    ("json_schema", _schema, ("response_format", "text.format", "output_config.format")),
    ("json_schema", _same, ("response_schema", "response_json_schema")),
    ("web_search", _is_wanted, ("web_search_options", "enable_search", "online_search")),
)
_INNER = ("", "generation_config.")
"""Each may stand at the top, or in an object with the parameters."""
_WORDS = {
    path: (name, meant)
    for name, meant, words in _TERMS
    for path in _spelled(*(f"{inner}{word}" for word in words for inner in _INNER))
}
"""By path in the extras of any wire, in folded names, our parameter and what turns its value into ours."""
