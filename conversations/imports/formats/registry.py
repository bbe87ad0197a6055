"""The formats in the order in which they are tried, and the objects around their conversations."""

from collections.abc import Iterator
from typing import Any, Protocol

from conversations.imports import fields
from conversations.imports.formats import chatgpt, chatsite, claude, deepseek, librechat, nextchat, open_webui
from conversations.imports.thread import Thread
from conversations.imports.upload import Files


class Format(Protocol):
    """A module of this room."""

    NAME: str

    def recognises(self, raw: dict[str, Any]) -> bool: ...

    def thread(self, raw: dict[str, Any], files: Files) -> Thread: ...


_TOOLS = {
    "chatgpt": "ChatGPT",
    "claude": "Claude",
    "deepseek": "DeepSeek",
    "open-webui": "Open WebUI",
    "librechat": "LibreChat",
    "nextchat": "NextChat",
}
FORMATS: tuple[Format, ...] = (chatsite, deepseek, chatgpt, claude, open_webui, librechat, nextchat)


def format_of(raw: dict[str, Any]) -> Format | None:
    """Return the format of a conversation, or None for anything else."""
    return next((one for one in FORMATS if one.recognises(raw)), None)


def thread_of(form: Format, raw: dict[str, Any], files: Files) -> Thread:
    """Return a conversation whose replies all say who wrote them: a model, or else the tool; raises Problem."""
    thread = form.thread(raw, files)
    name = thread.model or _TOOLS.get(form.NAME, "")
    for message in thread.messages:
        message.model = message.model or (name if message.is_reply and form.NAME in _TOOLS else "")
    return thread


def unwrapped(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the conversations in an object that is none itself: NextChat's store, or a list by name."""
    store = raw.get("chat-next-web-store")
    for place, name in ((store, "sessions"), (raw, "sessions"), (raw, "conversations")):
        if isinstance(place, dict) and isinstance(place.get(name), list) and format_of(raw) is None:
            yield from fields.objects(place[name])
            return
    yield raw
