"""The messages of a fake vendor: requests, the steps of a script, and replies on either wire."""

from __future__ import annotations

import enum
import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests import anthropic_replies


class Act(enum.Enum):
    """A step of a script besides sending."""

    CHUNKED = enum.auto()
    RAW = enum.auto()
    BARE = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()
    HOLD = enum.auto()


chunked, raw, bare, close, reset, hold = Act
Step = int | float | Mapping[str, str] | bytes | threading.Event | Act


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    target: str
    headers: dict[str, str]
    body: bytes
    client_port: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)
    hung_up_at: float = 0.0
    """Monotonic seconds."""

    def note_hang_up(self) -> None:
        self.hung_up_at = time.monotonic()
        self.hung_up.set()

    @cached_property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def default_reply(request: Received) -> Sequence[Step]:
    """Return an answer that repeats the question and the earlier texts, in the form of the request."""
    if request.path.endswith("/models"):
        return [{"Content-Type": "application/json"}, model_list(request)]
    if request.path.endswith(":countTokens"):
        words = [word for text in history(request) for word in text.split()]
        return [{"Content-Type": "application/json"}, json.dumps({"totalTokens": len(words)}).encode()]
    if request.method != "POST":
        return [404, b'{"error":{"message":"not found"}}']
    texts = history(request)
    before = f" Before that: {' | '.join(texts[:-1])}." if texts[:-1] else ""
    return reply(request, f"You said: {texts[-1] if texts else 'nothing'}.{before}".split(" "))


def reply(request: Received, words: Sequence[str]) -> Sequence[Step]:
    """Return `words`, joined by blanks, as a complete answer to `request`."""
    pieces = [word if not at else f" {word}" for at, word in enumerate(words)]
    if anthropic_replies.is_ours(request.path):
        if request.json.get("stream"):
            return [anthropic_replies.words_stream(pieces)]
        whole = anthropic_replies.whole([{"type": "text", "text": "".join(pieces)}])
        return [{"Content-Type": "application/json"}, whole]
    if is_gemini(request):
        if "streamGenerateContent" in request.path:
            return [*(gemini_event(piece) for piece in pieces), gemini_end()]
        return [{"Content-Type": "application/json"}, gemini_whole("".join(pieces))]
    if is_responses(request):
        return responses_reply(pieces, is_stream=bool(request.json.get("stream")))
    if request.json.get("stream"):
        return [*(openai_event(piece) for piece in pieces), openai_end()]
    return [{"Content-Type": "application/json"}, openai_whole("".join(pieces))]


def history(request: Received) -> list[str]:
    """Return the texts of a request, oldest first, without system text."""
    if anthropic_replies.is_ours(request.path):
        return anthropic_replies.texts_of(request.json)
    if is_gemini(request):
        return ["".join(part.get("text", "") for part in content["parts"]) for content in request.json["contents"]]
    if is_responses(request):
        return [_spoken(item["content"]) for item in request.json["input"] if "role" in item]
    return [_spoken(message["content"]) for message in request.json["messages"] if message["role"] != "system"]


def _spoken(content: str | list[dict[str, Any]] | None) -> str:
    """Return the words of a message, which may also hold pictures and files."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def is_gemini(request: Received) -> bool:
    """Return whether a request is one of the Gemini wire."""
    return "enerateContent" in request.path or "countTokens" in request.path or "/v1beta" in request.path


def is_responses(request: Received) -> bool:
    """Return whether a request is one of the Responses wire."""
    return request.path.endswith("/responses")


def model_list(request: Received) -> bytes:
    """Return three models, of which the last cannot chat; the Gemini wire has two pages."""
    if not is_gemini(request):
        models = [
            {"id": name, "object": "model", "created": 1, "owned_by": "them"} for name in ("parrot", "owl", "ear")
        ]
        return json.dumps({"object": "list", "data": models}).encode()
    limits = {"inputTokenLimit": 1000, "outputTokenLimit": 100, "supportedGenerationMethods": ["generateContent"]}
    first = [{"name": f"models/{name}", "displayName": name.title(), **limits} for name in ("parrot", "owl")]
    second = [{"name": "models/ear", "supportedGenerationMethods": ["embedContent"]}]
    is_second = ("pageToken", "two") in request.query
    return json.dumps({"models": second} if is_second else {"models": first, "nextPageToken": "two"}).encode()


def event(value: object) -> bytes:
    """Return `value` as one server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def openai_event(text: str | None = "", **more: Any) -> bytes:
    """Return one chunk that adds `text`; `more` goes into the delta."""
    return openai_chunk(content=text, **more)


def openai_chunk(**delta: Any) -> bytes:
    """Return one chunk with this delta."""
    return event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]})


def openai_end(reason: str = "stop", usage: Mapping[str, Any] | None = None) -> bytes:
    """Return the finish, the usage and the end marker of a stream."""
    counts = usage or {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    finish = event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    return finish + event({"choices": [], "usage": counts}) + b"data: [DONE]\n\n"


def openai_stream(words: Iterable[str], reason: str = "stop") -> bytes:
    """Return a whole stream of the OpenAI wire."""
    return b"".join(openai_event(word) for word in words) + openai_end(reason)


def openai_whole(text: str) -> bytes:
    """Return a reply of the OpenAI wire that is not streamed."""
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    return json.dumps({"object": "chat.completion", "choices": [message], "usage": usage}).encode()


def gemini_event(text: str, **more: Any) -> bytes:
    """Return one event that adds `text`; `more` goes into the candidate."""
    return event({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}]})


def gemini_parts(*parts: Mapping[str, Any], **more: Any) -> bytes:
    """Return one event with these parts; `more` goes into the candidate."""
    return event({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}]})


def gemini_end(reason: str = "STOP", usage: Mapping[str, Any] | None = None) -> bytes:
    """Return the last event, with finish and usage."""
    counts = usage or {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return event({"candidates": [{"content": {"role": "model"}, "finishReason": reason}], "usageMetadata": counts})


def gemini_stream(words: Iterable[str], reason: str = "STOP") -> bytes:
    """Return a whole stream of the Gemini wire."""
    return b"".join(gemini_event(word) for word in words) + gemini_end(reason)


def gemini_whole(text: str) -> bytes:
    """Return a reply of the Gemini wire that is not streamed."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "safetyRatings": None}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage}).encode()


def responses_event(text: str, **more: Any) -> bytes:
    """Return one event that adds `text`; `more` goes into the event."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    return event({"type": "response.output_text.delta", **place, "delta": text, **more})


def responses_item(item: Mapping[str, Any], at: int = 0) -> bytes:
    """Return the two events of a whole item."""
    started = {**item, "status": "in_progress", "content": []} if item["type"] == "message" else item
    added = event({"type": "response.output_item.added", "output_index": at, "item": started})
    return added + event({"type": "response.output_item.done", "output_index": at, "item": item})


def responses_message(text: str, **more: Any) -> dict[str, Any]:
    """Return a message item; `more` goes into its text."""
    content = [{"type": "output_text", "text": text, "annotations": [], **more}]
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}


def responses_end(
    reason: str = "", usage: Mapping[str, Any] | None = None, output: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """Return the last event: `completed`, or `incomplete` for this reason."""
    status = "incomplete" if reason else "completed"
    response = responses_whole(status, output, usage, {"reason": reason} if reason else None)
    return event({"type": f"response.{status}", "response": response})


def responses_whole(
    status: str,
    output: Sequence[Mapping[str, Any]],
    usage: Mapping[str, Any] | None = None,
    incomplete: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a whole response."""
    counts = usage or {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "error": None,
        "incomplete_details": incomplete, "output": list(output), "usage": {**details, **counts},
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip


def responses_stream(words: Iterable[str], reason: str = "") -> bytes:
    """Return a whole stream of the Responses wire."""
    return b"".join(responses_event(word) for word in words) + responses_end(reason)


def responses_reply(words: Sequence[str], *, is_stream: bool) -> Sequence[Step]:
    """Return `words` as a complete answer, as the vendor sends it."""
    message = responses_message("".join(words))
    whole = responses_whole("completed", [message])
    if not is_stream:
        return [{"Content-Type": "application/json"}, json.dumps(whole).encode()]
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    return [
        event({"type": "response.created", "response": begun}),
        event({"type": "response.output_item.added", "output_index": 0, "item": {**message, "content": []}}),
        *(responses_event(word) for word in words),
        event({"type": "response.output_item.done", "output_index": 0, "item": message}),
        responses_end(output=[message]),
    ]


def file_steps(path: Path, piece: int = 1024) -> Sequence[Step]:
    """Return the bytes of a file, in pieces."""
    body = path.read_bytes()
    return [body[start : start + piece] for start in range(0, len(body), piece)]
