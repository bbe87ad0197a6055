"""The conversation so far in the form of OpenAI-compatible servers.

Source: the OpenAI API reference (chat completion messages). An assistant's content is always a string, because many
servers accept nothing else. Pictures that a model made go into the next user message, where they are allowed.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from providers.types import Address, Part, Prompt, Role, Turn
from providers.wires.json_values import mapping
from providers.wires.refusals.conversation import DEVELOPER
from providers.wires.turns import TURN_BETWEEN, WITH_REASONING, accepted_turns, in_words, is_sound
from providers.wires.verbatim import kept, reader, unwrap

Message = dict[str, Any]

NO_ARGUMENTS = "{}"
"""The spelling of no arguments: vendors send an empty text, and refuse it when it comes back (agno#9229)."""
_SOUNDS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
_UNANSWERED = "Nobody called this function."
_BETWEEN: Message = {"role": "assistant", "content": "Understood."}


def messages(prompt: Prompt, address: Address) -> list[Message]:
    """Return the messages of a request to this address."""
    role = "developer" if DEVELOPER in address.quirks else "system"
    made: list[Message] = [{"role": role, "content": prompt.system}] if prompt.system else []
    pictures: list[Part] = []
    with_thoughts = WITH_REASONING in address.quirks
    turns = _thinking_with_calls(prompt.turns) if with_thoughts else prompt.turns
    for turn in accepted_turns(turns, partial(_is_sent, with_thoughts=with_thoughts) if with_thoughts else _is_sent):
        if _is_plain(turn) and not pictures and not (made and "tool_calls" in made[-1]):
            made.append({"role": turn.role, "content": turn.parts[0].text})
        elif turn.role == "assistant":
            made.append(_assistant(turn, address))
            pictures = [part for part in turn.parts if part.kind == "image"]
        else:
            results, asked = _results(made, turn.parts), _user([*pictures, *turn.parts])
            is_apart = results and asked[0]["content"] and TURN_BETWEEN in address.quirks
            made += [*results, *([_BETWEEN] if is_apart else []), *asked]
            pictures = []
    return [message for message in made if message["content"] or message["role"] == "tool" or "tool_calls" in message]


def _is_plain(turn: Turn) -> bool:
    """Return whether the turn is one text, as most are."""
    return len(turn.parts) == 1 and turn.parts[0].kind == "text"


def _thinking_with_calls(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Yield the turns without the thoughts that led to no call: only those are wanted back."""
    for role, parts in turns:
        calls = any(part.kind == "call" for part in parts)
        yield Turn(role, parts if calls else tuple(part for part in parts if part.kind != "thought"))


def _is_sent(role: Role, part: Part, *, with_thoughts: bool = False) -> bool:
    if part.kind in ("text", "code", "code_result"):
        return bool(part.text.strip())
    if part.kind == "thought":
        return with_thoughts
    if part.kind == "call":
        return role == "assistant" and bool(_call(part))
    if part.kind == "call_result":
        return role == "user" and bool(part.detail.get("id"))
    if part.kind in ("image", "file"):
        return bool(part.detail.get("data")) and (role == "user" or part.kind == "image")
    return False


def _assistant(turn: Turn, address: Address) -> Message:
    calls = [part for part in turn.parts if part.kind == "call"]
    message: Message = {"role": "assistant", "content": _text(_joined(turn.parts))}
    if not calls:
        return message
    own = [unwrap("openai", part, reader(address)) for part in calls]
    record = [entry for call in own for entry in call.get("reasoning_details", ())]
    thoughts = "".join(part.text for part in turn.parts if part.kind == "thought")
    return {
        **message,
        "content": message["content"] or None,
        "tool_calls": [_bare(part, address) for part in calls],
        **({"reasoning_details": record} if record else {}),
        **({"reasoning_content": thoughts} if WITH_REASONING in address.quirks else {}),
    }


def _call(part: Part) -> Mapping[str, Any]:
    """Return a call as it came, or {} if it cannot be sent.

    Without an id nothing can answer it, and vendors refuse broken arguments.
    """
    raw = kept("openai", part)
    if not (raw.get("id") and "arguments" in part.detail):
        return {}
    function = mapping(raw.get("function"))
    return raw if function.get("arguments") else {**raw, "function": {**function, "arguments": NO_ARGUMENTS}}


def _bare(part: Part, address: Address) -> Mapping[str, Any]:
    """Return a call without the record of its reasoning; a foreign one without its signature too."""
    own = unwrap("openai", part, reader(address))
    names = [name for name in own if name != "reasoning_details"] if own else ["id", "type", "function"]
    call = _call(part)
    return {name: call[name] for name in names if name in call}


def _results(made: list[Message], parts: Iterable[Part]) -> list[Message]:
    """Return an answer to every call of the last message: vendors refuse a conversation that leaves one open."""
    given = {part.detail["id"]: part.detail.get("response") for part in parts if part.kind == "call_result"}
    calls = made[-1].get("tool_calls", ()) if made else ()
    return [
        {"role": "tool", "tool_call_id": call["id"], "content": _said(given.get(call["id"], _UNANSWERED))}
        for call in calls
    ]


def _said(response: object) -> str:
    return response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)


def _user(parts: list[Part]) -> list[Message]:
    if not any(is_attached(part) for part in parts):
        return [{"role": "user", "content": _text(parts)}]
    return [{"role": "user", "content": [_content(part) for part in parts if part.kind != "call_result"]}]


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts of a reply with neighbouring texts as one: another vendor cuts them where it cites or signs."""
    for is_text, neighbours in groupby(parts, key=lambda part: part.kind == "text"):
        if is_text:
            yield Part("text", "".join(part.text for part in neighbours))
        else:
            yield from neighbours


def _text(parts: Iterable[Part]) -> str:
    return "\n\n".join(in_text(part) for part in parts if part.kind in ("text", "file", "code", "code_result"))


def is_attached(part: Part) -> bool:
    """Return whether a part needs a content of several parts; text files are plain text."""
    return part.kind == "image" or (part.kind == "file" and not media_type(part).startswith("text/"))


def in_text(part: Part) -> str:
    """Return the part as text: its words, code, or the content of a text file."""
    if part.kind == "text":
        return part.text
    if part.kind != "file" or is_sound(part):
        return in_words(part).text
    return f"{part.detail.get('name') or 'file'}:\n\n{_decoded(part)}"


def _decoded(part: Part) -> str:
    try:
        return b64decode(part.detail["data"]).decode("utf-8-sig", "replace")
    except ValueError:
        return ""


def _content(part: Part) -> Mapping[str, Any]:
    if not is_attached(part):
        return {"type": "text", "text": in_text(part)}
    if is_sound(part):
        heard = {"data": part.detail["data"], "format": _SOUNDS.get(media_type(part), "wav")}
        return {"type": "input_audio", "input_audio": heard}
    address = f"data:{media_type(part)};base64,{part.detail['data']}"
    if part.kind == "image":
        return {"type": "image_url", "image_url": {"url": address}}
    return {"type": "file", "file": {"filename": part.detail.get("name") or "file", "file_data": address}}


def media_type(part: Part) -> str:
    """Return the type of a file, or ""."""
    return str(mapping(part.detail).get("media_type") or "")
