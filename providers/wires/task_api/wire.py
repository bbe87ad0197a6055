"""The wire of picture tasks: `/tasks/generations`, which answers with an id, and `/tasks/generations/{id}` about it.

Source: ShengSuanYun's documents (submit a task, query a task). The pictures stand behind links, as on the wire of
picture endpoints. The list of models and the errors are those of the OpenAI-compatible wire at the same address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.errors import VendorError
from providers.types import Address, HttpRequest, Part, Prompt
from providers.wires import vendor_errors
from providers.wires.declarations import Preset, WebSearch, translate_noop
from providers.wires.declarations import draws_nothing as drawn
from providers.wires.image_api import wire as image_api
from providers.wires.image_api.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.image_api.parameters import FIELDS, PARAMETERS, options
from providers.wires.image_api.request import changed, words
from providers.wires.json_values import from_json, mapping, merged, string, to_bytes
from providers.wires.openai import wire as openai
from providers.wires.openai.wire import catalogue_request, error, other_list, parse_catalogue
from providers.wires.parsed import Found, Parse
from providers.wires.refusals.extras import extras
from providers.wires.refusals.fields import fitted
from providers.wires.turns import adapted

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "has_ended", "hint", "is_under_way",
    "other_list", "parse_catalogue", "parser", "plainer", "request", "status_request", "task_in", "words_alone",
]  # fmt: skip

NAME = "task_api"
LABEL = translate_noop("Picture tasks (/tasks/generations)")
REPLIES = "data"
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = True
TAKES_SOUNDS = False
PAUSE = ""
AUDIO = "audio_api"
EXTRA_HEADERS = openai.EXTRA_HEADERS
OPTIONS: Mapping[str, str] = {}
PRESETS: tuple[Preset, ...] = ()
WEB_SEARCHES: tuple[WebSearch, ...] = ()

_OTHER_DOORS = re.compile(r"/(chat/completions|responses|images(/[a-z]+)?|tasks(/[a-z]+)?)\Z")
_ID = re.compile(r"[\w.:-]{1,200}", re.ASCII)
_UNDER_WAY = frozenset({"SUBMITTING", "PENDING", "SUBMITTED", "QUEUED", "IN_PROGRESS", "UNKNOWN"})
_FAILED = frozenset({"FAILED", "CANCELLED", "TIMEOUT"})


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request that begins a task. Raises BadRequest without words."""
    whole = merged(fitted(body(address, prompt), FIELDS, address.quirks), extras(prompt, address.quirks))
    images = [_address(part) for part in changed(adapted(prompt, address.quirks))]
    content = to_bytes({**whole, "image_urls": images} if images else whole)
    headers = (("Content-Type", "application/json"), *address.headers)
    return HttpRequest("POST", _door(address), headers, content, address.key_placement)


def status_request(address: Address, task: str) -> HttpRequest:
    """Return the request that asks how a task stands."""
    return HttpRequest("GET", f"{_door(address)}/{task}", address.headers, b"", address.key_placement)


def task_in(answer: bytes) -> str:
    """Return the id of the task that an answer has begun, or "" where it tells of none."""
    data = mapping(_object(answer).get(REPLIES))
    task = string(data.get("request_id"))
    is_open = _status(data) in (*_UNDER_WAY, "")
    return task if is_open and _ID.fullmatch(task) and not _pictures(data) else ""


def is_under_way(answer: bytes) -> bool:
    """Return whether an answer says that the vendor goes on with the task."""
    return _status(mapping(_object(answer).get(REPLIES))) in _UNDER_WAY


def has_ended(answer: bytes) -> bool:
    """Return whether an answer is the task's end, good or bad."""
    data = mapping(_object(answer).get(REPLIES))
    return _status(data) in {*_FAILED, "COMPLETED"} or (bool(_pictures(data)) and not is_under_way(answer))


def body(_address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a request before the quirks of its FIELDS, and before the raw extras."""
    said = {"prompt": words(prompt)} if prompt.turns else {}
    return {"model": prompt.model, **said, **options(prompt.parameters)}


def parser() -> Parse:
    """Return `parse`: each object says all about itself."""
    return parse


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the pictures of a task that is done. Raises VendorError when it failed, or for an error."""
    data = mapping(event.get(REPLIES))
    if _status(data) in _FAILED:
        raise _failure(data)
    pictures = _pictures(data)
    yield from image_api.parse({"image_urls": pictures} if pictures else event)


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": an answer holds pictures."""
    return ""


def _door(address: Address) -> str:
    return f"{_OTHER_DOORS.sub('', address.base_url.rstrip('/'))}/tasks/generations"


def _address(part: Part) -> str:
    return f"data:{part.detail.get('media_type') or 'image/png'};base64,{part.detail['data']}"


def _object(answer: bytes) -> Mapping[str, Any]:
    try:
        return mapping(from_json(answer.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}


def _status(data: Mapping[str, Any]) -> str:
    return string(data.get("status")).upper()


def _pictures(data: Mapping[str, Any]) -> list[Any]:
    """Return the addresses of the pictures of a task."""
    held = mapping(data.get("data"))
    found = held.get("image_urls") or data.get("image_urls")
    return found if isinstance(found, list) else [found] if isinstance(found, str) and found else []


def _failure(data: Mapping[str, Any]) -> VendorError:
    told = {"message": string(data.get("fail_reason")) or _status(data), "type": "task_failed"}
    return vendor_errors.in_event({"error": told}) or VendorError(_status(data))
