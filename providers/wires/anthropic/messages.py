"""The conversation so far in the form of the Messages wire.

Source: the Messages API reference (messages, content blocks, extended thinking, tool use) and reports of what it
refuses: empty texts, blanks at the end of an assistant's message, a tool's use without its result right behind it.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from providers.types import Address, Part, Prompt, Role
from providers.wires.anthropic.caching import Block, Message
from providers.wires.json_values import mapping, string
from providers.wires.turns import NO_CITATIONS, WITH_REASONING, accepted_turns, in_words
from providers.wires.verbatim import kept, reader, unwrap

_UNANSWERED = "Nobody called this function."
_BEFORE = "Go on."
"""The first question of a conversation that begins with an answer: the vendor wants a question first."""
_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PDF = "application/pdf"
_USES = ("server_tool_use", "mcp_tool_use")


def messages(prompt: Prompt, address: Address) -> list[Message]:
    """Return the messages of a request to this address."""
    whose, quirks = reader(address), address.quirks
    cites = NO_CITATIONS not in quirks and not prompt.parameters.get("json_schema")
    made: list[Message] = []
    pictures: list[Part] = []
    turns = accepted_turns(prompt.turns, partial(_is_sent, whose, WITH_REASONING in quirks))
    for turn in turns:
        if turn.role == "assistant":
            said = _said(turn.parts, whose)
            blocks = _paired(said) if turn is not turns[-1] else _without_last_blanks(said)
            pictures = [part for part in turn.parts if part.kind == "image" and not _own(part, whose)]
        else:
            results = _results(made[-1]["content"] if made else [], turn.parts)
            asked = [part for part in (*pictures, *turn.parts) if part.kind != "call_result"]
            blocks, pictures = [*results, *(_asked(part, cites) for part in asked)], []
        _add(made, turn.role, blocks)
    if made and made[0]["role"] == "assistant":
        made.insert(0, {"role": "user", "content": [_text(_BEFORE)]})
    return made


def _add(made: list[Message], role: Role, blocks: list[Block]) -> None:
    """Add blocks to the last message of this side, or as a new message."""
    if made and made[-1]["role"] == role:
        made[-1]["content"] += blocks
    elif blocks:
        made.append({"role": role, "content": blocks})


def _is_sent(whose: str, with_thoughts: bool, role: Role, part: Part) -> bool:
    if role == "assistant" and (_own(part, whose) or _call(part)):
        return True
    if part.kind in ("text", "code", "code_result"):
        return bool(part.text.strip())
    if part.kind == "thought":
        return with_thoughts and role == "assistant" and bool(part.text.strip())
    if part.kind in ("image", "file"):
        return bool(part.detail.get("data")) and (role == "user" or part.kind == "image")
    return role == "user" and part.kind == "call_result" and bool(part.detail.get("id"))


# --- What the model said ---------------------------------------------------------------------------------------------


def _said(parts: Iterable[Part], whose: str) -> list[Block]:
    blocks: list[Block] = []
    for part in parts:
        own = _own(part, whose)
        if part.kind in ("text", "thought") and own and not part.text:
            _replace(blocks, own)
        elif own or _call(part):
            blocks.append(own or dict(_call(part)))
        elif part.kind == "thought":
            blocks.append({"type": "thinking", "thinking": part.text, "signature": ""})
        elif part.kind == "text" and blocks and blocks[-1] == _text(string(blocks[-1].get("text"))):
            blocks[-1] = _text(blocks[-1]["text"] + part.text)
        elif part.kind != "image":
            blocks.append(_text(part.text if part.kind == "text" else in_words(part).text))
    return [block for block in blocks if block["type"] != "text" or string(block.get("text")).strip()]


def _own(part: Part, whose: str) -> Block:
    """Return the block as it came from this reader. Returns {} without a kind, or for a call without an id."""
    own = dict(unwrap("anthropic", part, whose))
    kind = string(own.get("type"))
    return own if kind and (not kind.endswith("tool_use") or string(own.get("id"))) else {}


def _replace(blocks: list[Block], own: Block) -> None:
    """Put a block as it came in the place of its words, which stand at the end of those before."""
    name = "text" if own.get("type") == "text" else "thinking"
    words = string(own.get(name))
    if words and blocks and blocks[-1]["type"] == name and "citations" not in blocks[-1]:
        if blocks[-1].get("signature"):
            blocks.append(own)
            return
        if not blocks[-1][name].endswith(words):
            # The words were changed when they were stored. A thought goes back as it came; a text as it is shown.
            if name == "thinking":
                blocks[-1] = own
            return
        blocks[-1] = {**blocks[-1], name: blocks[-1][name].removesuffix(words)}
        if not blocks[-1][name]:
            blocks.pop()
    elif name == "text":
        return
    blocks.append(own)


def _without_last_blanks(blocks: list[Block]) -> list[Block]:
    """Return the blocks of a message with which the vendor goes on: it takes no blanks at its end."""
    last = blocks[-1] if blocks else {}
    words = string(last.get("text")).rstrip()
    if last.get("type") != "text" or words == last.get("text"):
        return blocks
    return [*blocks[:-1], {**last, "text": words}]


def _paired(blocks: list[Block]) -> list[Block]:
    """Return the blocks without calls of the vendor's tools that have no result, and results without a call."""
    uses = {string(block.get("id")) for block in blocks if block["type"] in _USES}
    results = {string(block.get("tool_use_id")) for block in blocks}
    return [block for block in blocks if _is_paired(block, uses, results)]


def _is_paired(block: Block, uses: set[str], results: set[str]) -> bool:
    if block["type"] in _USES:
        return string(block.get("id")) in results
    return "tool_use_id" not in block or string(block["tool_use_id"]) in uses


def _call(part: Part) -> Mapping[str, Any]:
    """Return the call of a function as it came, or {} for any other part."""
    came = kept("anthropic", part)
    return came if came.get("type") == "tool_use" and string(came.get("id")) else {}


# --- What people said ------------------------------------------------------------------------------------------------


def _results(before: list[Block], parts: Iterable[Part]) -> list[Block]:
    """Return an answer to every call of the last message: the vendor refuses a conversation that leaves one open."""
    given = {part.detail["id"]: part.detail.get("response") for part in parts if part.kind == "call_result"}
    return [_result(block["id"], given) for block in before if block["type"] == "tool_use"]


def _result(identity: str, given: Mapping[str, Any]) -> Block:
    if identity not in given:
        return {"type": "tool_result", "tool_use_id": identity, "content": _UNANSWERED, "is_error": True}
    told = given[identity]
    content = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    return {"type": "tool_result", "tool_use_id": identity, "content": content}


def _asked(part: Part, cites: bool) -> Block:
    detail = mapping(part.detail)
    kind = string(detail.get("media_type"))
    if part.kind == "image" and kind in _PICTURES:
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": detail["data"]}}
    if part.kind == "file" and kind == _PDF:
        return _document({"type": "base64", "media_type": kind, "data": detail["data"]}, part, cites)
    if part.kind == "file" and kind.startswith("text/") and (words := _decoded(part)).strip():
        return _document({"type": "text", "media_type": "text/plain", "data": words}, part, cites)
    return _text(part.text if part.kind == "text" else in_words(part).text)


def _document(held: Block, part: Part, cites: bool) -> Block:
    title = string(part.detail.get("name"))
    named = {"title": title} if title else {}
    return {"type": "document", "source": held, **named, **({"citations": {"enabled": True}} if cites else {})}


def _decoded(part: Part) -> str:
    try:
        return b64decode(part.detail["data"]).decode("utf-8-sig", "replace")
    except ValueError:
        return ""


def _text(words: str) -> Block:
    return {"type": "text", "text": words}
