"""DeepSeek's export: `conversations.json`, each with a tree of messages, whose `fragments` are what was said.

No schema is published. Nodes are numbered, and the root holds no message.

Source: public readers of it, xionglongztz/DeepSeekDataExporter and goodbu/Deepseek-md- (`json_to_md.py`).
"""

from functools import partial
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.thread import Attachment, Problem, Said, Thread
from conversations.imports.tree import nearest_kept
from conversations.imports.upload import Files

NAME = "deepseek"
Node = dict[str, Any]


def recognises(raw: dict[str, Any]) -> bool:
    return "inserted_at" in raw and "mapping" in raw


def thread(raw: dict[str, Any], files: Files) -> Thread:
    if not isinstance(raw["mapping"], dict):
        raise Problem("broken")
    nodes = {key: fields.obj(node) for key, node in raw["mapping"].items()}
    told = {key: node["message"] for key, node in nodes.items() if isinstance(node.get("message"), dict)}
    parents = nearest_kept({key: fields.key(node.get("parent")) for key, node in nodes.items()}, told)
    return Thread(
        key=fields.key(raw.get("id")) or "",
        title=fields.text(raw.get("title"), 500),
        messages=[_said(key, parents[key], message, files) for key, message in told.items()],
        created_at=fields.time(raw.get("inserted_at")),
        updated_at=fields.time(raw.get("updated_at")),
        model=next((fields.text(message.get("model"), 200) for message in told.values()), ""),
        arranged=fields.arranged(raw, pinned=("pinned",)),
    )


def _said(key: str, parent: str | None, raw: Node, files: Files) -> Said:
    fragments = list(fields.objects(raw.get("fragments")))
    is_reply = not any(one.get("type") == "REQUEST" for one in fragments)
    return Said(
        key=key,
        parent=parent,
        is_reply=is_reply,
        parts=[
            *(_attachment(told, files) for told in fields.objects(raw.get("files"))),
            *parts.apart(part for one in fragments for part in _fragment(one)),
        ],
        created_at=fields.time(raw.get("inserted_at")),
        model=fields.text(raw.get("model"), 200) if is_reply else "",
    )


def _fragment(one: Node) -> list[Any]:
    said = fields.text(one.get("content"))
    if isinstance(one.get("results"), list):
        found = [{"uri": told.get("url"), "title": told.get("title")} for told in fields.objects(one["results"])]
        return [parts.citation(found)] if found else []
    return parts.thought(said, one.get("elapsed_secs")) if one.get("type") == "THINK" else parts.text(said)


def _attachment(told: Node, files: Files) -> Attachment:
    name = fields.text(told.get("file_name"), 200) or "file"
    return Attachment(name, partial(files.called, fields.text(told.get("id"), 200) or name))
