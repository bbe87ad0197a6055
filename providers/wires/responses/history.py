"""The conversation so far as the items of a request.

Source: the OpenAI API reference (input items; reasoning without storage). Nothing is kept at the vendor: items that
only it understands go back whole and in their place. Reasoning stands right before what it led to, or the whole request
is refused. Ids of messages and calls name what was never stored, so they are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from providers.types import Address, Part, Prompt, Role
from providers.wires.json_values import string
from providers.wires.openai.messages import NO_ARGUMENTS, in_text, is_attached, media_type
from providers.wires.responses.items import NAME, OUTPUTS, SEPARATOR
from providers.wires.turns import WITH_REASONING, accepted_turns, in_words, is_sound
from providers.wires.verbatim import kept, reader, unwrap

Item = dict[str, Any]

_ANSWERS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_UNANSWERED = "Nobody called this function."
_TEXTUAL = ("text", "code", "code_result")


def items(prompt: Prompt, address: Address) -> list[Item]:
    """Return the items of a request to this address."""
    who, thinks = reader(address), WITH_REASONING in address.quirks
    made: list[Item] = []
    calls: list[Item] = []
    pictures: list[Part] = []
    for turn in accepted_turns(prompt.turns, partial(_is_sent, who, thinks)):
        if turn.role == "assistant":
            answered = list(_answered(turn.parts, who, thinks))
            calls = [item for item in answered if item.get("type") in _ANSWERS]
            pictures = [part for part in turn.parts if part.kind == "image" and not _kept(part, who)]
            made += answered
        else:
            made += _results(calls, turn.parts)
            content = _content([*pictures, *(part for part in turn.parts if part.kind != "call_result")])
            made += [{"role": "user", "content": content}] if content else []
            calls, pictures = [], []
    return [*made, *_results(calls, ())]


def _is_sent(who: str, thinks: bool, role: Role, part: Part) -> bool:
    if part.kind in ("image", "file"):
        return bool(part.detail.get("data")) and (role == "user" or part.kind == "image")
    if role == "assistant" and part.kind == "call":
        return bool(_call(part))
    if role == "assistant" and _kept(part, who):
        return True
    if part.kind in _TEXTUAL or (part.kind == "thought" and thinks and role == "assistant"):
        return bool(part.text.strip())
    return role == "user" and part.kind == "call_result" and bool(part.detail.get("id"))


def _answered(parts: Iterable[Part], who: str, thinks: bool) -> Iterator[Item]:
    """Yield the model's items; reasoning that led to nothing that is sent is left out.

    A vendor that wants its thoughts back wants them before each call that they led to: rikkahub#1690.
    """
    thoughts: list[Item] = []
    last: list[Item] = []
    for item in _items(parts, who):
        if item.get("type") == "reasoning":
            thoughts.append(item)
        else:
            yield from thoughts or (last if thinks and item.get("type") in _ANSWERS else ())
            yield item
            last, thoughts = thoughts or last, []


def _items(parts: Iterable[Part], who: str) -> Iterator[Item]:
    words: list[str] = []
    for part in parts:
        own = _kept(part, who)
        kind = own.get("type")
        if kind == "message" and "content" not in own:
            yield from _message(words, {"phase": own.get("phase")})
        elif kind == OUTPUTS:
            continue
        elif own or part.kind == "call":
            yield from _message(words)
            yield from _own(part, own)
        elif part.kind == "thought":
            yield from _message(words)
            yield {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": part.text}]}
        elif part.kind in _TEXTUAL:
            words.append(in_text(part))
    yield from _message(words)


def _kept(part: Part, who: str) -> Mapping[str, Any]:
    """Return the item as it came from this reader, if it has a kind."""
    own = unwrap(NAME, part, who)
    return own if string(own.get("type")) else {}


def _message(words: list[str], more: Mapping[str, Any] | None = None) -> Iterator[Item]:
    """Yield the message of these words, if there are any; `words` is empty then."""
    text = "\n\n".join(words).removeprefix(SEPARATOR)
    words.clear()
    if text.strip():
        yield {"role": "assistant", "content": text, **(more or {})}


def _own(part: Part, own: Mapping[str, Any]) -> Iterator[Item]:
    if part.kind == "call":
        yield dict(_call(part))
    elif part.kind == "image":
        yield {**own, "result": part.detail["data"]}
    else:
        yield {name: value for name, value in own.items() if name != "id" or own.get("type") != "message"}


def _call(part: Part) -> Mapping[str, Any]:
    """Return a call of a function without its id, or {} if it cannot be sent: vendors refuse broken arguments."""
    came = kept(NAME, part)
    is_whole = came.get("type") == "custom_tool_call" or "arguments" in part.detail
    if not (string(came.get("type")) in _ANSWERS and string(came.get("call_id")) and is_whole):
        return {}
    call = {name: value for name, value in came.items() if name != "id"}
    return call if call.get("arguments") or call["type"] == "custom_tool_call" else {**call, "arguments": NO_ARGUMENTS}


def _results(calls: list[Item], parts: Iterable[Part]) -> Iterator[Item]:
    """Yield an answer to every call: vendors refuse a conversation that leaves one open."""
    given = {part.detail["id"]: part.detail.get("response") for part in parts if part.kind == "call_result"}
    for call in calls:
        response = given.get(call["call_id"], _UNANSWERED)
        output = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)
        yield {"type": _ANSWERS[call["type"]], "call_id": call["call_id"], "output": output}


def _content(parts: list[Part]) -> str | list[Item]:
    """Return the content of a question: its text, or the parts of one with pictures or files."""
    if any(is_attached(part) for part in parts):
        return [_input(part) for part in parts]
    return "\n\n".join(in_text(part) for part in parts)


def _input(part: Part) -> Item:
    if is_sound(part):  # this wire has no place for it
        return {"type": "input_text", "text": in_words(part).text}
    if not is_attached(part):
        return {"type": "input_text", "text": in_text(part)}
    address = f"data:{media_type(part)};base64,{part.detail['data']}"
    if part.kind == "image":
        return {"type": "input_image", "detail": "auto", "image_url": address}
    return {"type": "input_file", "filename": part.detail.get("name") or "file", "file_data": address}
