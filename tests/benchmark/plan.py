"""The scenarios, and the question in which a viewer tells the vendor its plan."""

import re
from dataclasses import dataclass

ENDLESS = 1_000_000
_PLAN = re.compile(rb"plan (\w+) (\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class Plan:
    """The vendor's answer to one question: the number of deltas, and deltas a second; `tag` finds its text afterwards.

    With ENDLESS deltas it goes on until it is told to end.
    """

    tag: str
    deltas: int
    rate: int

    def question(self) -> str:
        return f"plan {self.tag} {self.deltas} {self.rate}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`streams` replies at once at `rate` deltas a second, each with `viewers`, measured for `seconds`.

    Meanwhile `probes` short questions are asked in sequence, in a conversation of `history` messages.
    """

    name: str
    streams: int
    viewers: int = 1
    html: bool = False
    history: int = 0
    rate: int = 50
    seconds: float = 5.0
    probes: int = 20

    @property
    def spread(self) -> float:
        """Return the seconds over which the streams begin."""
        return max(1.0, self.streams * 0.04)


SCENARIOS = (
    Scenario("10 streams", 10),
    Scenario("100 streams", 100),
    Scenario("400 streams", 400),
    Scenario("150 streams, rendered HTML", 150, html=True),
    Scenario("1 stream, 20 viewers", 1, viewers=20),
    Scenario("a conversation of 2,000 messages", 0, history=2000),
)
QUICK = (Scenario("2 streams", 2, viewers=2, html=True, history=4, seconds=0.5, probes=2),)
"""For the test that the benchmark runs at all."""


def plan_in(body: bytes) -> Plan:
    """Return the plan in the last message of a request."""
    found = _PLAN.search(body, body.rfind(b"plan "))
    assert found, "the question holds no plan"
    return Plan(found[1].decode(), int(found[2]), int(found[3]))


def said_before(number: int) -> str:
    """Return the text of message `number` of a long conversation."""
    return f"Message {number} of a long conversation. " + "Some words that somebody wrote or read. " * 4
