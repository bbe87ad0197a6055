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

    Meanwhile `probes` short questions are asked in sequence, in a conversation of `history` messages. With `starts` all
    streams begin within that many seconds, and their own first words are what is measured. With several `processes`,
    each viewer of a stream is at another one, and the last one's latencies are measured.
    """

    name: str
    streams: int
    viewers: int = 1
    html: bool = False
    history: int = 0
    rate: int = 50
    seconds: float = 5.0
    probes: int = 20
    pings: int = 60
    starts: float = 0.0
    processes: int = 1

    @property
    def spread(self) -> float:
        """Return the seconds over which the streams begin."""
        return self.starts or max(1.0, self.streams * 0.04)

    @property
    def is_of_first_words(self) -> bool:
        """Return whether nothing but the first words is of interest."""
        return not self.streams or bool(self.starts)


SCENARIOS = (
    Scenario("10 streams", 10),
    Scenario("100 streams", 100),
    Scenario("400 streams", 400),
    Scenario("150 streams, rendered HTML", 150, html=True),
    Scenario("1 stream, 20 viewers", 1, viewers=20),
    Scenario("100 starts within a second", 100, seconds=1.0, starts=1.0, pings=0),
    Scenario("a conversation of 2,000 messages", 0, history=2000, pings=0),
)
SHORT = (Scenario("8 people, each asks for one word after the other", 8, rate=1000),)
"""Questions of one-word replies, each asked once the reply before has ended."""
TWO_PROCESSES = (
    Scenario("50 streams and a second reader of each, one process", 50, viewers=2),
    Scenario("the same in two processes, read at the other one", 50, viewers=2, processes=2),
)
"""These need PostgreSQL and Redis."""
QUICK = (Scenario("2 streams", 2, viewers=2, html=True, history=4, seconds=0.5, probes=2, pings=2),)
"""For the test that the benchmark runs at all, as are these."""
QUICK_SHORT = (Scenario("2 people", 2, rate=1000, seconds=0.3),)


def plan_in(body: bytes) -> Plan:
    """Return the plan in the last message of a request."""
    found = _PLAN.search(body, body.rfind(b"plan "))
    assert found, "the question holds no plan"
    return Plan(found[1].decode(), int(found[2]), int(found[3]))


def said_before(number: int) -> str:
    """Return the text of message `number` of a long conversation."""
    return f"Message {number} of a long conversation. " + "Some words that somebody wrote or read. " * 4
