"""C10, C11: two seconds after losing the right to read a streaming reply, a person receives nothing of it.

That holds at every process.
"""

import threading
import time
from collections.abc import Iterator
from itertools import chain, count
from statistics import quantiles

import pytest
from websockets.exceptions import ConnectionClosed

from tests.cluster.asking import ask
from tests.cluster.site import Process, Site
from tests.cluster.withdrawing import TOKEN, WAYS, Newcomer, newcomers, withdraw
from tests.shell import inside
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, openai_end, openai_event

PAUSE = 0.05
MORE = 50
"""Words that others still hear."""


class Ear(threading.Thread):
    """The events of a conversation that one socket receives, with their times, until it is closed."""

    def __init__(self, socket: Socket, conversation: str) -> None:
        super().__init__(daemon=True)
        assert socket.ask("conversation.open", conversation=conversation)["type"] == "ack"
        self._socket, self._conversation = socket, conversation
        self.last, self.words, self.is_out = 0.0, 0, False
        self._changed = threading.Condition()
        self.start()

    def run(self) -> None:
        try:
            while True:
                self._note(self._socket.wait(lambda _: True, 60))
        except (ConnectionClosed, TimeoutError):
            self._note({"type": "closed"})

    def _note(self, frame: dict[str, object]) -> None:
        with self._changed:
            if frame["type"] in ("closed", "conversation.gone"):
                self.is_out = True
            elif frame.get("conversation") == self._conversation:
                self.last, self.words = time.monotonic(), self.words + (frame["type"] == "message.delta")
            self._changed.notify_all()

    def until_out(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.is_out, 15)

    def until_words(self, words: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.words >= words, 15)


@pytest.fixture
def babble(site: Site) -> Iterator[threading.Event]:
    """Let the vendor talk on and on until the returned event is set."""
    enough = threading.Event()

    def words(_: Received) -> Iterator[Step]:
        yield 200
        for number in count():
            yield openai_event(f"w{number} ")
            if enough.wait(PAUSE):
                break
        yield openai_end()

    usual, site.vendor.script = site.vendor.script, words
    yield enough
    enough.set()
    site.vendor.script = usual


def listen(process: Process, way: str, person: Newcomer, conversation: str) -> Ear:
    session, token = ("", person.token) if way == TOKEN else (person.session, "")
    return Ear(process.site.opened(Socket(process.origin, session, token=token)), conversation)


def delays(site: Site, processes: list[Process], run: int) -> dict[str, float]:
    """Return the seconds from each commit to the last event received, the later of both processes."""
    people = newcomers(site, run)
    alice = processes[0].socket("alice")
    ack = ask(alice, site)
    conversation = ack["conversation"]
    stays = Ear(alice, conversation)
    ears = {way: [listen(process, way, people[way], conversation) for process in processes] for way in WAYS}
    for ear in chain.from_iterable(ears.values()):
        ear.until_words(1)
    moments = withdraw(site, processes[0], people)
    for ear in chain.from_iterable(ears.values()):
        ear.until_out()
    stays.until_words(stays.words + MORE)
    alice.send("reply.stop", message=ack["replies"][0])
    return {way: max(max(0.0, ear.last - moments[way]) for ear in ears[way]) for way in WAYS}


def test_who_may_no_longer_read_hears_no_more_within_two_seconds(
    site: Site, here: Process, there: Process, babble: threading.Event, request: pytest.FixtureRequest
) -> None:
    soak = request.config.getoption("--soak")
    runs = [delays(site, [here, there], run) for run in range(20 if soak else 1)]
    for way in WAYS if soak else ():
        seconds = sorted(run[way] for run in runs)
        middle, late = quantiles(seconds, n=20, method="inclusive")[9::9]
        print(f"{way}: p50 {middle:.2f} s, p95 {late:.2f} s, max {seconds[-1]:.2f} s")
    assert max(max(run.values()) for run in runs) < (2 if soak else 20), "seconds; more where other tests run beside"


_LINK = """
from conversations.hashed_tokens import token_digest
message = Message.objects.filter(conversation="{conversation}").order_by("id").first()
share = Share.objects.create(conversation=message.conversation, message=message, made_by=message.conversation.owner,
                             digest=token_digest("{secret}"))
"""


def test_a_link_that_is_revoked_leads_nowhere_at_any_process(site: Site, here: Process, there: Process) -> None:
    conversation = ask(here.socket("alice"), site)["conversation"]
    secret = f"link-{conversation}"
    share = inside(site.environment, _LINK.format(conversation=conversation, secret=secret), "share.pk")
    assert [process.status(f"/s/{secret}/") for process in (here, there)] == [200, 200]
    site.write("UPDATE conversations_share SET revoked_at = now() WHERE id = %s", str(share))
    assert [process.status(f"/s/{secret}/") for process in (here, there)] == [404, 404]
