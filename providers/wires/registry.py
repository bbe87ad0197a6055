"""The wires we speak, by name; a new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from providers.errors import VendorError
from providers.types import Address, CatalogueEntry, HttpRequest, Prompt
from providers.wires.gemini import wire as gemini
from providers.wires.openai import wire as openai
from providers.wires.parsed import Found


class Wire(Protocol):
    """What a wire module offers.

    `THINK_TAGS` says whether `<think>` in its answer text opens a thought, `END_MARKER` whether `[DONE]` ends a stream.
    """

    THINK_TAGS: bool
    END_MARKER: bool

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
        """The models that one page lists, and the mark of the next page, empty on the last."""


WIRES: Mapping[str, Wire] = {"gemini": gemini, "openai": openai}


def wire(name: str) -> Wire:
    """The wire called `name`."""
    return WIRES[name]
