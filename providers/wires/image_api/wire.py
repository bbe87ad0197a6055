"""The wire of picture endpoints: `/images/generations`, and `/images/edits` where pictures are to be changed.

Source: the OpenAI API reference (images, image streaming events), DMXAPI's documents (results of Qwen-Image), and
SiliconFlow's (`images`). The list of models and the errors are those of the OpenAI-compatible wire, which begins at the
same address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.types import Address, Delta, Finish, HttpRequest, Part, Prompt
from providers.wires import vendor_errors
from providers.wires.declarations import Preset, WebSearch, translate_noop
from providers.wires.image_api.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.image_api.parameters import FIELDS, PARAMETERS, drawn, options
from providers.wires.image_api.request import changed, files_of, multipart, words
from providers.wires.json_values import as_list, mapping, merged, string, to_bytes, unwrapped
from providers.wires.openai import wire as openai
from providers.wires.openai.pictures import pictured
from providers.wires.openai.usage import usage
from providers.wires.openai.wire import catalogue_request, error, other_list, parse_catalogue
from providers.wires.parameters import MAX_PICTURES
from providers.wires.parsed import Found, Parse, Working
from providers.wires.refusals.extras import extras
from providers.wires.refusals.fields import fitted
from providers.wires.turns import adapted

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list", "parse_catalogue",
    "parser", "plainer", "request", "words_alone",
]  # fmt: skip

NAME = "image_api"
LABEL = translate_noop("Picture endpoints (/images)")
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

_JSON = ("Content-Type", "application/json")
_OTHER_DOORS = re.compile(r"/(chat/completions|responses|images(/[a-z]+)?)\Z")
_LISTS = ("results", "image_urls", "image_base64", "outputs")
_PARTIAL, _WHOLE = ".partial_image", ".completed"


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for pictures. Raises BadRequest without words."""
    whole = merged(fitted(body(address, prompt), FIELDS, address.quirks), extras(prompt, address.quirks))
    images = changed(adapted(prompt, address.quirks))
    kind, content = multipart(whole, files_of(images)) if images else (_JSON[1], to_bytes(whole))
    door = f"{_base(address)}/images/{'edits' if images else 'generations'}"
    return HttpRequest("POST", door, ((_JSON[0], kind), *address.headers), content, address.key_placement)


def body(_address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the fields of a request before the quirks of its FIELDS, and before the raw extras."""
    said = {"prompt": words(prompt)} if prompt.turns else {}
    return {"model": prompt.model, **said, **options(prompt.parameters)}


def parser() -> Parse:
    """Return `parse`: each object says all about itself."""
    return parse


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the pictures of a whole answer, or of an event of a stream. Raises VendorError when it is an error."""
    kind = string(event.get("type"))
    if kind.endswith(_PARTIAL):
        yield Working()
        return
    event = event if kind else unwrapped(event, REPLIES)
    found = list(_pictured(event)) if kind.endswith(_WHOLE) else [*_listed(event), *_refused(event)]
    replies = REPLIES if event.get(REPLIES) is not None else ""  # SiliconFlow's errors have `data` that is null
    if not found and (failure := vendor_errors.in_event(event, replies=replies)):
        raise failure
    yield from found[:MAX_PICTURES]
    if len(found) > MAX_PICTURES:
        yield Delta(part=Part("gap", detail={"bytes": 0, "picture": "too_many"}))
    yield from usage(event, {})
    if found:
        yield Finish("stop")


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": an answer holds pictures."""
    return ""


def _base(address: Address) -> str:
    return _OTHER_DOORS.sub("", address.base_url.rstrip("/"))


def _listed(event: Mapping[str, Any]) -> list[Delta]:
    """Return the pictures of an answer, in the first place that has any."""
    extra = mapping(mapping(event.get("extra")).get("output"))
    output = mapping(event.get("output"))
    places = (
        *(event.get(name) for name in ("data", "images", "image_urls", "results")),
        *(place.get(name) for place in (output, extra, mapping(event.get("data"))) for name in _LISTS),
        *(mapping(mapping(choice).get("message")).get("content") for choice in as_list(output.get("choices"))),
    )
    found = ([delta for entry in as_list(place) for delta in _pictured(entry)] for place in places)
    return next((deltas for deltas in found if deltas), [])


def _refused(event: Mapping[str, Any]) -> Iterator[Delta]:
    """Yield why single pictures of an answer are not there, as Volcengine says it among the others."""
    for entry in as_list(event.get(REPLIES)):
        if told := string(mapping(mapping(entry).get("error")).get("message")):
            yield Delta(part=Part("refusal", told))


def _pictured(entry: object) -> Iterator[Delta]:
    """Yield the picture, or the link to one, in an entry; what vendors say beside it is left out."""
    for delta in pictured(entry):
        if delta.part is not None and delta.part.kind != "unknown":
            yield Delta(part=Part(delta.part.kind, "", _ours(delta.part.detail)))
        elif string(mapping(entry).get("b64_json")):
            yield Delta(part=Part("gap", detail={"bytes": 0, "picture": "kind"}))


def _ours(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if name != "vendor"}
