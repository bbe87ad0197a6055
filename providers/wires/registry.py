"""The known wires by name; a new one is one folder and one name here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from providers.errors import AddressRefused, VendorError
from providers.types import Address, CatalogueEntry, HttpRequest, Part, Prompt, Usage
from providers.wires.anthropic import wire as anthropic
from providers.wires.audio_api import wire as audio_api
from providers.wires.declarations import Hint, KeyPlacement, Neighbour, Preset, Question, WebSearch
from providers.wires.gemini import speech as gemini_speech
from providers.wires.gemini import wire as gemini
from providers.wires.image_api import wire as image_api
from providers.wires.openai import wire as openai
from providers.wires.parameters import Parameter
from providers.wires.parsed import Parse
from providers.wires.refusals.fields import Field
from providers.wires.responses import wire as responses
from providers.wires.task_api import wire as task_api


class Wire(Protocol):
    """The interface of a wire's module.

    `REPLIES`: the key of an event under which its replies stand. `END_MARKER`: `[DONE]` ends a stream. `ASKS_USAGE`:
    token counts may come only if `Address.ask_usage` asks for them. `LABEL` is marked for translation. `EXTRA_HEADERS`
    are those that an administrator may add for this vendor, in lower case. `OPTIONS` are the fields of an Address that
    this wire uses, each with a label. `SHORT_ANSWER` holds the fields that limit an answer to 32 tokens.
    """

    NAME: str
    LABEL: str
    REPLIES: str
    END_MARKER: bool
    ASKS_USAGE: bool
    ONLY_PICTURES: bool
    """Its replies are pictures alone, made of the last words, and come whole."""
    TAKES_SOUNDS: bool
    """A question may hold recordings, as WAV or MP3."""
    PAUSE: str
    """The vendor's word for a pause: given back what it said, it goes on. "" where there is none."""
    AUDIO: str
    """The wire of models for speech at the same address; "" where there are none."""
    EXTRA_HEADERS: frozenset[str]
    OPTIONS: Mapping[str, str]
    PARAMETERS: Mapping[str, Parameter]
    """The parameters that people may set; `request` carries each of them."""
    FIELDS: tuple[Field, ...]
    """The fields of a request that are left out or changed when a deployment refuses them."""
    PRESETS: tuple[Preset, ...]
    KEY_PLACEMENTS: tuple[KeyPlacement, ...]
    """The likelier first."""
    NEIGHBOURS: tuple[Neighbour, ...]
    SHORT_ANSWER: Mapping[str, Any]
    WEB_SEARCHES: tuple[WebSearch, ...]
    """The forms of web search; a name stands for one form on every wire."""

    def request(self, address: Address, prompt: Prompt) -> HttpRequest:
        """Return the request for a reply to `prompt`, without its key. Raises BadRequest."""

    def body(self, address: Address, prompt: Prompt) -> dict[str, Any]:
        """Return the body of a request before the quirks of its FIELDS, and before the raw extras."""

    def parser(self) -> Parse:
        """Return a function that yields the findings of one reply's decoded objects, called in their order.

        It raises VendorError for an object that is an error.
        """

    def words_alone(self, event: Mapping[str, Any]) -> str:
        """Return the text of an object that holds nothing else, if a quick look shows that; else ""."""

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
        """Return the error of a response with an error status."""

    def catalogue_request(self, address: Address, page: str = "") -> HttpRequest:
        """Return the request for one page of the vendor's model list, without its key."""

    def parse_catalogue(self, answer: object) -> tuple[list[CatalogueEntry], str]:
        """Return the models of one page, and the mark of the next page, "" on the last. Raises VendorError."""

    def other_list(self, address: Address) -> Address | None:
        """Return where the same vendor may list its models if it has no list here, or None."""

    def drawn(self, model: str) -> Mapping[str, Parameter] | None:
        """Return the parameters of pictures that models of this name usually take; None if it tells of no pictures."""

    def hint(self, base: str, model: str) -> Hint:
        """Return the strength of the evidence for this wire in an unknown address and a model's name."""

    def doors(self, base: str, root: str) -> Iterator[Question]:
        """Yield questions to the places where this wire may be at an unknown address, the likelier first.

        `root` is the address before its version.
        """

    def plainer(self, question: Question) -> Question:
        """Return a question that asks for less, for a vendor that accepts the key but not the question."""


class SpeakingWire(Protocol):
    """The interface of a wire whose models read aloud."""

    def speech_request(self, address: Address, prompt: Prompt) -> HttpRequest:
        """Return the request to read the words of `prompt` aloud, without its key."""

    def begins_sound(self, content: bytes | bytearray) -> bool:
        """Return whether these first bytes of an answer are those of a sound."""

    def sound_in(self, content: bytes) -> tuple[Part, Usage | None]:
        """Return the sound of an answer, and token counts if it has some. Raises VendorError for any other answer."""


class TaskWire(Protocol):
    """The interface of a wire whose replies are tasks, asked about until they are done."""

    def task_in(self, answer: bytes) -> str:
        """Return the id of the task that an answer has begun, or ""."""

    def status_request(self, address: Address, task: str) -> HttpRequest:
        """Return the request that asks how a task stands, without its key."""

    def is_under_way(self, answer: bytes) -> bool:
        """Return whether an answer says that the vendor goes on with the task."""

    def has_ended(self, answer: bytes) -> bool:
        """Return whether an answer is the task's end, good or bad."""


WIRES: Mapping[str, Wire] = {
    wire.NAME: wire for wire in (gemini, openai, responses, anthropic, image_api, task_api, audio_api)
}


TASKS: Mapping[str, TaskWire] = {task_api.NAME: task_api}
SPEAKING: Mapping[str, SpeakingWire] = {audio_api.NAME: audio_api, gemini.NAME: gemini_speech}


def wire(name: str) -> Wire:
    """Return the wire called `name`. Raises AddressRefused for one that only a later version knows."""
    if name not in WIRES:
        raise AddressRefused(
            because="This version of Chatsite does not know “%(name)s”, the protocol of this endpoint.",
            about={"name": name},
        )
    return WIRES[name]


def neighbours(name: str) -> dict[str, Wire]:
    """Return the wires that single models may speak at an address of the wire called `name`."""
    known = WIRES.get(name)
    return {one.wire: WIRES[one.wire] for one in (known.NEIGHBOURS if known else ()) if one.wire in WIRES}


def makes_only_pictures(name: str) -> bool:
    """Return whether the wire called `name` brings pictures and nothing else."""
    return name in WIRES and WIRES[name].ONLY_PICTURES


def takes_sounds(name: str) -> bool:
    """Return whether questions on the wire called `name` may hold recordings."""
    return name in WIRES and WIRES[name].TAKES_SOUNDS


def audio(name: str) -> str:
    """Return the wire of models for speech at an address of the wire called `name`, or ""."""
    return WIRES[name].AUDIO if name in WIRES else ""


def drawing(name: str, model: str) -> tuple[str, bool]:
    """Return the wire of a model at an endpoint of the wire called `name`, and whether it makes pictures.

    The wire is "" for a model that speaks its endpoint's.
    """
    beside = (one for one, wire in neighbours(name).items() if wire.ONLY_PICTURES and wire.drawn(model) is not None)
    is_drawn = name in WIRES and WIRES[name].drawn(model) is not None
    own = "" if is_drawn else next(beside, "")
    return own, is_drawn or own != ""


def key_placements() -> dict[str, KeyPlacement]:
    """Return the places of a key on all wires, by name."""
    return {placement.name: placement for wire in WIRES.values() for placement in wire.KEY_PLACEMENTS}


def key_placement(name: str) -> KeyPlacement:
    """Return the place of a key called `name`. Raises AddressRefused for one that only a later version knows."""
    places = key_placements()
    if name not in places:
        raise AddressRefused(
            because="This version of Chatsite does not know “%(name)s”, the place of this endpoint's key.",
            about={"name": name},
        )
    return places[name]
