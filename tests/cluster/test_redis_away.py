"""S07: Redis goes, comes back empty, is wiped or does not answer: nothing depends on it, nothing is missing after."""

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.asking import ask, finished
from tests.cluster.site import Process, Site
from tests.vendor_replies import openai_end, openai_event


@pytest.fixture
def back(request: pytest.FixtureRequest) -> float:
    """Return the seconds after Redis' return within which every reader must be whole; more on a shared machine."""
    return 2.0 if request.config.getoption("--soak") else 8.0


@pytest.fixture
def away(request: pytest.FixtureRequest) -> float:
    """Return the seconds without Redis."""
    return 10.0 if request.config.getoption("--soak") else 1.0


@pytest.fixture
def pause() -> threading.Event:
    """Return an event that is never set, to let time pass: these tests are about time."""
    return threading.Event()


@pytest.fixture(autouse=True)
def _back(site: Site) -> Iterator[None]:
    yield
    if site.redis.process is None:
        site.redis.start()


def beginning(site: Site, here: Process) -> tuple[Any, dict[str, Any], threading.Event, threading.Event]:
    """Ask for a reply that has sent "one "; return its socket, its ack, and events for "two " and "three"."""
    second, third = threading.Event(), threading.Event()
    script = [200, openai_event("one "), second, openai_event("two "), third, openai_event("three"), openai_end()]
    site.vendor.play(script)
    alice = here.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    return alice, ack, second, third


def test_s07_readers_of_the_other_process_miss_nothing(
    site: Site, here: Process, there: Process, away: float, back: float, pause: threading.Event
) -> None:
    alice, ack, second, third = beginning(site, here)
    reply, conversation = ack["replies"][0], ack["conversation"]
    far, near = there.reader("bob", conversation), here.reader("alice", conversation)
    assert far.text(reply) == "one "
    site.redis.stop()
    second.set()
    near.until(lambda: near.text(reply) == "one two ")
    ask(alice, site, "next", conversation=conversation, parent=reply)
    pause.wait(away)
    site.redis.start()
    far.until(lambda: far.text(reply) == "one two " and far.revision == near.revision, back)
    assert far.messages.keys() == near.messages.keys()
    third.set()
    far.until(lambda: far.text(reply) == "one two three")
    far.until(lambda: far.revision == near.revision == 10)  # two questions and their replies
    assert far.messages == near.messages


def test_s07_what_ended_meanwhile_is_told(
    site: Site, here: Process, there: Process, away: float, back: float, pause: threading.Event
) -> None:
    alice, ack, second, third = beginning(site, here)
    reply = ack["replies"][0]
    far = there.reader("bob", ack["conversation"])
    bob = there.socket("bob")
    site.redis.stop()
    second.set(), third.set()
    pause.wait(away)
    assert finished(alice, reply)["text"] == "one two three"
    site.redis.start()
    far.until(lambda: far.status(reply) == "complete", back)
    assert far.text(reply) == "one two three"
    assert bob.event("conversation.updated", conversation=ack["conversation"])["streaming"] is False


def test_s07_everything_works_on_one_process_meanwhile(site: Site, here: Process, there: Process) -> None:
    site.redis.stop()
    bob = there.socket("bob")
    ack = ask(bob, site)
    assert finished(bob, ack["replies"][0])["status"] == "complete"
    assert there.status("/accounts/login/") == 200
    assert here.socket("alice").ask("conversation.open", conversation=ack["conversation"])["type"] == "ack"


def test_s07_a_stop_is_obeyed_through_the_row_meanwhile(site: Site, here: Process, there: Process) -> None:
    alice, ack, _, _ = beginning(site, here)
    site.redis.stop()
    assert there.socket("bob").ask("reply.stop", message=ack["replies"][0])["type"] == "ack"
    assert finished(alice, ack["replies"][0])["status"] == "stopped"


def test_s07_a_wiped_redis_is_not_noticed(site: Site, here: Process, there: Process) -> None:
    _, ack, second, third = beginning(site, here)
    far = there.reader("bob", ack["conversation"])
    assert site.redis.ask("FLUSHALL") == b"+OK\r\n"
    second.set(), third.set()
    far.until(lambda: far.status(ack["replies"][0]) == "complete")
    assert (far.text(ack["replies"][0]), far.gaps) == ("one two three", 0)


def test_s07_a_redis_that_hangs_holds_nobody_up(
    site: Site, here: Process, there: Process, back: float, pause: threading.Event
) -> None:
    alice, ack, second, third = beginning(site, here)
    reply = ack["replies"][0]
    far = there.reader("bob", ack["conversation"])
    assert site.redis.process
    site.redis.process.send_signal(signal.SIGSTOP)
    second.set()
    assert alice.event("message.delta", message=reply)["text"] == "two "
    pause.wait(3)  # longer than either side waits for an answer
    site.redis.process.send_signal(signal.SIGCONT)
    far.until(lambda: far.text(reply) == "one two ", back)
    third.set()
    far.until(lambda: far.text(reply) == "one two three")
