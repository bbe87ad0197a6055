"""S11: the process that writes a reply is killed; its readers elsewhere see that within seconds, and go on."""

import threading

from tests.cluster.asking import ask, finished
from tests.cluster.site import Process, Site
from tests.fake_vendor import hold, openai_end, openai_event

LATEST = 6.5
"""Seconds: a heartbeat is at most one old, five without one mean death, and somebody looks every second."""


def test_readers_elsewhere_see_the_end_and_may_go_on(site: Site, there: Process) -> None:
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
