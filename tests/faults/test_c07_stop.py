"""C07: a stop, by any person and at any time, closes the vendor's connection within half a second.

The reply keeps its words.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from time import monotonic

from conversations.models import Message
from providers.models import LanguageModel
from tests.conftest import Cast, both_ways
from tests.conversations.test_engine import Connect, ask
from tests.fake_vendor import FakeVendor
from tests.faults.conftest import Bar
from tests.sockets import Socket
from tests.vendor_replies import Step, bare, event, openai_event

ROUNDS, ALL_ROUNDS = 2, 30
LAST = event({"choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]})

# The script before the stop, after which the vendor is silent; and the text that is left.
PHASES: dict[str, tuple[Sequence[Step], str]] = {
    "before the head": ([bare], ""),
    "before the first token": ([200], ""),
    "in the middle": ([openai_event("Hel")], "Hel"),
    "at the end": ([openai_event("Hel"), LAST], "Hello"),
}
STOPPERS = {
    "the same tab": ["alice"],
    "another tab": ["other"],
    "a team mate": ["bob"],
    "everybody twice": ["bob", "alice", "other"] * 2,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Everyone looks at the same conversation of a team; Carol is not in it."""

    vendor: FakeVendor
    model: LanguageModel
    team: object
    sockets: dict[str, Socket]

    def stop(self, phase: str, who: str) -> float:
        """Ask, stop in this phase, and see that it has stopped; seconds until the vendor's connection was closed."""
        script, text = PHASES[phase]
        alice = self.sockets["alice"]
        self.vendor.play([*script, self.vendor.gate])
        reply = ask(alice, self.model, team=self.team)["replies"][0]
        request = self.vendor.next_request()
        _hear(alice, reply, text)
        assert self.sockets["carol"].ask("reply.stop", message=reply)["code"] == "not_found"
        begun = monotonic()
        commands = [(name, self.sockets[name].send("reply.stop", message=reply)) for name in STOPPERS[who]]
        assert request.hung_up.wait(5), (phase, who)
        for name, command in commands:
            assert self.sockets[name].event("ack", id=command)
        told = alice.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)
        stored = Message.objects.get(pk=reply)
        assert (stored.status, stored.text) == ("stopped", text), (phase, who)
        assert (told["message"]["status"], told["message"]["text"]) == ("stopped", text), (phase, who)
        return request.hung_up_at - begun


@both_ways
def test_c07_a_stop_hangs_up_within_half_a_second(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, soak: bool, bar: Bar
) -> None:
    people = {"alice": cast.alice, "other": cast.alice, "bob": cast.bob, "carol": cast.carol}
    scene = Scene(vendor, model, cast.team.id, {name: connect(person) for name, person in people.items()})
    rounds = range(ALL_ROUNDS if soak else ROUNDS)
    seconds = [scene.stop(phase, who) for phase, who, _ in product(PHASES, STOPPERS, rounds)]
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"{len(seconds)} stops: p50 {statistics.median(seconds) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms", end=", ")
    print(f"slowest {max(seconds) * 1000:.0f} ms")
    assert p95 < bar(0.5)


def _hear(socket: Socket, reply: str, text: str) -> None:
    """Wait until these words have come."""
    heard = ""
    while heard != text:
        heard += socket.event("message.delta", message=reply)["text"]
