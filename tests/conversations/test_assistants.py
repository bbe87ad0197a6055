"""Assistants: who picks and changes them, what models are told, which model answers, and what replies keep of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conversations import actions
from conversations.actions.assistants import files, writing
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.models import Assistant, AssistantVersion, Conversation, File, Message, User
from conversations.models.assistants import version as versions
from conversations.protocol.assistants import checked
from conversations.protocol.prompts import Place
from providers.models import LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")
Connect = Callable[..., Socket]


def make(person: User, place: Place | None = None, **fields: Any) -> Assistant:
    told = {"name": "Mason", "instructions": "Speak like a mason.", **fields}
    return writing.create_assistant(person, place or Place(), **told)


def say(socket: Socket, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """Send a message, wait for its reply, and return the ack."""
    ack = socket.ask("message.send", **{"conversation": None, "text": text, **fields})
    assert ack["type"] == "ack", ack
    wait_for(socket, ack["replies"][0])
    return ack


def wait_for(socket: Socket, reply: str) -> None:
    socket.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)


@pytest.mark.parametrize("symbol", ["", "A", "中", "é", "🧱", "🏳️‍🌈", "👩🏽‍🏫", "🇨🇳", "1️⃣"])
def test_a_symbol_is_one_letter_or_emoji(symbol: str) -> None:
    assert checked({"symbol": symbol})["symbol"] == symbol


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"symbol": "AB"}, "bad_field"),
        ({"symbol": "🧱🧱"}, "bad_field"),
        ({"name": " "}, "bad_text"),
        ({"instructions": "w" * 100_001}, "too_long"),
        ({"starters": ["a", "b", "c", "d"]}, "bad_field"),
        ({"starters": "a"}, "bad_field"),
    ],
)
def test_what_is_no_assistant_is_refused(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(fields)
    assert refused.value.code == code


def test_a_reply_is_given_the_instructions_of_its_assistant_and_keeps_which(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    project = actions.create_project(cast.alice, name="Old town", instructions="In the old town.")
    mason = make(cast.alice, models=[model.pk], parameters={"temperature": 0.25}, symbol="🧱")
    files.add_files(cast.alice, mason.pk, [storage.store(cast.alice, "f.md", "text/plain", b"A facade.").pk])
    socket = connect(cast.alice)
    sent = say(socket, assistant=str(mason.pk), project=str(project.pk))
    Conversation.objects.update(system_prompt="Be short.")
    writing.change_assistant(cast.alice, mason.pk, instructions="Speak like a roofer.", name="Roofer")
    say(socket, "Again", conversation=sent["conversation"])
    told = [request.json["messages"] for request in vendor.requests]
    assert told[0][0]["content"] == "In the old town.\n\nSpeak like a mason."
    assert told[1][0]["content"] == "In the old town.\n\nSpeak like a roofer.\n\nBe short.", "the order, and the change"
    assert "A facade." in str(told[1][1])
    assert [request.json["temperature"] for request in vendor.requests] == [0.25, 0.25]
    note = {"id": str(mason.pk), "symbol": "🧱"}
    replies = Message.objects.filter(role="assistant").order_by("pk")
    kept = {**note, "parameters": {"temperature": 0.25}}
    assert [reply.assistant for reply in replies] == [
        {**kept, "name": "Mason", "version": 1},
        {**kept, "name": "Roofer", "version": 2},
    ]
    told = Api(cast.alice).get(f"/conversations/{sent['conversation']}")
    assert (told["assistant"], told["began_with"]["name"]) == (str(mason.pk), "Mason")
    page = Api(cast.alice).client
    assert "Mason</bdi></p>" in page.get(f"/conversations/{sent['conversation']}/").content.decode()
    assert "version 1</span>" in page.get(f"/replies/{replies[0].pk}/").content.decode()

    again = socket.ask("reply.retry", message=str(replies[0].pk))["replies"][0]
    wait_for(socket, again)
    assert Message.objects.get(pk=again).assistant == {**kept, "name": "Roofer", "version": 2}
    say(socket, "Without", conversation=sent["conversation"], assistant=None)
    say(socket, "Still without", conversation=sent["conversation"])
    assert "roofer" not in str(vendor.requests[-1].json["messages"][0])
    writing.delete_assistant(cast.alice, mason.pk)
    assert replies[0].assistant["name"] == "Mason", "deleting it harms nothing that was said"
    say(socket, "After", conversation=sent["conversation"])


def test_the_first_model_that_the_asker_may_use_answers_and_with_none_it_is_said(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    theirs = serve(vendor, "openai", "crew-only")
    cast.team.models.add(theirs)
    mason = make(cast.alice, Place("team", cast.team.pk), models=[theirs.pk, model.pk])
    socket = connect(cast.alice)
    assert say(socket, assistant=str(mason.pk), team=str(cast.team.pk))
    assert vendor.requests[-1].json["model"] == "crew-only"
    LanguageModel.objects.filter(pk=theirs.pk).update(enabled=False)
    say(socket, assistant=str(mason.pk), team=str(cast.team.pk))
    assert vendor.requests[-1].json["model"] == "parrot"
    writing.change_assistant(cast.alice, mason.pk, models=[theirs.pk])
    refused = socket.ask("message.send", conversation=None, text="Hi", assistant=str(mason.pk), team=str(cast.team.pk))
    assert (refused["code"], refused["field"]) == ("no_model", "assistant")
    assert "none of the models" in refused["text"]


def test_others_ask_without_an_assistant_that_is_not_theirs(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    own = make(cast.alice)
    alice, bob = connect(cast.alice), connect(cast.bob)
    sent = say(alice, assistant=str(own.pk), team=str(cast.team.pk), models=[model.pk])
    say(bob, "And me?", conversation=sent["conversation"], models=[model.pk])
    assert "mason" not in vendor.requests[-1].json["messages"][0]["content"]
    refused = bob.ask("message.send", conversation=None, text="Hi", assistant=str(own.pk))
    assert refused["code"] == "not_found"
    writing.change_assistant(cast.alice, own.pk, archived=True)
    refused = alice.ask("message.send", conversation=None, text="Hi", assistant=str(own.pk))
    assert refused["code"] == "not_found", "an archived one is not picked"
    say(alice, "Go on", conversation=sent["conversation"], assistant=str(own.pk))
    assert "mason" in vendor.requests[-1].json["messages"][0]["content"], "but it goes on"


def test_a_team_s_are_changed_by_those_who_publish_and_the_site_s_by_staff(cast: Cast) -> None:
    team = Place("team", cast.team.pk)
    for person in (cast.bob, cast.rita, cast.carol):
        with pytest.raises(NotFound):
            make(person, team)
    shared = make(cast.alice, team)
    with pytest.raises(NotFound):
        writing.change_assistant(cast.bob, shared.pk, name="Mine")
    actions.change_team(cast.alice, cast.team.pk, members_publish=True)
    writing.change_assistant(cast.bob, shared.pk, name="Ours")
    with pytest.raises(NotFound):
        make(cast.bob, Place("site"))
    make(cast.alice, Place("site"), name="Everybody's")
    assert [one.name for one in Assistant.objects.visible_to(cast.carol)] == ["Everybody's"]
    assert {one.name for one in Assistant.objects.visible_to(cast.rita)} == {"Everybody's", "Ours"}


def test_old_versions_go_but_for_those_that_a_reply_was_given(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MAX_UNUSED", 2)
    mason = make(cast.alice)
    AssistantVersion.objects.update(was_given=True)
    for number in range(5):
        writing.change_assistant(cast.alice, mason.pk, instructions=f"Words {number}")
    assert list(AssistantVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 5, 6]
    with pytest.raises(Refused) as refused:
        writing.change_assistant(cast.alice, mason.pk, instructions="Late", over=mason.updated_at)
    assert refused.value.code == "conflict"


def test_the_pages_make_change_copy_and_end_one(cast: Cast, model: LanguageModel) -> None:
    page = Api(cast.alice).client
    told = {
        "name": "Mason",
        "symbol": "🧱",
        "instructions": "Be one.",
        "model_1": model.pk,
        "starter_2": "Stone?",
    }
    made = page.post("/assistants/new/", {**told, "scope": str(cast.team.pk)})
    mason = Assistant.objects.get()
    assert made.headers["Location"] == f"/assistants/{mason.pk}/"
    assert (mason.team, mason.model_ids, mason.starters) == (cast.team, [str(model.pk)], ["Stone?"])
    late = page.post(
        f"/assistants/{mason.pk}/", {**told, "instructions": "Other.", "seen": "2020-01-01T00:00:00+00:00"}
    )
    assert late.status_code == 422
    assert "Somebody has changed the instructions" in late.content.decode()
    assert "Other." in late.content.decode(), "nothing is lost"
    upload = SimpleUploadedFile("facts.txt", b"A facade.", "text/plain")
    page.post(f"/assistants/{mason.pk}/files/", {"files": upload})
    reader = Api(cast.rita).client
    shown = reader.get(f"/assistants/{mason.pk}/").content.decode()
    assert "Be one." in shown
    assert "facts.txt" in shown
    file = File.objects.get()
    assert reader.get(f"/api/v1/files/{file.pk}").status_code == 200
    assert Api(cast.carol).client.get(f"/api/v1/files/{file.pk}").status_code == 404
    offered = reader.get("/assistants/choice/").content.decode()
    assert "🧱 Mason" in offered
    assert "Stone?" in offered
    copied = reader.get(f"/assistants/new/?from={mason.pk}").content.decode()
    assert "Be one." in copied
    page.post(f"/assistants/{mason.pk}/archive/", {"archived": "1"})
    assert "Mason" not in reader.get("/assistants/choice/").content.decode()
    page.post(f"/assistants/{mason.pk}/delete/")
    assert not Assistant.objects.exists()
