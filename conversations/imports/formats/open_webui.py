"""Open WebUI's export: a list of chats, each with the tree of its messages in `chat.history`.

Thoughts, tools and code are items of `output`, or `<details>` in the text, whose attributes hold what tools said.

Source: open-webui/open-webui (`backend/open_webui/models/chats.py`), and a sample in danny-avila/LibreChat.
"""

import json
import re
from contextlib import suppress
from functools import partial
from html import unescape
from itertools import pairwise
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.formats.folds import folds
from conversations.imports.thread import FAILED, Attachment, Said, Thread
from conversations.imports.upload import Files

NAME = "open-webui"
_DETAILS = re.compile(r'<details type="\w{1,40}"')
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>")
_FENCE = re.compile(r"\A\s*(?P<fence>`{3,20})(?P<language>[^\n`]*)\n(?P<code>.*?)\n?(?P=fence)\s*\Z", re.DOTALL)


def recognises(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("chat"), dict)


def thread(raw: dict[str, Any], files: Files) -> Thread:
    chat = raw["chat"]
    history = fields.obj(chat.get("history"))
    tree = fields.obj(history.get("messages"))
    messages = [_said(message, key) for key, message in tree.items() if isinstance(message, dict)]
    models = chat.get("models")
    return Thread(
        key=fields.key(raw.get("id")) or "",
        title=fields.text(raw.get("title") or chat.get("title"), 500),
        messages=messages or _linear(chat),
        shown=fields.key(history.get("currentId")),
        created_at=fields.time(raw.get("created_at")) or fields.time(chat.get("timestamp")),
        updated_at=fields.time(raw.get("updated_at")),
        model=fields.text(models[0], 200) if isinstance(models, list) and models else "",
        system_prompt=fields.text(chat.get("system")) or fields.text(fields.obj(chat.get("params")).get("system")),
        arranged=fields.arranged(raw, pinned=("pinned",), archived=("archived",)),
    )


def _linear(chat: dict[str, Any]) -> list[Said]:
    messages = [_said(message, str(place)) for place, message in enumerate(fields.objects(chat.get("messages")))]
    for above, message in pairwise(messages):
        message.parent = message.parent or above.key
    return messages


def _said(raw: dict[str, Any], key: str) -> Said:
    is_reply = raw.get("role") == "assistant"
    items = list(fields.objects(raw.get("output")))
    names = {str(item.get("call_id")): item.get("name") for item in items if item.get("type") == "function_call"}
    output = [part for item in items for part in _item(item, names)]
    pieces = list(fields.objects(raw.get("content")))
    told = (fields.text(one.get("text")) for one in pieces)
    said = fields.text(raw.get("content")) or "\n\n".join(filter(None, told))
    words = parts.apart(output or (_content(said) if is_reply else parts.text(said)))
    failed = raw.get("error") if is_reply else None
    return Said(
        key=fields.key(raw.get("id")) or key,
        parent=fields.key(raw.get("parentId")),
        is_reply=is_reply,
        parts=[*_attachments(raw, pieces), *words, *_error(failed), *_sources(raw)],
        created_at=fields.time(raw.get("timestamp")),
        model=fields.text(raw.get("model"), 200) if is_reply else "",
        fields=FAILED if failed else {},
    )


def _error(told: Any) -> list[Any]:
    return parts.text(fields.text(fields.obj(told).get("content")))


def _sources(raw: dict[str, Any]) -> list[Any]:
    """Return the pages and files that a reply rests on as one part, or none."""
    found = []
    for one in fields.objects(raw.get("sources") or raw.get("citations")):
        source = fields.obj(one.get("source"))
        listed = [source.get("url"), *(told.get("source") for told in fields.objects(one.get("metadata")))]
        addresses = [address for address in listed if isinstance(address, str) and address.startswith("http")]
        found += [{"uri": address, "title": source.get("name")} for address in dict.fromkeys(addresses)]
    return [parts.citation(found)] if found else []


def _item(item: dict[str, Any], names: dict[str, Any]) -> list[Any]:
    said = "".join(fields.text(piece.get("text")) for piece in fields.objects(item.get("content")))
    match item.get("type"):
        case "message":
            return parts.text(said)
        case "reasoning":
            return parts.thought(said, item.get("duration"))
        case "function_call":
            return [parts.call(item.get("name"), item.get("arguments"))]
        case "function_call_output":
            told = "".join(fields.text(piece.get("text")) for piece in fields.objects(item.get("output")))
            return [parts.call_result(names.get(str(item.get("call_id"))), told or item.get("output"))]
        case "open_webui:code_interpreter":
            return [parts.code(fields.text(item.get("code")), item.get("lang")), *_printed(item.get("output"))]
        case _:
            return []


def _content(said: str) -> Any:
    """Yield a text, with what it folds as parts of their own."""
    end = 0
    for fold in folds(said, _DETAILS, "</details>"):
        yield from parts.text(said[end : fold.begin].lstrip() if end else said[: fold.begin])
        summary = _SUMMARY.match(fold.text)
        lines = unescape(fold.text[summary.end() :] if summary else fold.text).strip().split("\n")
        folded = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
        yield from _folded(fold.told["type"], fold.told, folded)
        end = fold.end
    yield from parts.text(said[end:].lstrip() if end else said)


def _folded(kind: str, told: dict[str, str], said: str) -> list[Any]:
    match kind:
        case "reasoning":
            timed = told.get("duration", "")
            return parts.thought(said, int(timed[:9]) if timed.isdecimal() else None)
        case "code_interpreter":
            fenced = _FENCE.match(said)
            code = parts.code(fenced["code"], fenced["language"]) if fenced else parts.code(said)
            return [code, *_printed(_value(told.get("output", "")))]
        case "tool_calls":
            arguments = _value(told.get("arguments", ""))
            asked = parts.call(told.get("name"), _value(arguments) if isinstance(arguments, str) else arguments)
            answer = _value(told.get("result") or told.get("results") or said)
            return [asked, *([parts.call_result(told.get("name"), answer)] if answer else [])]
        case _:
            return [parts.call_result(kind, said)]


def _printed(output: Any) -> list[Any]:
    """Return what code of a reply wrote, or nothing."""
    named = [fields.obj(output).get(name) for name in ("stdout", "result", "stderr")]
    said = "\n".join(filter(None, map(fields.text, [output, *named])))
    return [parts.result(said, "failed" if named[2] else "ok")] if said else []


def _value(written: str) -> Any:
    """Return the JSON value of a text, or the text itself."""
    with suppress(ValueError, RecursionError):
        return json.loads(written)
    return written


def _attachments(raw: dict[str, Any], pieces: list[dict[str, Any]]) -> list[Attachment]:
    pictures = [fields.obj(one.get("image_url")).get("url") for one in pieces if one.get("type") == "image_url"]
    return [
        *(_attachment(told) for told in fields.objects(raw.get("files"))),
        *(Attachment("image", partial(fields.data_address, address), "image") for address in pictures),
    ]


def _attachment(told: dict[str, Any]) -> Attachment:
    kind = "image" if told.get("type") == "image" else "file"
    name = fields.text(told.get("name"), 200) or kind
    content = fields.obj(fields.obj(told.get("file")).get("data")).get("content")
    if isinstance(content, str):
        return Attachment(name, partial(_bytes, content), kind)
    return Attachment(name, partial(fields.data_address, told.get("url")), kind)


def _bytes(content: str) -> bytes | None:
    return fields.text(content).encode() or None
