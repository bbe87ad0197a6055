"""The wires we speak, by name; a new one is one folder and one name here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from providers.errors import VendorError
from providers.types import Address, CatalogueEntry, HttpRequest, Prompt
from providers.wires.declarations import Hint, KeyPlacement, Preset, Question
from providers.wires.gemini import wire as gemini
from providers.wires.openai import wire as openai
from providers.wires.parsed import Found


class Wire(Protocol):
    """What a wire's module offers.

    `THINK_TAGS` says whether `<think>` in its answer text opens a thought, `END_MARKER` whether `[DONE]` ends a stream,
    `ASKS_USAGE` whether token counts may come only where `Address.ask_usage` asks for them. `LABEL` is marked for
    translation. `EXTRA_HEADERS` are those in lower case that an administrator may add for this vendor, `OPTIONS` the
    fields of an Address that this wire heeds, each with a word for it, `SHORT_ANSWER` what asks for at most 32 tokens.
    """

    NAME: str
    LABEL: str
    THINK_TAGS: bool
    END_MARKER: bool
    ASKS_USAGE: bool
    EXTRA_HEADERS: frozenset[str]
    OPTIONS: Mapping[str, str]
    PRESETS: tuple[Preset, ...]
    KEY_PLACEMENTS: tuple[KeyPlacement, ...]
    """The likelier first."""
    SHORT_ANSWER: Mapping[str, Any]

    def request(self, address: Address, prompt: Prompt) -> HttpRequest:
        """The call that asks `prompt`, without its key."""

    def parse(self, event: Mapping[str, Any]) -> Iterator[Found]:
        """What one decoded object adds to the reply; raises VendorError when it is an error."""

    def words_alone(self, event: Mapping[str, Any]) -> str:
        """The text of an object that adds nothing else to the reply, where that is quickly seen; else ""."""

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
        """What a response with an error status means."""

    def learnt(self, error: VendorError, known: frozenset[str]) -> frozenset[str]:
        """`known` and what `error` teaches about this deployment, for `Address.learnt`."""

    def catalogue_request(self, address: Address, page: str = "") -> HttpRequest:
        """The call for one page of the vendor's model list, without its key."""

    def parse_catalogue(self, answer: object) -> tuple[list[CatalogueEntry], str]:
        """The models that one page lists, and the mark of the next page, empty on the last; raises VendorError."""

    def hint(self, base: str, model: str) -> Hint:
        """Return how much an unknown address and the name of a model there speak for this wire."""

    def doors(self, base: str, root: str) -> Iterator[Question]:
        """Yield where this wire may be found at an unknown address; `root` is what stands before its version."""

    def plainer(self, question: Question) -> Question:
        """Return a question that asks for less, for a vendor that takes the key but not the question."""


WIRES: Mapping[str, Wire] = {wire.NAME: wire for wire in (gemini, openai)}


def wire(name: str) -> Wire:
    """The wire called `name`."""
    return WIRES[name]


def key_placements() -> dict[str, KeyPlacement]:
    """Return by name where keys go on any of the wires."""
    return {placement.name: placement for wire in WIRES.values() for placement in wire.KEY_PLACEMENTS}
