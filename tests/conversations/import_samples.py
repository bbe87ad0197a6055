"""Small exports of other tools, of our own making, with all that the readers must understand."""

import base64
import io
import json
import zipfile
from typing import Any

from PIL import Image


def png(color: str = "red") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(drawn, "PNG")
    return drawn.getvalue()


def zipped(**entries: Any) -> bytes:
    """Return a zip; names are given with `__` for a dot and `___` for a slash."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(
                name.replace("___", "/").replace("__", "."),
                content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False),
            )
    return written.getvalue()


def _node(key: str, parent: str | None, role: str, at: float, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    message = {"id": key, "author": {"role": role}, "create_time": at, "content": content, **more}
    return {"id": key, "parent": parent, "message": message}


def _text(*parts: Any) -> dict[str, Any]:
    return {"content_type": "text", "parts": list(parts)}


_PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_00ab"}
CHATGPT = {
    "id": "c-1", "conversation_id": "c-1", "title": "部署 <b>plan</b>",
    "create_time": 1756000000.5, "update_time": 1756000900,
    "default_model_slug": "gpt-5-thinking", "current_node": "a3",
    "mapping": {
        "client-created-root": {"id": "client-created-root", "parent": None, "message": None},
        "ctx": _node("ctx", "client-created-root", "user", 1756000000, {"content_type": "user_editable_context"},
                     metadata={"is_visually_hidden_from_conversation": True}),
        "u1": _node("u1", "ctx", "user", 1756000001, {"content_type": "multimodal_text", "parts": [_PICTURE, "How?"]}),
        "t1": _node("t1", "u1", "assistant", 1756000002,
                    {"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "Think first."}]}),
        "r1": _node("r1", "t1", "assistant", 1756000003,
                    {"content_type": "reasoning_recap", "content": "Thought for 1s"}),
        "k1": _node("k1", "r1", "assistant", 1756000004, {"content_type": "code", "language": "python", "text": "1+1"},
                    recipient="python"),
        "x1": _node("x1", "k1", "tool", 1756000005, {"content_type": "execution_output", "text": "2"}),
        "a1": _node("a1", "x1", "assistant", 1756000006, _text("Two \ue200cite\ue202turn0\ue201."),
                    metadata={"model_slug": "o4-mini"}),
        "a2": _node("a2", "u1", "assistant", 1756000007, _text("Another way.")),
        "u2": _node("u2", "a1", "user", 1756000008, _text("And then?")),
        "a3": _node("a3", "u2", "assistant", None, _text("Done.")),
    },
}  # fmt: skip
CHATGPT_ZIP = zipped(
    conversations_000__json=[CHATGPT, {"id": "c-2", "title": "Lost", "default_model_slug": "gpt-5"}],
    conversations_001__json=[{**CHATGPT, "id": "c-3", "conversation_id": "c-3", "title": "Second file"}],
    conversation_asset_file_names__json={"file_00ab.dat": "beach.png"},
    user__json={"id": "me", "email": "me@example.com"},
    file_00ab__dat=png(),
)

CLAUDE = [
    {
        "uuid": "cl-1", "name": "Claude's",
        "created_at": "2026-03-01T10:00:00.5Z", "updated_at": "2026-03-01T11:00:00Z",
        "current_leaf_message_uuid": "m3",
        "chat_messages": [
            {"uuid": "m1", "sender": "human", "text": "", "parent_message_uuid": "00000000-0000-4000-8000-000000000000",
             "created_at": "2026-03-01T10:00:01Z", "content": [{"type": "text", "text": "Read this."}],
             "attachments": [{"file_name": "", "extracted_content": "A long pasted text."}],
             "files": [{"file_name": "gone.pdf", "file_uuid": "f-9"}]},
            {"uuid": "m2", "sender": "assistant", "parent_message_uuid": "m1", "created_at": "2026-03-01T10:00:02Z",
             "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Read."}]},
            {"uuid": "m3", "sender": "assistant", "parent_message_uuid": "m1", "created_at": "2026-03-01T10:00:03Z",
             "text": "Read, too.", "content": []},
        ],
    }
]  # fmt: skip

OPEN_WEBUI = [
    {
        "id": "ow-1", "title": "Open WebUI's", "created_at": 1700000000, "updated_at": 1700000100,
        "chat": {
            "models": ["deepseek-r1"],
            "history": {"currentId": "b", "messages": {
                "a": {"id": "a", "parentId": None, "role": "user", "content": "15 × 17?", "timestamp": 1700000001,
                      "files": [{"type": "image", "url": "data:image/png;base64," + base64.b64encode(png()).decode()}]},
                "b": {"id": "b", "parentId": "a", "role": "assistant", "model": "deepseek-r1", "timestamp": 1700000002,
                      "content": '<details type="reasoning" done="true" duration="3">\n'
                                 "<summary>Thought for 3 seconds</summary>\n"
                                 "&gt; Ten first.\n</details>\n255"},
            }},
        },
    }
]  # fmt: skip

LIBRECHAT = {
    "conversationId": "lc-1", "title": "LibreChat's", "recursive": True,
    "options": {"model": "gpt-4-turbo", "promptPrefix": "Be brief."},
    "messages": [
        {"messageId": "q", "parentMessageId": "00000000-0000-0000-0000-000000000000", "isCreatedByUser": True,
         "text": "Hello", "createdAt": "2026-05-01T16:35:11.530Z",
         "children": [
             {"messageId": "r", "parentMessageId": "q", "isCreatedByUser": False, "model": "gpt-4-turbo",
              "createdAt": "2026-05-01T16:35:12Z",
              "content": [{"type": "think", "think": "Greet."}, {"type": "text", "text": "Hi"}], "children": []},
             {"messageId": "s", "parentMessageId": "q", "isCreatedByUser": False, "sender": "GPT", "text": "Hey"},
         ]},
    ],
}  # fmt: skip

NEXTCHAT = {
    "chat-next-web-store": {
        "sessions": [
            {"id": "n-1", "topic": "NextChat's", "lastUpdate": 1714550000000,
             "mask": {"modelConfig": {"model": "gpt-4o"}, "context": [{"role": "system", "content": "Be kind."}]},
             "messages": [
                 {"id": "1", "role": "user", "content": "你好", "date": "2024/5/1 12:00:00"},
                 {"id": "2", "role": "assistant", "content": "你好！", "model": "gpt-4o",
                  "date": "5/1/2024, 12:00:01 PM"}]},
            {"id": "n-2", "topic": "新的聊天", "messages": [], "mask": {}},
        ]
    }
}  # fmt: skip
