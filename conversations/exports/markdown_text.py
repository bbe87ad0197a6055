"""A conversation as Markdown: words are copied as they were written, all else is a line or a fence."""

import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from conversations.content import citations
from conversations.content.phrases import Phrases, name_of_gap, outcome, phrases, remark_lines, summary_lines, vouched
from conversations.exports.branch import messages
from conversations.models import Conversation, Message

Address = Callable[[dict[str, Any]], str]
"""Returns where the reader of the file finds a part's picture or file, or an empty text."""

_SPECIAL = re.compile(r"([\\`*_\[\]<>#])")
_BACKTICKS = re.compile(r"`{3,}")
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}(?=[^`\n]*$)|~{3,})(?P<rest>.*)$", re.MULTILINE)


def nowhere(part: dict[str, Any]) -> str:
    """Return no address: a file alone has no others beside it."""
    return ""


def pieces(conversation: Conversation, ids: Sequence[UUID], address: Address = nowhere) -> Generator[bytes]:
    """Yield the Markdown, one message at a time."""
    said = phrases()
    yield f"# {_escaped(conversation.title or gettext('Conversation'))}\n".encode()
    for message in messages(ids):
        blocks = (block.strip("\n") for block in _blocks(message, said, address))
        yield "\n\n".join([f"\n## {heading(message)}", *filter(None, blocks)]).encode() + b"\n"


def heading(message: Message) -> str:
    """Return the name of who wrote a message, and the time in UTC."""
    name = (message.model_name if message.is_reply else message.author_name) or "–"
    return f"{_escaped(name)} · {message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _blocks(message: Message, said: Phrases, address: Address) -> Iterator[str]:
    if message.is_reply:
        for part in citations.numbered(message.parts):
            yield from filter(None, [_block(part, said, address)])
    else:
        yield from (_file(part, address) for part in message.parts if part["kind"] in ("image", "file"))
        yield from filter(None, [_closed(message.text)])
    for note in filter(None, (outcome(said, message), vouched(said, message))):
        yield f"*{_escaped(note)}*"
    if remarks := remark_lines(said, message):
        yield f"**{_escaped(said['remarks'])}**"
        yield "\n".join(f"- {f'“{_escaped(quote)}” – ' if quote else ''}{_escaped(line)}" for quote, line in remarks)
    yield from _summary(message)


def _summary(message: Message) -> Iterator[str]:
    if told := summary_lines(message):
        heading, words = told
        yield _quoted(f"**{_escaped(heading)}**\n\n{_closed(words)}")


def _block(part: dict[str, Any], said: Phrases, address: Address) -> str:
    match part["kind"]:
        case "text":
            return _closed(str(part.get("text", "")))
        case "thought":
            return _quoted(f"**{said['thought']}**\n\n{part['text']}") if part.get("text") else ""
        case "code":
            return _fence(part.get("text", ""), part.get("language") or "")
        case "code_result":
            return f"*{_escaped(said.get('output.' + str(part.get('outcome')), ''))}*\n\n{_fence(part.get('text', ''))}"
        case "image" | "file":
            return _file(part, address)
        case "citation":
            return _sources(part, said)
        case "call" | "call_result":
            return f"*{_escaped(said[part['kind']])}* `{part.get('name', '')}`\n\n{_fence(_call_value(part), 'json')}"
        case "refusal":
            return f"*{_escaped(said['refusal'])}*\n\n{part.get('text') or part.get('reason') or ''}".strip()
        case "seam":
            return ""
        case kind:
            return f"*{_escaped(said[name_of_gap(part)] if kind == 'gap' else said['unknown'])}*"


def _file(part: dict[str, Any], address: Address) -> str:
    name, place = _escaped(str(part.get("name") or part["kind"])), address(part)
    if not place:
        return f"*{name}*"
    return f"{'!' * (part['kind'] == 'image')}[{name}](<{place}>)"


def _sources(part: dict[str, Any], said: Phrases) -> str:
    listed = (f"{number}. {_source(source)}" for number, source in enumerate(part["shown"], part["first"]))
    return "\n".join([f"**{_escaped(citations.label(part, said))}**", "", *listed]) if part["shown"] else ""


def _source(source: dict[str, Any]) -> str:
    title, address = _escaped(source["title"]), "%20".join(source["address"].replace(">", "%3E").split())
    return f"[{title}](<{address}>)" if address else title


def _call_value(part: dict[str, Any]) -> str:
    value = next((part[name] for name in ("arguments", "response", "raw") if part.get(name) is not None), "")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fence(code: str, language: str = "") -> str:
    fence = "`" * (max(map(len, _BACKTICKS.findall(code)), default=2) + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def _closed(text: str) -> str:
    """Return the text with its last fence closed: code that was cut off would swallow what follows."""
    opened = ""
    for found in _FENCE.finditer(text):
        mark = found["mark"]
        if not opened:
            opened = mark
        elif mark.startswith(opened) and not found["rest"].strip():
            opened = ""
    return f"{text.rstrip()}\n{opened}" if opened else text


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
