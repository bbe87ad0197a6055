"""One process writes the reply, another one has its readers: the same events, the same text, at once."""

import http.client
import json
import threading
import time
from statistics import median
from typing import Any

import pytest

from conversations.markdown.patches.shorthand import shorten
from tests.cluster.asking import ask, finished
from tests.cluster.site import Process, Site
from tests.event_streams import EVENTS, EventStream
from tests.vendor_replies import hold, openai_end, openai_event

LARGE = "x" * 40_000


def events(frames: list[dict[str, Any]], conversation: str) -> list[dict[str, Any]]:
    """Return the events of a conversation without presence and typing.

    The HTML differs for each reader, so it is left out too.
    """
    told = (frame for frame in frames if frame.get("conversation") == conversation and frame["type"] != "ack")
    return [{**frame, "html": None} for frame in told if frame["type"] not in ("message.waiting", "presence", "typing")]


def test_readers_at_both_processes_get_the_same_events(site: Site, here: Process, there: Process) -> None:
    alice, first = here.socket("alice"), ask(here.socket("alice"), site, "one")
    conversation = first["conversation"]
    alice.event("conversation.updated", conversation=conversation, streaming=False)
    near, far = here.reader("alice", conversation), there.reader("bob", conversation)
    pages = here.reader("alice", conversation, html=True), there.reader("bob", conversation, html=True)
    end = near.revision + 5  # the question, the reply, that it moved; the reply's end, that it moved
    site.vendor.play([200, *(openai_event(f"word{number} ") for number in range(200)), openai_end()])
    reply = ask(alice, site, "two", conversation=conversation, parent=first["replies"][0])["replies"][0]
    for reader in (near, far, *pages):
        reader.until(lambda reader=reader: reader.revision == end)
        assert reader.text(reply) == "".join(f"word{number} " for number in range(200))
    told = [[event for event in events(reader.frames, conversation) if reply in repr(event)] for reader in (near, far)]
    assert told[0] == told[1]
    assert len(told[0]) > 2
    assert [reader.gaps for reader in (near, far, *pages)] == [0] * 4


def test_sidebars_at_another_process_hear_of_conversations_and_outsiders_do_not(
    site: Site, here: Process, there: Process
) -> None:
    bob, carol = there.socket("bob"), there.socket("carol")
    conversation = ask(here.socket("alice"), site)["conversation"]
    bob.event("conversation.updated", conversation=conversation, streaming=True)
    bob.event("conversation.updated", conversation=conversation, streaming=False)
    assert carol.ask("ping")["type"] == "ack"
    assert conversation not in json.dumps(carol.frames)


def test_a_choice_in_one_process_leads_the_readers_of_another(site: Site, here: Process, there: Process) -> None:
    alice, bob = here.socket("alice"), there.socket("bob")
    first = ask(alice, site, "one")
    finished(alice, first["replies"][0])
    again = alice.ask("reply.retry", message=first["replies"][0])["replies"][0]
    finished(alice, again)
    assert bob.ask("conversation.open", conversation=first["conversation"])["place"] == again
    assert alice.ask("branch.choose", message=first["replies"][0])["type"] == "ack"
    bob.wait(lambda frame: "place" in frame and frame["place"]["message"] == first["replies"][0])
    (other,) = bob.ask("branch.look", message=again)["elsewhere"]
    assert (other["end"], other["number"], other["person"]["name"]) == (first["replies"][0], 1, "alice")


def test_who_comes_late_to_another_process_sees_the_text_so_far_at_once(
    site: Site, here: Process, there: Process
) -> None:
    go = threading.Event()
    site.vendor.play([200, openai_event("Hel"), openai_event("lo "), go, openai_event("you"), openai_end()])
    alice, bob = here.socket("alice"), there.socket("bob")
    ack = ask(alice, site)
    reply, heard = ack["replies"][0], ""
    while heard != "Hello ":
        heard += alice.event("message.delta", message=reply)["text"]
    opened = bob.ask("conversation.open", conversation=ack["conversation"], html=True)
    entry = opened["streaming"][0]
    assert (entry["message"], entry["text"]) == (reply, "Hello ")
    assert entry["html"]["add"] == [shorten("<p>Hello</p>")]
    go.set()
    delta = bob.event("message.delta", message=reply)
    assert (delta["seq"], delta["text"]) == (entry["seq"] + 1, "you")
    assert bob.event("message.finished")["message"]["text"] == "Hello you"


def test_a_stop_reaches_the_vendor_through_the_other_process_at_once(
    site: Site, here: Process, there: Process, request: pytest.FixtureRequest
) -> None:
    """Within half a second, except for one stop in twenty.

    The few stops of a quick run may meet a busy machine once or twice.
    """
    tries, slow = (20, 1) if request.config.getoption("--soak") else (4, 2)
    in_time = 0
    alice, bob = here.socket("alice"), there.socket("bob")
    for _ in range(tries):
        site.vendor.play([200, openai_event("Hel"), hold])
        ack = ask(alice, site)
        alice.event("message.delta", message=ack["replies"][0])
        bob.send("reply.stop", message=ack["replies"][0])
        in_time += site.vendor.requests[-1].hung_up.wait(0.5)
        told = finished(alice, ack["replies"][0])
        assert (told["status"], told["text"]) == ("stopped", "Hel")
    assert in_time >= tries - slow


def test_a_question_waits_for_the_reply_of_another_process(site: Site, here: Process, there: Process) -> None:
    go = threading.Event()
    site.vendor.play([200, openai_event("Hel"), go, openai_event("lo"), openai_end()])
    alice, bob = here.socket("alice"), there.socket("bob")
    first = ask(alice, site, "one")
    alice.event("message.delta")
    second = ask(bob, site, "two", conversation=first["conversation"], parent=first["replies"][0])
    bob.event("message.waiting", message=second["replies"][0])
    go.set()
    assert finished(bob, second["replies"][0])["text"].startswith("You said: bob: two. Before that: alice: one | Hello")


def test_s08_a_thousand_events_reach_fifty_readers_elsewhere(site: Site, here: Process, there: Process) -> None:
    """All readers reach the same seq, within two seconds of the last word; an event larger than a packet too."""
    words = [f"w{number} " for number in range(1000)]
    site.vendor.play([200, openai_event("first "), (go := threading.Event()), *map(openai_event, words),
                      openai_event(LARGE), (end := threading.Event()), openai_end()])  # fmt: skip
    alice = here.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    reply = ack["replies"][0]
    readers = [there.reader(f"reader{number % 10}", ack["conversation"]) for number in range(50)]
    near = here.reader("alice", ack["conversation"])
    go.set()
    text = "first " + "".join(words) + LARGE
    near.until(lambda: near.text(reply) == text)
    began, seconds = time.monotonic(), []
    for reader in readers:
        reader.until(lambda reader=reader: reader.text(reply) == text)
        seconds.append(time.monotonic() - began)
    assert median(seconds) < 2, "half of them: this one process plays all fifty"
    assert {reader.seq(reply) for reader in readers} == {near.seq(reply)}
    end.set()
    for reader in readers:
        reader.until(lambda reader=reader: reader.status(reply) == "complete")
    assert [reader.gaps for reader in readers] == [0] * 50


def test_a_conversation_that_is_deleted_elsewhere_hangs_up_on_the_vendor(
    site: Site, here: Process, there: Process
) -> None:
    site.vendor.play([200, openai_event("Hel"), hold])
    alice = here.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    there.delete("alice", ack["conversation"])
    alice.event("conversation.gone", conversation=ack["conversation"])
    assert site.vendor.requests[-1].hung_up.wait(0.5)


def test_a_process_that_ends_says_so_at_the_others(site: Site, there: Process) -> None:
    [going] = site.start()
    site.vendor.play([200, openai_event("Hel"), hold])
    alice = going.socket("alice")
    ack = ask(alice, site)
    alice.event("message.delta")
    far = there.reader("bob", ack["conversation"])
    assert going.end() == 0
    far.until(lambda: far.status(ack["replies"][0]) == "interrupted", 2)
    assert far.text(ack["replies"][0]) == "Hel"


def test_commands_of_an_event_stream_may_reach_any_process(site: Site, here: Process, there: Process) -> None:
    """No proxy needs to keep a client at one process."""
    cookie = {"Cookie": f"sessionid={site.sessions['bob']}"}
    stream = site.opened(EventStream(here.origin, cookie, origin=here.origin))
    command = {
        "type": "message.send",
        "id": "x" * 40,
        "conversation": None,
        "text": "y" * 90_000,
        "models": [site.model],
    }
    headers = {**stream.sent_headers, "Host": there.origin.removeprefix("http://"), "Origin": there.origin}
    elsewhere = http.client.HTTPConnection("127.0.0.1", there.port, timeout=30)
    elsewhere.request("POST", f"{EVENTS}/{stream.name}", json.dumps(command), headers)
    assert elsewhere.getresponse().status == 202
    elsewhere.close()
    events = [json.loads(stream.recv(30))]
    while events[-1]["type"] != "message.finished":
        events.append(json.loads(stream.recv(30)))
    assert [event["id"] for event in events if event["type"] == "ack"] == [command["id"]]
