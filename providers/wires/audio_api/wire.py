"""The wire of endpoints for speech: `/audio/transcriptions`, and `/audio/speech` for text that is to be read aloud.

Source: the OpenAI API reference (create transcription, create speech) and OpenRouter's. A file's name tells its format,
and JSON with `text` and `usage` comes unless another format is asked for. The list of models and the errors are those
of the OpenAI-compatible wire, which begins at the same address.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from providers.errors import BadReply, BadRequest
from providers.types import Address, Delta, Finish, HttpRequest, Part, Prompt, Usage
from providers.wires import vendor_errors
from providers.wires.declarations import Preset, WebSearch, translate_noop
from providers.wires.declarations import draws_nothing as drawn
from providers.wires.image_api.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.image_api.request import FormFile, multipart
from providers.wires.json_values import from_json, mapping, merged, string, to_bytes, unwrapped
from providers.wires.openai import wire as openai
from providers.wires.openai.usage import usage
from providers.wires.openai.wire import catalogue_request, error, other_list, parse_catalogue
from providers.wires.parameters import Parameter
from providers.wires.parsed import Found, Parse
from providers.wires.refusals.fields import Field

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "begins_sound", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list",
    "parse_catalogue", "parser", "plainer", "request", "sound_in", "speech_request", "words_alone",
]  # fmt: skip

NAME = "audio_api"
LABEL = translate_noop("Speech endpoints (/audio)")
REPLIES = "text"
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = False
TAKES_SOUNDS = False
PAUSE = ""
AUDIO = NAME
EXTRA_HEADERS = openai.EXTRA_HEADERS
OPTIONS: Mapping[str, str] = {}
PARAMETERS: Mapping[str, Parameter] = {}
FIELDS: tuple[Field, ...] = ()
PRESETS: tuple[Preset, ...] = ()
WEB_SEARCHES: tuple[WebSearch, ...] = ()

USUAL_VOICE = "alloy"
"""The voice for which no raw extra names another."""
_BEGINNINGS = {
    b"ID3": "audio/mpeg",
    **{bytes([0xFF, second]): "audio/mpeg" for second in (0xFB, 0xF3, 0xF2, 0xFA, 0xE3, 0xE2)},
    b"RIFF": "audio/wav",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    **{bytes([0xFF, second]): "audio/aac" for second in (0xF1, 0xF9)},
}
_OTHER_DOORS = re.compile(r"/(chat/completions|responses|images(/[a-z]+)?|audio(/[a-z]+)?)\Z")


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for the words of the last recording. Raises BadRequest without one."""
    file = FormFile("file", "speech.wav", "audio/wav", b64decode(_recording(prompt).detail["data"]))
    kind, content = multipart(merged(body(address, prompt), mapping(prompt.parameters.get("raw"))), [file])
    door = f"{_base(address)}/audio/transcriptions"
    return HttpRequest("POST", door, (("Content-Type", kind), *address.headers), content, address.key_placement)


def speech_request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request to read the words of `prompt` aloud."""
    text = "".join(part.text for turn in prompt.turns for part in turn.parts)
    asked = {**body(address, prompt), "input": text, "voice": USUAL_VOICE, "response_format": "mp3"}
    content = to_bytes(merged(asked, mapping(prompt.parameters.get("raw"))))
    headers = (("Content-Type", "application/json"), *address.headers)
    return HttpRequest("POST", f"{_base(address)}/audio/speech", headers, content, address.key_placement)


def begins_sound(content: bytes | bytearray) -> bool:
    """Return whether an answer begins as sounds do."""
    return any(content.startswith(beginning) for beginning in _BEGINNINGS)


def sound_in(content: bytes) -> tuple[Part, Usage | None]:
    """Return the sound of an answer under the type that its bytes show. Raises VendorError for any other answer."""
    media_type = next((kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning)), "")
    if media_type:
        return Part("file", "", {"media_type": media_type, "data": b64encode(content).decode()}), None
    try:
        failure = vendor_errors.in_event(mapping(from_json(content.decode("utf-8", "replace"))))
    except (ValueError, RecursionError):
        failure = None
    raise failure or no_sound()


def no_sound() -> BadReply:
    """Return the error for an answer that is neither a sound nor an error."""
    return BadReply(because="The vendor sent something that is no sound.")


def body(_address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a request, before the raw extras."""
    return {"model": prompt.model}


def parser() -> Parse:
    """Return `parse`: each object says all about itself."""
    return parse


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the words of an answer, which are none where nobody spoke. Raises VendorError when it is an error."""
    event = unwrapped(event, REPLIES)
    is_answer = isinstance(event.get(REPLIES), str)
    if failure := vendor_errors.in_event(event, replies=REPLIES if is_answer else ""):
        raise failure
    if is_answer:
        words = string(event[REPLIES]).strip()
        yield from [Delta(text=words)] if words else ()
        yield from usage(event, {})
        yield Finish("stop")


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": an answer is one object."""
    return ""


def _recording(prompt: Prompt) -> Part:
    parts = (part for part in prompt.turns[-1].parts if part.detail.get("data")) if prompt.turns else iter(())
    recording = next(parts, None)
    if recording is None:
        raise BadRequest(because="This model writes down speech, and there is none.")
    return recording


def _base(address: Address) -> str:
    return _OTHER_DOORS.sub("", address.base_url.rstrip("/"))
