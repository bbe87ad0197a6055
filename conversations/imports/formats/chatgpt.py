"""ChatGPT's export: `conversations.json`, since 2026 `conversations-000.json` and so on, with files beside them.

No schema is published. Since 2026 most messages have no `metadata.model_slug`, but the conversation has
`default_model_slug`. Nodes may have no `children`, or no `parent`, and `user_editable_context` is a hidden message.
What goes to a tool has its name as `recipient`; documents of the canvas are calls of `canmore`.

Source: danny-avila/LibreChat issue 15229 and `api/server/utils/import/__data__/chatgpt-modern-export.json`.
"""

import json
import re
from collections import defaultdict
from contextlib import suppress
from functools import partial
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.formats.chatgpt_marks import sources, without_marks
from conversations.imports.thread import Attachment, Problem, Said, Thread
from conversations.imports.tree import nearest_kept
from conversations.imports.upload import Files

NAME = "chatgpt"
Node = dict[str, Any]
_HIDDEN = ("user_editable_context", "model_editable_context", "reasoning_recap")
_POINTER = re.compile(r"^(?:file-service|sediment)://(?P<id>[\w-]+)")
_TO_EVERYBODY = ("all", "", None)


def recognises(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("mapping"), dict) or "default_model_slug" in raw


def thread(raw: dict[str, Any], files: Files) -> Thread:
    if not isinstance(raw.get("mapping"), dict):
        raise Problem("broken")
    model = fields.text(raw.get("default_model_slug"), 200)
    return Thread(
        key=fields.key(raw.get("conversation_id") or raw.get("id")) or "",
        title=fields.text(raw.get("title"), 500),
        messages=list(_Tree(raw["mapping"], model, files).messages()),
        shown=fields.key(raw.get("current_node")),
        created_at=fields.time(raw.get("create_time")),
        updated_at=fields.time(raw.get("update_time")),
        model=model,
        arranged=fields.arranged(raw, pinned=("is_starred", "pinned_time"), archived=("is_archived",)),
    )


class _Tree:
    """The nodes of one conversation. What a model did in a row, such as thinking and drawing, is one reply of ours."""

    def __init__(self, mapping: dict[str, Any], model: str, files: Files) -> None:
        self._nodes = {key: node["message"] for key, node in mapping.items() if _is_shown(node)}
        self._parents = nearest_kept(_links(mapping), self._nodes)
        self._below: defaultdict[str | None, list[str]] = defaultdict(list)
        for key, parent in self._parents.items():
            self._below[parent].append(key)
        self._model, self._files = model, files

    def messages(self) -> Any:
        """Yield the messages; raises Problem for replies in a circle, which begin nowhere."""
        count = 0
        for key, node in self._nodes.items():
            if not _is_reply(node) or not self._goes_on(self._parents[key]):
                row = self._row(key) if _is_reply(node) else [key]
                count += len(row)
                yield self._said(row)
        if count < len(self._nodes):
            raise Problem("broken")

    def _goes_on(self, key: str | None) -> bool:
        """Return whether the only message below this node belongs to the same reply."""
        if key is None or not _is_reply(self._nodes[key]) or len(self._below[key]) != 1:
            return False
        return _is_reply(self._nodes[self._below[key][0]])

    def _row(self, key: str) -> list[str]:
        row = [key]
        while self._goes_on(row[-1]) and len(row) <= len(self._nodes):
            row.append(self._below[row[-1]][0])
        return row

    def _said(self, row: list[str]) -> Said:
        """Return nodes in a row as one message, under the id of the last: others name that as their parent."""
        nodes = [self._nodes[key] for key in row]
        slugs = (fields.text(_metadata(node).get("model_slug"), 200) for node in reversed(nodes))
        is_reply = _is_reply(nodes[0])
        return Said(
            key=row[-1],
            parent=self._parents[row[0]],
            is_reply=is_reply,
            parts=parts.apart(part for node in nodes for part in self._parts(node)),
            created_at=next(filter(None, (fields.time(node.get("create_time")) for node in nodes)), None),
            model=(next(filter(None, slugs), "") or self._model) if is_reply else "",
        )

    def _parts(self, node: Node) -> Any:
        content = fields.obj(node.get("content"))
        said = fields.text(content.get("text"))
        match content.get("content_type"):
            case "thoughts":
                for one in fields.objects(content.get("thoughts")):
                    told = (fields.text(one.get("summary")), fields.text(one.get("content")))
                    yield from parts.thought("\n\n".join(filter(None, told)))
            case "code" if node.get("recipient") in (*_TO_EVERYBODY, "python"):
                yield parts.code(said, content.get("language"))
            case "code":
                yield from _call(node, said)
            case "execution_output":
                yield parts.result(said)
                drawn = fields.objects(fields.obj(_metadata(node).get("aggregate_result")).get("messages"))
                for found in (_POINTER.match(fields.text(one.get("image_url"), 200)) for one in drawn):
                    if found:
                        yield self._attachment(found["id"], "", "image")
            case "tether_quote":
                yield parts.citation([{"uri": content.get("url"), "title": content.get("title")}])
            case "tether_browsing_display":
                yield parts.call_result(fields.obj(node.get("author")).get("name"), content.get("result"))
            case _:
                yield from _words(node, said)
                yield from self._mixed(content, node)
                yield from sources(_metadata(node))

    def _mixed(self, content: Node, node: Node) -> Any:
        pointed = set()
        for part in content["parts"] if isinstance(content.get("parts"), list) else ():
            if isinstance(part, str):
                yield from _words(node, fields.text(part))
                continue
            part = fields.obj(part)
            yield from parts.text(fields.text(part.get("text")))  # what was said aloud
            part = part if part.get("asset_pointer") else fields.obj(part.get("audio_asset_pointer"))
            if found := _POINTER.match(fields.text(part.get("asset_pointer"), 200)):
                pointed.add(found["id"])
                kind = "image" if part.get("content_type") == "image_asset_pointer" else "file"
                yield self._attachment(found["id"], "", kind)
        for told in fields.objects(_metadata(node).get("attachments")):
            key = fields.text(told.get("id"), 200)
            if key and key not in pointed:
                yield self._attachment(key, fields.text(told.get("name"), 200), "file")

    def _attachment(self, key: str, name: str, kind: str) -> Attachment:
        return Attachment(name or self._files.name_of(key) or key, partial(self._files.called, key), kind)


def _links(mapping: Node) -> dict[str, str | None]:
    """Return the parents of all nodes; one without has the node that names it as its child."""
    links = {key: fields.key(fields.obj(node).get("parent")) for key, node in mapping.items()}
    for key, node in mapping.items():
        children = fields.obj(node).get("children")
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str) and child in links and links[child] is None:
                links[child] = key
    return links


def _words(node: Node, said: str) -> list[Any]:
    """Return a text as a part: for people, for a tool, or from one."""
    if fields.obj(node.get("author")).get("role") == "tool" and said.strip():
        return [parts.call_result(fields.obj(node.get("author")).get("name"), said)]
    if node.get("recipient") not in _TO_EVERYBODY and _is_reply(node) and said.strip():
        return _call(node, said)
    return parts.text(without_marks(said, _metadata(node)))


def _call(node: Node, said: str) -> list[Any]:
    """Return the call of a tool; of the canvas, the document that it wrote."""
    told: Any = None
    with suppress(ValueError, RecursionError):
        told = json.loads(said)
    if node.get("recipient") == "canmore.create_textdoc" and fields.text(fields.obj(told).get("content")):
        kind, _, language = fields.text(told.get("type"), 100).partition("/")
        return parts.document(told.get("name"), told["content"], language if kind == "code" else "")
    return [parts.call(node.get("recipient"), told if isinstance(told, dict) else said)]


def _is_shown(node: Any) -> bool:
    message = fields.obj(node).get("message")
    if not isinstance(message, dict) or not isinstance(message.get("content"), dict):
        return False
    is_hidden = _metadata(message).get("is_visually_hidden_from_conversation")
    role, kind = fields.obj(message.get("author")).get("role"), message["content"].get("content_type")
    return role in ("user", "assistant", "tool") and not is_hidden and kind not in _HIDDEN


def _is_reply(message: Node) -> bool:
    return fields.obj(message.get("author")).get("role") != "user"


def _metadata(message: Node) -> Node:
    return fields.obj(message.get("metadata"))
