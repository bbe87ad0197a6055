"""S11: the process that writes a reply is killed; its readers elsewhere see that within seconds, and go on."""

import signal
import threading
from collections.abc import Iterator
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


def test_s11_readers_elsewhere_see_the_end_and_may_go_on(site: Site, there: Process) -> None:
    [dying] = site.start()
    site.vendor.play([200, openai_event("Hel"), hold])
    alice = dying.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    reply, conversation = ack["replies"][0], ack["conversation"]
    site.stored(reply, "Hel")
    far, bob = there.reader("bob", conversation), there.socket("bob")
    dying.kill()
    far.until(lambda: far.status(reply) == "interrupted", LATEST)
    assert far.text(reply) == "Hel"
    assert far.messages[reply]["error"]["code"] == "server_restarted"
    again = bob.ask("reply.continue", message=reply)
    assert finished(bob, again["replies"][0])["status"] == "complete"


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


def test_a_start_does_not_end_the_replies_of_living_processes(site: Site, here: Process) -> None:
    go = threading.Event()
    site.vendor.play([200, openai_event("Hel"), go, openai_event("lo"), openai_end()])
    alice = here.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    [newcomer] = site.start()
    late = newcomer.reader("bob", ack["conversation"])
    assert late.text(ack["replies"][0]) == "Hel"
    go.set()
    late.until(lambda: late.status(ack["replies"][0]) == "complete")
    assert late.text(ack["replies"][0]) == "Hello"
    assert newcomer.end() == 0


def test_an_end_that_a_dying_process_stored_and_told_nobody_of_is_told_by_another(site: Site, there: Process) -> None:
    """The end is written as that process would have: between its commit and the news of it nobody can aim."""
    [dying] = site.start()
    site.vendor.play([200, openai_event("Hel"), hold])
    alice = dying.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    reply, conversation = ack["replies"][0], ack["conversation"]
    site.stored(reply, "Hel")
    far = there.reader("bob", conversation)
    far.until(lambda: far.text(reply) == "Hel")
    dying.process.send_signal(signal.SIGSTOP)
    site.write(
        "UPDATE conversations_message SET status = 'complete', finish_reason = 'stop', ended_at = now(), revision ="
        " (SELECT revision + 1 FROM conversations_conversation WHERE id = conversation_id) WHERE id = %s",
        reply,
    )
    site.write("UPDATE conversations_conversation SET revision = revision + 2 WHERE id = %s", conversation)
    dying.kill()
    far.until(lambda: far.status(reply) == "complete", LATEST)
    assert far.text(reply) == "Hel"


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
