"""Parts kept as they came, for the deployment and account that sent them.

A signature or an encrypted thought means something only to the model and the account that made it. Others refuse the
whole conversation for it. Parts that were stored before their origin was kept go back as they came, because most sites
have one account. A refusal of their signatures is answered by asking without any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from providers.types import Address, Delta, Part, Prompt, Turn
from providers.wires.json_values import mapping
from providers.wires.turns import UNSIGNED

NOBODY = "-"
"""The reader for whom no part is its own."""

_LONGEST_NAME = 64
_GROWING = ("text", "thought")
_PLAIN_WORD = re.compile("[A-Za-z][A-Za-z_]{1,39}")


def wrap(wire: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail that keeps `part` as it came."""
    return {"vendor": {"wire": wire, "part": part}}


def kind_name(part: Mapping[str, Any]) -> dict[str, str]:
    """Return the vendor's word for this kind of part under "name", if it is a plain word."""
    words = (part.get("type"), *part)
    return next(({"name": word} for word in words if isinstance(word, str) and _PLAIN_WORD.fullmatch(word)), {})


def marked(delta: Delta, origin: str) -> Delta:
    """Return the delta with the origin of its part, if that part is kept as it came."""
    part = delta.part
    if part is None or not origin or "vendor" not in part.detail:
        return delta
    vendor = {**part.detail["vendor"], "origin": origin}
    return replace(delta, part=part._replace(detail={**part.detail, "vendor": vendor}))


def reader(address: Address) -> str:
    """Return who reads the parts of a request to this address: its origin, or NOBODY after a refused signature."""
    return NOBODY if UNSIGNED in address.quirks else address.origin


def unwrap(wire: str, part: Part, reader: str = "") -> Mapping[str, Any]:
    """Return `part` as it came, if it came from this reader over this wire; else {}."""
    origin = mapping(part.detail.get("vendor")).get("origin")
    return kept(wire, part) if reader != NOBODY and origin in (None, reader) else {}


def kept(wire: str, part: Part) -> Mapping[str, Any]:
    """Return `part` as it came, if it came over this wire, from wherever; else {}."""
    vendor = mapping(part.detail.get("vendor"))
    return mapping(vendor.get("part")) if vendor.get("wire") == wire else {}


def is_echo(part: Part, function: str) -> bool:
    """Return whether a part is a call of this function of the vendor's own, which can be given back."""
    return part.kind == "call" and part.detail.get("name") == function and bool(part.detail.get("id"))


def with_calls_echoed(wire: str, prompt: Prompt, said: Sequence[Part]) -> Prompt:
    """Return the prompt with what was said, and each call in it answered with its unchanged arguments."""
    calls = [part for part in said if part.kind == "call"]
    results = [
        Part("call_result", "", {"id": call.detail["id"], "response": _arguments(kept(wire, call))}) for call in calls
    ]
    return replace(prompt, turns=(*prompt.turns, Turn("assistant", tuple(said)), Turn("user", tuple(results))))


def joined(parts: Sequence[Part]) -> list[Part]:
    """Return the parts in which words, and thoughts, that follow each other are one; empty ones are left out."""
    made: list[Part] = []
    told = (part for part in parts if part.text or part.detail)
    for kind, group in groupby(told, lambda part: "" if part.detail or part.kind not in _GROWING else part.kind):
        alike = list(group)
        made += [Part(kind, "".join(part.text for part in alike))] if kind else alike
    return made


def with_pause(prompt: Prompt, said: Sequence[Part]) -> Prompt:
    """Return the prompt with what was said so far, for a vendor that goes on with it."""
    return replace(prompt, turns=(*prompt.turns, Turn("assistant", tuple(said))))


def with_calls_answered(prompt: Prompt, said: Sequence[Part], responses: Sequence[str]) -> Prompt:
    """Return the prompt with what was said, and a response to each call in it, in order.

    A call with broken arguments, or without an id of its own, goes back as the text of its response.
    """
    known: set[str] = set()
    places = [(part, part.kind != "call" or _is_new(part, known)) for part in said]
    sent = [part for part, goes_back in places if goes_back]
    calls = [(part, goes_back) for part, goes_back in places if part.kind == "call"]
    if not any(part.kind == "call" for part in sent):  # thoughts that led to nothing that is sent would be refused
        sent = [Part("text", part.text) for part in sent if part.kind == "text"]
    answers = [_answer(*call, response) for call, response in zip(calls, responses, strict=True)]
    answers.sort(key=lambda part: part.kind != "call_result")
    return replace(prompt, turns=(*prompt.turns, Turn("assistant", tuple(sent)), Turn("user", tuple(answers))))


def _can_go_back(call: Part) -> bool:
    own = mapping(call.detail.get("vendor"))
    return "arguments" in call.detail and (bool(call.detail.get("id")) or "functionCall" in mapping(own.get("part")))


def _is_new(call: Part, known: set[str]) -> bool:
    """Return whether a call can go back beside those of the `known` ids, to which its own is added."""
    identity = str(call.detail.get("id") or "")
    if not _can_go_back(call) or identity in known:
        return False
    known.update([identity] if identity else [])
    return True


def _answer(call: Part, goes_back: bool, response: str) -> Part:
    name = str(call.detail.get("name", ""))
    if not goes_back:
        return Part("text", f"{name[:_LONGEST_NAME]}: {response}")
    identity = {"id": call.detail["id"]} if call.detail.get("id") else {}
    return Part("call_result", "", {"name": name, **identity, "response": response})


def _arguments(call: Mapping[str, Any]) -> object:
    return mapping(call.get("function")).get("arguments")
