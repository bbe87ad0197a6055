"""Presence and typing, seen by people who have the same conversation open at another process."""

import json
from typing import Any

from tests.cluster.asking import ask, finished
from tests.cluster.site import Process, Site
from tests.sockets import Socket


def names(people: list[dict[str, str]]) -> set[str]:
    return {person["name"] for person in people}


def conversation_of(site: Site, process: Process) -> str:
    alice = process.socket("alice")
    ack = ask(alice, site)
    finished(alice, ack["replies"][0])
    return str(ack["conversation"])


def looking(process: Process, name: str, conversation: str) -> Socket:
    socket = process.socket(name)
    assert socket.ask("conversation.open", conversation=conversation)["type"] == "ack"
    return socket


def test_people_see_who_comes_and_goes_at_the_other_process(site: Site, here: Process, there: Process) -> None:
    conversation = conversation_of(site, here)
    reader = looking(here, "reader0", conversation)
    bob, carol = looking(there, "bob", conversation), there.socket("carol")
    assert carol.ask("conversation.open", conversation=conversation)["code"] == "not_found"
    assert "bob" in names(reader.wait(lambda frame: "bob" in names(frame.get("here", [])))["here"])
    bob.wait(lambda frame: "reader0" in names(frame.get("here", [])), 5)  # all are named every twenty seconds anyway
    bob.close()
    reader.wait(lambda frame: "bob" in names(frame.get("gone", [])))
    assert conversation not in json.dumps([frame for frame in carol.settle() if frame["type"] != "error"])


def test_typing_is_seen_at_the_other_process_by_those_who_look(site: Site, here: Process, there: Process) -> None:
    conversation = conversation_of(site, here)
    reader, bob = looking(here, "reader0", conversation), there.socket("bob")
    elsewhere, carol = here.socket("reader1"), here.socket("carol")
    assert bob.ask("typing", conversation=conversation)["type"] == "ack"
    assert reader.event("typing", conversation=conversation)["person"]["name"] == "bob"
    for socket in (elsewhere, carol):
        assert "typing" not in {frame["type"] for frame in socket.settle()}


def test_whoever_was_here_at_a_killed_process_is_there_again_at_another(
    site: Site, here: Process, there: Process
) -> None:
    conversation = conversation_of(site, here)
    [dying] = site.start()
    reader = looking(here, "reader0", conversation)
    looking(dying, "bob", conversation)
    reader.wait(lambda frame: "bob" in names(frame.get("here", [])))
    dying.kill()
    looking(there, "bob", conversation)
    reader.wait(lambda frame: not frame.get("_seen") and "bob" in names(frame.get("here", [])))


def test_a_mention_is_told_once_to_each_page_of_its_person_at_every_process(
    site: Site, here: Process, there: Process
) -> None:
    conversation = conversation_of(site, here)
    near, far, carol = here.socket("bob"), there.socket("bob"), there.socket("carol")
    alice = here.socket("alice")
    said = {"text": "@bob, @carol: look", "conversation": conversation, "models": [], "id": "mention"}
    first = ask(alice, site, **said)
    for socket in (near, far):
        socket.wait(lambda frame: frame["type"] == "mention.created" and frame["conversation"] == conversation)
    assert ask(alice, site, **said)["message"] == first["message"]
    for socket, times in ((near, 1), (far, 1), (carol, 0)):
        told = [frame["message"] for frame in socket.settle() if frame["type"] == "mention.created"]
        assert told == [first["message"]] * times


def test_what_happened_is_told_once_at_every_process_and_outside_and_without_redis_too(
    site: Site, here: Process, there: Process
) -> None:
    conversation = conversation_of(site, here)
    near, far, alice = here.socket("bob"), there.socket("bob"), here.socket("alice")
    ids = []
    for redis in ("there", "away"):
        if redis == "away":
            site.redis.stop()
        said = ask(alice, site, text="@bob look", conversation=conversation, models=[], id=f"told {redis}")
        ids.append(said["message"])
        for socket in (near, far) if redis == "there" else ():
            socket.wait(lambda frame: _tells(frame, ids[-1]))
        while site.robot.next_request().json["message"] != ids[-1]:
            pass  # one of an earlier test
    site.redis.start()
    unread = near.ask("notification.read", notification=None)["unread"]
    assert unread == 0
    far.wait(lambda frame: frame["type"] == "notification.read" and frame["unread"] == 0, 8)
    sent = [request.json["message"] for request in site.robot.requests]
    assert [sent.count(message) for message in ids] == [1, 1]
    assert sum(_tells(frame, ids[0]) for frame in far.settle()) == 1


def _tells(frame: dict[str, Any], message: str) -> bool:
    return frame["type"] == "notification.created" and frame["notification"]["message"] == message
