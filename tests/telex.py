"""A third wire, invented for the tests, in one file: as much as adding a vendor takes.

`speak` is a vendor that speaks it, for `FakeVendor.script`. The site knows it only through the registry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.errors import BadRequest, KeyRefused, ModelNotFound, RateLimited, VendorDown, VendorError
from providers.types import Address, CatalogueEntry, Delta, Finish, HttpRequest, Prompt, Usage
from providers.wires.declarations import BEARER, Hint, KeyPlacement, Neighbour, Preset, Question, WebSearch
from providers.wires.json_values import count, from_json, mapping, merged, sequence, string, to_bytes
from providers.wires.parameters import COMMON, Number, Parameter, Switch
from providers.wires.parsed import Found, Parse
from providers.wires.refusals.fields import Field, fitted
from providers.wires.turns import adapted
from tests.vendor_replies import Received, Step, close, event

NAME = "telex"
LABEL = "Telex"
REPLIES = ""
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = False
TAKES_SOUNDS = False
PAUSE = ""
AUDIO = ""
EXTRA_HEADERS = frozenset({"telex-office"})
OPTIONS: dict[str, str] = {}
PARAMETERS: dict[str, Parameter] = {
    "temperature": Number("Temperature", 0, 1),
    "max_tokens": COMMON["max_tokens"],
    "verbosity": Number("Verbosity", 1, 5, is_whole=True),
    "rhymes": Switch("In rhymes"),
}
KEY_PLACEMENTS = (KeyPlacement("telex-key", "telex-key header", "telex-key", prefix="Seal "), BEARER)
NEIGHBOURS: tuple[Neighbour, ...] = ()
PRESETS = (Preset("telex", "Telex (any address)", NAME, "", "telex-key", "telegraph"),)
SHORT_ANSWER = {"words": 32}
WEB_SEARCHES: tuple[WebSearch, ...] = ()

_FIELDS = {"temperature": "heat", "max_tokens": "words", "verbosity": "verbosity", "rhymes": "rhymes"}
FIELDS = tuple(Field((theirs,), ours) for ours, theirs in _FIELDS.items())
_FAULTS: dict[str, type[VendorError]] = {"seal": KeyRefused, "line": ModelNotFound, "jam": RateLimited}


def request(address: Address, prompt: Prompt) -> HttpRequest:
    fitting = fitted(body(address, prompt), FIELDS, address.quirks)
    whole = to_bytes(merged(fitting, mapping(prompt.parameters.get("raw"))))
    return HttpRequest("POST", f"{_base(address)}/cable", address.headers, whole, address.key_placement)


def body(address: Address, prompt: Prompt) -> dict[str, Any]:
    prompt = adapted(prompt, address.quirks)
    said = [{"from": turn.role, "words": "".join(part.text for part in turn.parts)} for turn in prompt.turns]
    options = {theirs: prompt.parameters[ours] for ours, theirs in _FIELDS.items() if ours in prompt.parameters}
    return {"model": prompt.model, "tape": address.streaming, "said": said, "office": prompt.system, **options}


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    if words := string(event.get("words")):
        yield Delta(text=words)
    if fault := mapping(event.get("fault")):
        raise _error(fault)
    if "charged" in event:
        yield Usage(count(event.get("asked")), count(event.get("charged")))
    if event.get("over"):
        yield Finish("length" if event["over"] == "paper" else "stop", string(event["over"]))


def parser() -> Parse:
    return parse


def words_alone(_event: Mapping[str, Any]) -> str:
    return ""


def error(status: int, _headers: Mapping[str, str], body: bytes) -> VendorError:
    try:
        fault = mapping(mapping(from_json(body.decode("utf-8", "replace"))).get("fault"))
    except ValueError:
        fault = {}
    return _error(fault) if fault else VendorDown() if status >= 500 else ModelNotFound()


def other_list(_address: Address) -> None:
    """Return None: there is one list."""


def catalogue_request(address: Address, page: str = "") -> HttpRequest:
    return HttpRequest("GET", f"{_base(address)}/lines/{page}", address.headers, b"", address.key_placement)


def parse_catalogue(answer: object) -> tuple[list[CatalogueEntry], str]:
    if fault := mapping(mapping(answer).get("fault")):
        raise _error(fault)
    lines = [string(line) for line in sequence(mapping(answer).get("lines"))]
    return [CatalogueEntry(line, line.title()) for line in lines], string(mapping(answer).get("after"))


def drawn(_model: str) -> None:
    return None


def hint(base: str, _model: str) -> Hint:
    return Hint.ADDRESS if base.endswith("/telex") else Hint.NONE


def doors(base: str, root: str) -> Iterator[Question]:
    for url in dict.fromkeys([base, root]):
        yield Question(Address(NAME, url.removesuffix("/telex")))


def plainer(question: Question) -> Question:
    return replace(question, limited=False)


def _base(address: Address) -> str:
    return f"{address.base_url.rstrip('/')}/telex"


def _error(fault: Mapping[str, Any]) -> VendorError:
    return _FAULTS.get(string(fault.get("kind")), BadRequest)(string(fault.get("why")))


# --- A vendor that speaks it ---------------------------------------------------------------------------------------

JSON = {"Content-Type": "application/json"}
PAGE: Sequence[Step] = [404, {"Content-Type": "text/html"}, b"<html>Not here</html>"]


def speak(key: str) -> Any:
    """Answer as a vendor that accepts this key and repeats the question."""

    def answer(request: Received) -> Sequence[Step]:
        if not request.path.startswith("/telex/"):
            return PAGE
        if request.headers.get("telex-key") != f"Seal {key}":
            return fault("seal", "the seal is broken", status=401)
        if request.path.startswith("/telex/lines/"):
            pages = {"": {"lines": ["telegraph"], "after": "2"}, "2": {"lines": ["pigeon"]}}
            return [JSON, json.dumps(pages[request.path.removeprefix("/telex/lines/")]).encode()]
        return words(*f"STOP {request.json['said'][-1]['words']} STOP".split(" "))

    return answer


def words(*said: str) -> Sequence[Step]:
    pieces = [event({"words": word if not at else f" {word}"}) for at, word in enumerate(said)]
    return [*pieces, event({"over": "end", "asked": 7, "charged": 3}), close]


def fault(kind: str, why: str, status: int = 200) -> Sequence[Step]:
    return [status, JSON, json.dumps({"fault": {"kind": kind, "why": why}}).encode()]
