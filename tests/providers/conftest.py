"""A fake vendor, and one function to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.transport.network import Network
from providers.types import Address, Clocks, Delta, Prompt, Turn
from tests.fake_vendor import FakeVendor
from tests.providers.reading import turns as conversation

SECRET = "sk-canary-5f0e9b2c7d41"


class PlainKey:
    """A key as the transport expects it."""

    def __init__(self, secret: str = SECRET) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """Return the key itself."""
        return self._secret


@pytest.fixture
def wire_vendor() -> Iterator[FakeVendor]:
    """Yield a vendor on loopback."""
    with FakeVendor() as server:
        yield server


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Return whether the long checks run in full."""
    return bool(request.config.getoption("--soak"))


Ask = Callable[..., Stream]


@pytest.fixture
def ask(wire_vendor: FakeVendor) -> Ask:
    """Return a function that makes a stream to the fake vendor: `ask("Hi", wire="gemini", clocks=…)`."""

    def make(
        *texts: str,
        wire: str = "openai",
        clocks: Clocks | None = None,
        turns: tuple[Turn, ...] = (),
        system: str = "",
        parameters: Mapping[str, Any] = MappingProxyType({}),
        searches: int = 0,
        **fields: Any,
    ) -> Stream:
        base_url = wire_vendor.gemini_url if wire == "gemini" else wire_vendor.openai_url
        address = Address(wire, base_url, clocks=clocks or Clocks(10, 10, 20), **fields)  # type: ignore[arg-type]
        prompt = Prompt("m", turns or conversation(*texts or ("Hi",)), system, parameters)
        network = Network(wire_vendor.private_hosts)
        return Stream(address, prompt, PlainKey(), network=network, searches=searches)

    return make


def said(stream: Stream) -> str:
    """Return the whole answer text of a stream."""
    with stream:
        return "".join(delta.text for delta in stream)


def gone_on(make: Callable[[tuple[Turn, ...], int], Stream]) -> tuple[list[Delta], list[Stream]]:
    """Return what comes of all calls with which a vendor wants to go on, and their streams."""
    deltas, streams, turns = list[Delta](), list[Stream](), tuple[Turn, ...]()
    while not streams or streams[-1].following is not None:
        with make(turns, len(streams)) as stream:
            deltas += stream
        streams.append(stream)
        turns = stream.following.turns if stream.following else ()
    return deltas, streams
