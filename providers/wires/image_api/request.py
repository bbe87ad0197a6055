"""The request for a picture: from words alone, or with the pictures that are to be changed.

Source: the OpenAI API reference (create image, create image edit). Several pictures go as `image[]`, one as `image`:
that is what the API and its gateways accept alike.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from providers.errors import BadRequest
from providers.types import Part, Prompt
from providers.wires.openai.messages import in_text
from providers.wires.pictures import media_type_of

MAX_CHANGED = 16
"""Pictures that one request may change."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def words(prompt: Prompt) -> str:
    """Return what the picture is to show: the words of the last question. Raises BadRequest without any."""
    last = next((turn for turn in reversed(prompt.turns) if turn.role == "user"), None)
    said = [in_text(part) for part in last.parts if part.kind in ("text", "file")] if last else []
    text = "\n\n".join(said).strip()
    if not text:
        raise BadRequest(because="Say in words what the picture should show.")
    return text


def changed(prompt: Prompt) -> list[Part]:
    """Return the pictures that are to be changed: those of the question, else those of the last reply with some."""
    for turn in reversed(prompt.turns):
        found = [part for part in turn.parts if _is_drawn(part)]
        if found:
            return found[:MAX_CHANGED]
    return []


class FormFile(NamedTuple):
    """A file of a form: the field's name, the file's name, type and content."""

    field: str
    name: str
    media_type: str
    content: bytes


def files_of(images: Sequence[Part]) -> list[FormFile]:
    """Return the pictures as files of a form."""
    field, types = "image" if len(images) == 1 else "image[]", [_type(part) for part in images]
    return [
        FormFile(field, f"image-{number}.{_ENDINGS.get(kind, 'png')}", kind, b64decode(part.detail["data"]))
        for number, (part, kind) in enumerate(zip(images, types, strict=True), 1)
    ]


def multipart(fields: Mapping[str, Any], files: Iterable[FormFile]) -> tuple[str, bytes]:
    """Return the Content-Type and the body of a form; equal forms are equal bytes."""
    files = list(files)
    digest = hashlib.sha256(json.dumps(dict(fields), sort_keys=True, default=str).encode())
    for file in files:
        digest.update(hashlib.sha256(file.content).digest())
    boundary = f"chatsite-{digest.hexdigest()[:40]}"
    return f"multipart/form-data; boundary={boundary}", b"".join(_pieces(boundary, fields, files))


def _pieces(boundary: str, fields: Mapping[str, Any], files: Iterable[FormFile]) -> Iterator[bytes]:
    for name, value in fields.items():
        yield _head(boundary, f'name="{name}"') + _field(value) + b"\r\n"
    for file in files:
        about = f'name="{file.field}"; filename="{file.name}"'
        yield _head(boundary, about, f"Content-Type: {file.media_type}\r\n") + file.content + b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _head(boundary: str, about: str, more: str = "") -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n{more}\r\n".encode()


def _field(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode("utf-8", "replace")


def _type(part: Part) -> str:
    return media_type_of(part.detail["data"]) or str(part.detail.get("media_type") or "image/png")


def _is_drawn(part: Part) -> bool:
    return part.kind == "image" and bool(part.detail.get("data")) and not part.detail.get("thought")
