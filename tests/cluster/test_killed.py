"""S11: the process that writes a reply is killed; its readers elsewhere see that within seconds, and go on."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.cluster.asking import ask, finished
from tests.cluster.site import Process, Site
from tests.vendor_replies import Step, hold, openai_end, openai_event

SILENCE = "SELECT extract(epoch FROM now() - heartbeat)::float FROM conversations_message WHERE id = %s"
LATEST = 8.5
"""Seconds: a heartbeat is at most one old, five without one are suspicious, two more mean death."""


@contextmanager
def stalled_commits(site: Site) -> Iterator[psycopg.Connection[Any]]:
    """Stall the commits of a database that can still be read, as a disk does that stands still."""
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        try:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            connection.execute("SELECT pg_reload_conf()")
            yield connection
        finally:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


def test_s11_readers_elsewhere_see_the_ends_and_may_go_on(site: Site, here: Process, there: Process) -> None:
    """One reply breaks off; the other's end is stored, and the dying process tells nobody of it.

    Between the commit and the news nobody can aim, so the end is written as that process would have.
    """
    dying, living = site_with_a_newcomer(site, here)
    site.vendor.play(*([200, openai_event("Hel"), hold] for _ in range(2)))
    alice, bob = dying.socket("alice"), there.socket("bob")
    asked = [ask(alice, site) for _ in range(2)]
    broken, ended = replies = [ack["replies"][0] for ack in asked]
    for reply in replies:
        site.stored(reply, "Hel")
    far, further = readers = [there.reader("bob", ack["conversation"]) for ack in asked]
    for reader, reply in zip(readers, replies, strict=True):
        reader.until(lambda reader=reader, reply=reply: reader.text(reply) == "Hel")
    dying.process.send_signal(signal.SIGSTOP)
    site.write(
        "UPDATE conversations_message SET status = 'complete', finish_reason = 'stop', ended_at = now(), revision ="
        " (SELECT revision + 1 FROM conversations_conversation WHERE id = conversation_id) WHERE id = %s",
        ended,
    )
    site.write("UPDATE conversations_conversation SET revision = revision + 2 WHERE id = %s", asked[1]["conversation"])
    dying.kill()
    far.until(lambda: far.status(broken) == "interrupted", LATEST)
    further.until(lambda: further.status(ended) == "complete", LATEST)
    assert [far.text(broken), further.text(ended)] == ["Hel", "Hel"]
    assert far.messages[broken]["error"]["code"] == "server_restarted"
    again = bob.ask("reply.continue", message=broken)
    assert finished(bob, again["replies"][0])["status"] == "complete"
    living()


def site_with_a_newcomer(site: Site, here: Process) -> tuple[Process, Callable[[], None]]:
    """Start a process beside a reply of another, which it does not end; return a check that it comes to its own end."""
    go = threading.Event()
    site.vendor.play([200, openai_event("Hel"), go, openai_event("lo"), openai_end()])
    alice = here.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    [newcomer] = site.start()
    late = newcomer.reader("bob", ack["conversation"])
    assert late.text(ack["replies"][0]) == "Hel"
    late.close()

    def ends_whole() -> None:
        go.set()
        end = finished(alice, ack["replies"][0])
        assert (end["status"], end["text"]) == ("complete", "Hello")

    return newcomer, ends_whole


def test_s03_a_process_that_slept_while_its_reply_was_ended_adds_nothing(
    site: Site, there: Process, request: pytest.FixtureRequest
) -> None:
    [sleeper] = site.start()
    go, said = threading.Event(), threading.Event()

    def script() -> Iterator[Step]:
        yield from (200, openai_event("Hel"), go, openai_event("lo"))
        said.set()
        yield openai_end()

    site.vendor.play(script())
    alice = sleeper.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    reply, conversation = ack["replies"][0], ack["conversation"]
    site.stored(reply, "Hel")
    near, far = sleeper.reader("bob", conversation), there.reader("bob", conversation)
    sleeper.process.send_signal(signal.SIGSTOP)
    request.addfinalizer(lambda: sleeper.process.send_signal(signal.SIGCONT))
    far.until(lambda: far.status(reply) == "interrupted", LATEST)
    go.set()
    assert said.wait(5)
    sleeper.process.send_signal(signal.SIGCONT)
    near.until(lambda: near.status(reply) == "interrupted")
    assert near.text(reply) == far.text(reply) == "Hel"
    assert "lo" not in [frame.get("text") for frame in near.frames + alice.frames]
    assert sleeper.end() == 0


def test_a_database_that_stands_still_for_a_while_kills_no_reply(site: Site, here: Process, there: Process) -> None:
    go = threading.Event()
    site.vendor.play([200, openai_event("Hel"), go, openai_event("lo"), openai_end()])
    alice = here.socket("alice")
    ack = ask(alice, site)
    reply, conversation = ack["replies"][0], ack["conversation"]
    site.stored(reply, "Hel")
    far = there.reader("bob", conversation)
    with stalled_commits(site) as looking:
        while looking.execute(SILENCE, [reply]).fetchone() < (6.5,):
            threading.Event().wait(0.1)
    go.set()
    far.until(lambda: far.status(reply) not in ("waiting", "streaming"))
    assert (far.status(reply), far.text(reply)) == ("complete", "Hello")
