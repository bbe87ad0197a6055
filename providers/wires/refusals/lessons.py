"""The lesson of a refused request, for every wire: what to leave out or to change before asking again.

A lesson concerns only what this very request holds, and must change it. It lasts, and so holds for everybody, under
four conditions. The sentence names a field, or a kind of parts, that the request holds. The question's own words do not
hold that name. Vendors quote them, and nobody may switch off a parameter for others by writing about it. The sentence
concerns the field, a range or a level, not just the one value that somebody chose. The same question is answered after
the change, which `Stream` awaits. Any other lesson holds for this question alone. A refusal that names nothing may
concern the field that nobody asked for. That is only suspected until the next question is refused and answered so, too.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple, Protocol

from providers.errors import (
    BadRequest,
    ContextTooLong,
    KeyRefused,
    ModelForbidden,
    ModelNotFound,
    VendorDown,
    VendorError,
    beginning,
)
from providers.types import Address, HttpRequest, Part, Prompt
from providers.wires.refusals import values
from providers.wires.refusals.conversation import TURNS, other_role
from providers.wires.refusals.extras import lessons_about, named_extra
from providers.wires.refusals.fields import Body, Field, fitted, range_text, values_of
from providers.wires.refusals.room import room_for_answer
from providers.wires.turns import NO_FUNCTIONS, NO_IMAGES, UNSIGNED

_TEACHING = (BadRequest, ContextTooLong, ModelNotFound)
_OF_TOOLS = (KeyRefused, ModelForbidden, VendorDown)
"""Errors that teach only where they name a tool of the vendor: an account may lack its right to one."""
_TOOLS = ("web_search", "code_execution")
_TOGETHER = re.compile(
    r"both be|not both|cannot both|mutually exclusive|only one of|at the same time|simultaneously|used together"
    r"|cannot be (combined|used|set) (together )?with|incompatible|conflict|multiple tools are supported only"
    r"|not (supported|allowed|compatible) (when|with|together with|if|while) .{0,40}(set|enabled|specified|used)"
    r"|(only be set to \S{1,9}|unset) when .{0,40}(set|enabled)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"not (supported|allowed|compatible) (when|with|if|while)|(only be set to \S{1,9}|unset) when", re.IGNORECASE
)
_JOINED = re.compile(r"[\s,&/'\"`]*(and|or)?[\s'\"`]*", re.IGNORECASE)
_NO_USAGE, _SUSPECTED = "no:stream_options", "suspected:stream_options"
_NOT_WRITTEN = frozenset(["thinking", "raw", "functions", "tool_choice"])
"""Parameters without words of a person."""
_WORDS_ALONE = frozenset([NO_IMAGES])
_STEP = re.compile(r"[.\[\]/]+")
_RUN = 12
"""Characters that a sentence and a question must share for the one to quote the other."""


class Lesson(NamedTuple):
    """The quirks with which to ask again, whether they last, and the vendor's sentence if it quotes nobody.

    `suspected` are quirks that last instead, until the next question shows whether they are right.
    """

    quirks: frozenset[str]
    lasts: bool
    sentence: str = ""
    suspected: frozenset[str] = frozenset()


class Refusing(Protocol):
    """The part of a wire that learns."""

    FIELDS: tuple[Field, ...]

    def body(self, address: Address, prompt: Prompt) -> dict[str, Any]:
        """Return the body of a request before the quirks of its fields and the raw extras."""

    def request(self, address: Address, prompt: Prompt) -> HttpRequest:
        """Return the request."""


class _Found(NamedTuple):
    """New quirks, those that they replace, whether they can last, the words they rest on, and what is suspected."""

    new: frozenset[str]
    old: frozenset[str]
    lasts: bool
    words: tuple[str, ...]
    suspected: frozenset[str] = frozenset()


class _Named(NamedTuple):
    """A field, the words that name it, and where they begin and end in the sentence."""

    field: Field
    word: str
    begin: int
    end: int


def lesson(wire: Refusing, address: Address, prompt: Prompt, error: VendorError) -> Lesson | None:
    """Return the lesson of `error`, the answer to this prompt at this address; None if it teaches nothing.

    `error.quote` is the vendor's whole message, with the key masked.
    """
    if not isinstance(error, (*_TEACHING, *_OF_TOOLS)):
        return None
    sentence, asked = beginning(error.quote), wire.request(address, prompt)
    body = fitted(wire.body(address, prompt), wire.FIELDS, address.quirks)
    extra = named_extra(prompt, address.quirks, error.parameter, sentence) if isinstance(error, BadRequest) else ""
    about = lessons_about(prompt, extra) if extra else []
    findings = _findings(wire, address.quirks, body, error, sentence, about)
    # A gateway may make pictures, and have no place at which they are changed: open-webui#28063.
    if isinstance(error, ModelNotFound) and _request(wire, address, prompt, _WORDS_ALONE).url != asked.url:
        findings = chain([_Found(_WORDS_ALONE, frozenset(), True, ())], findings)
    for found in findings:
        quirks = (address.quirks - found.old) | found.new
        if quirks != address.quirks and not _is_same(_request(wire, address, prompt, quirks).body, asked.body):
            said = words_of(prompt)
            lasts = found.lasts and not any(is_said(word, said) for word in found.words)
            return Lesson(quirks, lasts, "" if quotes(sentence, said) else sentence, found.suspected)
    return None


def without_disproved(kept: frozenset[str], asked: frozenset[str]) -> frozenset[str]:
    """Return the quirks to keep after a request with the quirks `asked` was answered."""
    return kept if _NO_USAGE in asked else kept - {_SUSPECTED}


def _request(wire: Refusing, address: Address, prompt: Prompt, quirks: frozenset[str]) -> HttpRequest:
    return wire.request(replace(address, quirks=quirks), prompt)


def _is_same(one: bytes, other: bytes) -> bool:
    """Return whether two bodies say the same, perhaps in another order."""
    if len(one) != len(other):
        return False
    with suppress(ValueError):
        return bool(json.loads(one) == json.loads(other))
    return one == other


def _findings(
    wire: Refusing, quirks: frozenset[str], body: Body, error: VendorError, sentence: str, extras: list[str]
) -> Iterator[_Found]:
    """Yield what the refusal may mean, the likeliest first."""
    if isinstance(error, ContextTooLong):
        yield from _of_room(wire.FIELDS, quirks, body, sentence)
        return
    if isinstance(error, _OF_TOOLS):
        tools = _in_order([field for field in wire.FIELDS if field.parameter in _TOOLS], body, sentence)
        for found in _of_fields(tools[:1], quirks, body, error, sentence):
            yield found._replace(lasts=found.lasts and not isinstance(error, VendorDown))
        return
    yield from _of_turns(quirks, error, sentence)
    named = _named(wire.FIELDS, body, error, sentence)
    yield from _of_fields(named, quirks, body, error, sentence)
    if named and all(one.field.is_kept for one in named):  # "`max_tokens` must be greater than" another one
        others = [one for one in _in_order(wire.FIELDS, body, sentence) if not one.field.is_kept]
        yield from _of_fields(others[:1], quirks, body, error, sentence)
    if extras:
        yield from (_Found(frozenset([one]), frozenset(), True, (re.split("[.:]", one)[-1],)) for one in extras)
        return
    # A refusal that names nothing may concern what nobody asked for: functions, or the one field.
    if isinstance(error, BadRequest) and not named and "tools" in body:
        yield _Found(frozenset([NO_FUNCTIONS]), frozenset(), False, ())
    if isinstance(error, BadRequest) and not named and not error.parameter:
        known = quirks & {_SUSPECTED}
        yield _Found(frozenset([_NO_USAGE]), known, bool(known), (), frozenset([_SUSPECTED]) - known)


def _of_room(fields: Iterable[Field], quirks: frozenset[str], body: Body, sentence: str) -> Iterator[_Found]:
    """Yield a shorter answer, for this question alone, if the question fits without the longest answer."""
    room = room_for_answer(sentence)
    for field in fields:
        longest = field.value(body) if field.parameter == "max_tokens" else None
        if room is not None and isinstance(longest, int) and room < longest:
            old = frozenset(f"range:{field.name}={text}" for text in values_of("range", field, quirks))
            yield _Found(frozenset([f"range:{field.name}={range_text(None, room)}"]), old, False, ())


def _of_turns(quirks: frozenset[str], error: VendorError, sentence: str) -> Iterator[_Found]:
    if error.unsupported and re.fullmatch(r"messages\[\d+\]\.role", error.parameter):
        yield _Found(*other_role(quirks), True, ())
    for quirk, pattern in TURNS:
        if match := pattern.search(sentence):
            old = frozenset(["developer"]) if quirk == "no:system" else frozenset[str]()
            yield _Found(frozenset([quirk]), old, quirk != UNSIGNED, (match[0],))


def _of_fields(
    named: list[_Named], quirks: frozenset[str], body: Body, error: VendorError, sentence: str
) -> Iterator[_Found]:
    if len(named) > 1 and _TOGETHER.search(sentence):
        first, second = _two_of([one.field for one in named], sentence)
        words = tuple(one.word for one in named)
        yield _Found(frozenset([f"either:{first.name},{second.name}"]), frozenset(), True, words)
    outcomes = [values.outcome(one.field, one.field.value(body), quirks, sentence, error.unsupported) for one in named]
    told = [outcome for outcome in outcomes if outcome is not None]
    if told:
        new = frozenset().union(*(outcome.new for outcome in told))
        old = frozenset().union(*(outcome.old for outcome in told))
        yield _Found(new, old, all(outcome.lasts for outcome in told), tuple(one.word for one in named))


def _two_of(named: list[Field], sentence: str) -> tuple[Field, Field]:
    """Return the field to keep and the one to leave out: refused "when" the other is set, or the later.

    `named` is in the order of the sentence.
    """
    if _BESIDE.search(sentence):
        return named[1], named[0]
    return named[0], named[1]


def _named(fields: Iterable[Field], body: Body, error: VendorError, sentence: str) -> list[_Named]:
    """Return the fields of this body that the refusal names, in their order.

    The error's own field names one; else it is the first in the sentence, with those joined to it.
    """
    if error.parameter:
        held = [field for field in fields if field.value(body) is not None]
        steps = _STEP.split(error.parameter)
        found = (field for step in (steps[-1], steps[0]) for field in held if _is_name(field, step))
        return [_Named(field, field.name, 0, 0) for field in [next(found, None)] if field]
    named = _in_order(fields, body, sentence)
    return named[:2] if len(named) > 1 and _TOGETHER.search(sentence) else _joined(named, sentence)


def _in_order(fields: Iterable[Field], body: Body, sentence: str) -> list[_Named]:
    """Return all fields of this body that the sentence names, in their order."""
    held = (field for field in fields if field.value(body) is not None)
    searched = ((field, values.name_pattern(field).search(sentence)) for field in held)
    named = [_Named(field, match[0], *match.span()) for field, match in searched if match]
    return sorted(named, key=lambda one: (one.begin, one.end))


def _joined(named: list[_Named], sentence: str) -> list[_Named]:
    kept = named[:1]
    for one in named[1:]:
        if one.begin >= kept[-1].end and not _JOINED.fullmatch(sentence[kept[-1].end : one.begin]):
            break
        kept.append(one)
    return kept


def _is_name(field: Field, step: str) -> bool:
    names = [field.name, *([field.other_name] if field.other_name else [])]
    return any(_folded(step) == _folded(name) for name in names)


def _folded(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


# --- The question's own words ----------------------------------------------------------------------------------------


def words_of(prompt: Prompt) -> str:
    """Return what people wrote into this request, in lower case: texts, names of files, stop words, a schema."""
    parts = (part for turn in prompt.turns for part in turn.parts)
    own = (value for name, value in prompt.parameters.items() if name not in _NOT_WRITTEN)
    written = (json.dumps(value, ensure_ascii=False) for value in own if isinstance(value, str | list | dict))
    return "\n".join([prompt.system, *map(_words, parts), *written]).lower()


def _words(part: Part) -> str:
    detail = part.detail
    is_text = part.kind == "file" and str(detail.get("media_type", "")).startswith("text/")
    answered = detail.get("response") if part.kind == "call_result" else ""
    told = answered if isinstance(answered, str) else ""
    return f"{part.text}\n{detail.get('name', '')}\n{told}\n{_decoded(detail) if is_text else ''}"


def _decoded(detail: Mapping[str, Any]) -> str:
    try:
        return b64decode(detail.get("data") or "").decode("utf-8", "replace")
    except ValueError:
        return ""


def is_said(word: str, said: str) -> bool:
    """Return whether the question holds this word, in whatever spelling."""
    letters = [re.escape(letter) for letter in _folded(word)]
    return bool(letters) and re.search(r"[\W_]{0,3}".join(letters), said) is not None


def quotes(sentence: str, said: str) -> bool:
    """Return whether the sentence may hold twelve characters in a row of the question, or all of a short one."""
    sentence = " ".join(sentence.lower().split())
    said = " ".join(said.split())
    if len(said) < _RUN:
        return bool(said) and said in sentence
    if len(sentence) < _RUN:
        return sentence in said
    # One pass over the question, which may be long: a search for each run would read it thousands of times.
    runs = {sentence[at : at + _RUN] for at in range(len(sentence) - _RUN + 1)}
    return any(said[at : at + _RUN] in runs for at in range(len(said) - _RUN + 1))
