"""Projects: what their conversations tell the model, who reads them, and how conversations come and go."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conversations import actions
from conversations.actions.conversations import mark_read
from conversations.actions.projects import files as project_files
from conversations.actions.projects import projects
from conversations.actions.projects.members import name_members
from conversations.actions.staff.leavers import Recipients, end_access
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.generation.project_context import context_of, note_version
from conversations.models import Conversation, File, Mention, Message, Project, User
from providers.models import AuditEntry, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.calling import Api, say
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")
Connect = Callable[..., Socket]
FACTS = "A facade of 1899. 牌匾是梓木的。"


@pytest.fixture
def project(cast: Cast) -> Project:
    made = actions.create_project(cast.alice, cast.team, name="Old town", instructions="Speak like a mason.")
    file = storage.store(cast.alice, "facts.md", "text/plain", FACTS.encode())
    project_files.add_files(cast.alice, made.pk, [file.pk])
    return made


def finish(socket: Socket) -> None:
    socket.event("message.finished")


def prefix(body: bytes, question: str) -> bytes:
    """Return the request up to the words of the question."""
    assert question.encode() in body
    return body.partition(question.encode())[0]


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_all_of_a_project_are_given_the_same_beginning_and_who_is_removed_is_given_none(
    cast: Cast, project: Project, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, wire)
    alice, bob = connect(cast.alice), connect(cast.bob)
    for socket, words in ((alice, "First-question"), (bob, "Second-question")):
        ask(socket, model, words, project=str(project.pk))
        finish(socket)
    first, second = (request.body for request in vendor.requests)
    assert first.replace(b"alice: First", b"bob: Second") == second, "all but the question is the same"
    beginning = prefix(first, "alice: First-question")
    assert b"A facade of 1899." in beginning or base64.b64encode(FACTS.encode()) in beginning
    assert b"Speak like a mason." in (beginning if wire == "openai" else first)
    conversation = Conversation.objects.get(owner=cast.alice)
    ask(bob, model, "Third-question", conversation=str(conversation.pk))
    finish(bob)
    assert prefix(vendor.requests[2].body, "alice: First-question") == beginning, "it stays the same"

    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    refused = bob.ask("message.send", conversation=None, text="Again", models=[model.id], project=str(project.pk))
    assert (refused["type"], refused["code"]) == ("error", "not_found")
    ask(bob, model, "Alone")
    finish(bob)
    assert b"mason" not in vendor.requests[-1].body
    assert b"facade" not in vendor.requests[-1].body
    file = File.objects.get()
    assert not File.objects.visible_to(cast.bob).exists()
    assert Api(cast.bob).client.get(f"/api/v1/files/{file.pk}").status_code == 404
    assert Api(cast.bob).call("GET", f"/projects/{project.pk}")[0] == 404


def test_a_reply_says_which_version_of_the_instructions_it_was_given(
    cast: Cast, project: Project, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    socket = connect(cast.alice)
    conversation = ask(socket, model, "One", project=str(project.pk))["conversation"]
    finish(socket)
    actions.change_project(cast.bob, project.pk, instructions="Speak like a roofer.")
    ask(socket, model, "Two", conversation=conversation)
    finish(socket)
    given = Message.objects.filter(role="assistant").order_by("pk").values_list("instructions__number", flat=True)
    assert list(given) == [1, 2]
    assert b"roofer" in vendor.requests[-1].body
    page = Api(cast.rita).client
    reply = Message.objects.filter(role="assistant").latest("pk")
    assert "Version 2" in page.get(f"/replies/{reply.pk}/").content.decode()
    told = page.get(f"/projects/{project.pk}/versions/").content.decode()
    assert "<del>mason</del><ins>roofer</ins>" in told
    assert page.post(f"/projects/{project.pk}/versions/1/restore/").status_code == 404, "she only reads"
    Api(cast.bob).client.post(f"/projects/{project.pk}/versions/1/restore/")
    project.refresh_from_db()
    assert (project.instructions, project.version) == ("Speak like a mason.", 3)
    actions.delete_project(cast.alice, project.pk)
    ask(socket, model, "Three", conversation=conversation)
    finish(socket)
    assert b"roofer" not in vendor.requests[-1].body
    assert not Message.objects.exclude(instructions=None).exists()
    assert Conversation.objects.get().project is None, "it survives"


def test_a_conversation_comes_and_goes_in_one_act_that_is_told(
    cast: Cast, project: Project, connect: Connect, site: str
) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, revision=1)
    bob, alice, carol = Api(cast.bob), connect(cast.alice), Api(cast.carol)
    moved = bob.call("PATCH", f"/conversations/{conversation.pk}", {"project": str(project.pk)})[1]
    assert (moved["project"], moved["project_name"], moved["revision"]) == (str(project.pk), "Old town", 2)
    assert moved["audience"]["team"]["name"] == "Crew", "it comes to the project's team"
    told = alice.event("conversation.updated")
    assert (told["project"], told["revision"]) == (str(project.pk), 2)
    assert carol.refusal("PATCH", f"/conversations/{conversation.pk}", {"project": None}) == (404, "not_found")
    back = Api(cast.alice).call("PATCH", f"/conversations/{conversation.pk}", {"project": None})[1]
    assert (back["project"], back["audience"]["kind"], back["revision"]) == (None, "team", 3)
    reader = Api(cast.rita)
    assert reader.refusal("PATCH", f"/conversations/{conversation.pk}", {"project": str(project.pk)})[0] == 404


def test_nobody_brings_what_is_anothers_into_a_private_project(cast: Cast) -> None:
    own = actions.create_project(cast.bob, name="Mine")
    shared = Conversation.objects.create(owner=cast.alice, team=cast.team, revision=1)
    for person in (cast.bob, cast.alice):
        with pytest.raises(NotFound):
            actions.move_to_project(person, shared.pk, own.pk)
    private = Conversation.objects.create(owner=cast.bob, team=cast.team, revision=1)
    actions.move_to_project(cast.bob, private.pk, own.pk)
    private.refresh_from_db()
    assert (private.team, private.project) == (None, own)
    actions.move_conversation(cast.bob, private.pk, cast.team.pk)
    private.refresh_from_db()
    assert (private.team, private.project) == (cast.team, None), "a private project stays private"


def readers(conversation: Conversation, *people: User) -> dict[str, list[bool]]:
    """Return for each person whether each way to the conversation is open; all of them must agree."""
    pairs = Conversation.objects.readers([person.pk for person in people])
    audience = conversation.audience_ids()
    return {
        person.username: [
            Conversation.objects.visible_to(person).filter(pk=conversation.pk).exists(),
            (conversation.pk, person.pk) in pairs,
            person.pk in audience,
            Api(person).call("GET", f"/conversations/{conversation.pk}")[0] == 200,
            Api(person).get("/search?q=quarry")["results"] != [],
            Api(person).get("/conversations?q=quarry")["results"] != [],
            Api(person).call("GET", f"/conversations/{conversation.pk}/messages")[0] == 200,
            Project.objects.visible_to(person).filter(pk=conversation.project_id).exists(),
            File.objects.visible_to(person).exists(),
        ]
        for person in people
    }


def test_a_narrow_project_is_for_its_named_members_alone(cast: Cast, project: Project, connect: Connect) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, project=project, revision=1)
    say(conversation, "The quarry is closed.", author=cast.bob)
    people = (cast.alice, cast.bob, cast.rita)
    assert all(all(ways) for ways in readers(conversation, *people).values())
    rita = connect(cast.rita)
    name_members(cast.alice, project.pk, [cast.bob.pk])
    gone = rita.event("conversation.gone")
    assert gone["conversation"] == str(conversation.pk)
    conversation = Conversation.objects.get()
    assert {name: set(ways) for name, ways in readers(conversation, *people, cast.carol).items()} == {
        "alice": {True},
        "bob": {True},
        "rita": {False},
        "carol": {False},
    }
    with pytest.raises(Refused, match="The whole team would read"):
        actions.delete_project(cast.alice, project.pk)
    name_members(cast.alice, project.pk, [])
    assert set(readers(Conversation.objects.get(), cast.bob)["bob"]) == {False}
    for act in (actions.change_project, actions.delete_project, name_members):
        with pytest.raises(NotFound):
            act(cast.bob, project.pk, *([None] if act is name_members else []))  # type: ignore[operator]
    with pytest.raises(NotFound):
        actions.move_to_project(cast.bob, conversation.pk, None)
    name_members(cast.alice, project.pk, None)
    assert all(all(ways) for ways in readers(Conversation.objects.get(), *people).values())


def test_nobody_is_mentioned_where_they_do_not_read(
    cast: Cast, project: Project, model: LanguageModel, connect: Connect
) -> None:
    name_members(cast.alice, project.pk, [cast.bob.pk])
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, revision=1)
    rita, alice = connect(cast.rita), connect(cast.alice)
    ask(alice, model, "@bob and @rita, look", conversation=str(conversation.pk))
    assert list(Mention.objects.values_list("person__username", flat=True)) == ["bob"]
    finish(alice)
    assert [one["name"] for one in Api(cast.alice).get(f"/people?conversation={conversation.pk}")] == ["alice", "bob"]
    assert all(frame["type"] != "mention.created" for frame in rita.settle())
    assert Mention.objects.filter(conversation__in=Conversation.objects.visible_to(cast.bob)).exists()
    name_members(cast.alice, project.pk, [])
    assert not Mention.objects.filter(conversation__in=Conversation.objects.visible_to(cast.bob)).exists()


def test_moving_out_of_a_narrow_project_takes_who_decides(cast: Cast, project: Project) -> None:
    name_members(cast.alice, project.pk, [cast.bob.pk])
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, revision=1)
    with pytest.raises(NotFound):
        actions.move_to_project(cast.bob, conversation.pk, None)
    actions.move_to_project(cast.alice, conversation.pk, None)
    assert Conversation.objects.visible_to(cast.rita).exists()


def test_who_leaves_the_team_leaves_its_narrow_projects_for_good(cast: Cast, project: Project) -> None:
    name_members(cast.alice, project.pk, [cast.bob.pk])
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    cast.team.memberships.create(user=cast.bob)
    assert not Project.objects.visible_to(cast.bob).exists()


def test_the_calls_of_a_project(cast: Cast) -> None:
    bob, rita, carol = Api(cast.bob), Api(cast.rita), Api(cast.carol)
    fields: dict[str, Any] = {"name": "Bridge", "team": str(cast.team.pk), "instructions": "Be brief."}
    status, made = bob.call("POST", "/projects", fields)
    assert (status, made["version"], made["decide"]) == (201, 1, True)
    path = f"/projects/{made['id']}"
    assert [one["name"] for one in rita.get("/projects")] == ["Bridge"]
    assert (rita.get(path)["write"], carol.get("/projects")) == (False, [])
    assert rita.refusal("PATCH", path, {"name": "Mine"}) == (404, "not_found")
    assert bob.refusal("PATCH", path, {"instructions": "x", "version": 0}) == (409, "conflict")
    assert bob.call("PATCH", path, {"instructions": "Be long.", "version": 1})[1]["version"] == 2
    assert [one["text"] for one in rita.get(f"{path}/versions")] == ["Be long.", "Be brief."]
    link = {"title": "", "address": "https://bridges.example/a"}
    assert bob.call("PATCH", path, {"links": [link]})[1]["links"] == [{**link, "title": "bridges.example"}]
    assert bob.refusal("PATCH", path, {"links": [{"title": "x", "address": "javascript:alert(1)"}]})[0] == 400
    assert bob.call("PATCH", path, {"archived": True})[1]["archived"]
    assert bob.get("/projects") == []
    assert bob.refusal("POST", "/conversations", {"project": made["id"]}) == (409, "conflict")
    assert bob.call("DELETE", path) == (204, None)


def test_a_narrow_project_that_nobody_is_left_in_comes_to_the_teams_leads(
    cast: Cast, project: Project, connect: Connect
) -> None:
    """Else nobody could read, move or delete what was said there, nor end the team."""
    actions.change_role(cast.alice, cast.team.pk, cast.bob.pk, "lead")
    name_members(cast.bob, project.pk, [cast.rita.pk])
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, project=project, revision=1)
    alice, rita = connect(cast.alice), Api(cast.rita)
    actions.leave_team(cast.bob, cast.team.pk)
    assert alice.event("conversation.updated")["conversation"] == str(conversation.pk)
    assert Project.objects.decided_by(cast.alice).get().owner == cast.alice
    assert rita.get(f"/projects/{project.pk}")["write"] is False, "who only reads stays, and keeps it not alone"
    told = AuditEntry.objects.filter(actor=cast.bob, subject_type="conversations.projectmember", act="added")
    assert told.latest("pk").after["membership"] == "alice · Crew"


def test_whoever_is_left_in_a_narrow_project_looks_after_it(cast: Cast, project: Project) -> None:
    name_members(cast.alice, project.pk, [cast.bob.pk])
    actions.change_role(cast.alice, cast.team.pk, cast.rita.pk, "lead")
    end_access(User.objects.create_superuser("root"), cast.alice)
    assert not Project.objects.visible_to(cast.rita).exists(), "the lead is not let in"
    assert Project.objects.decided_by(cast.bob).get().owner == cast.bob
    assert Project.objects.visible_to(cast.alice).exists(), "whoever comes back has their place"


def test_a_project_that_goes_while_a_reply_begins_does_not_fail_it(cast: Cast, project: Project) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, revision=1)
    reply = say(conversation, "", role="assistant", status="waiting")
    told = context_of(project.pk)
    actions.delete_project(cast.alice, project.pk)
    note_version(reply, told.version)
    assert reply.instructions_id is None


def test_versions_that_no_reply_was_given_are_kept_for_a_while(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "MAX_UNUSED", 2)
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, revision=1)
    say(conversation, "Yes", role="assistant", instructions=project.versions.get())
    for words in ("Two", "Three", "Four", "Five"):
        actions.change_project(cast.alice, project.pk, instructions=words)
    assert [one.number for one in project.versions.order_by("number")] == [1, 4, 5]


def test_many_long_projects_and_versions_cost_little(
    cast: Cast, project: Project, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        words = " ".join(str(number * place) for place in range(8_000))
        actions.change_project(cast.alice, project.pk, instructions=words)
        actions.create_project(cast.bob, cast.team, name=f"Project {number}")
    with django_assert_max_num_queries(30):
        assert len(Api(cast.rita).get("/projects")) == 13
    before = time.process_time()
    page = Api(cast.rita).client.get(f"/projects/{project.pk}/versions/").content.decode()
    assert time.process_time() - before < 1.5
    assert "?before=" in page


def test_a_model_that_the_reader_may_not_use_is_not_named_and_may_stay(
    cast: Cast, project: Project, model: LanguageModel
) -> None:
    path = f"/projects/{project.pk}"
    assert Api(cast.alice).call("PATCH", path, {"model": str(model.pk)})[0] == 200
    bob = Api(cast.bob)
    begins = f"New conversations begin with {model.name}"
    assert begins in bob.client.get(f"{path}/").content.decode()
    model.teams.add(actions.create_team(cast.alice, "Other"))
    assert begins not in bob.client.get(f"{path}/").content.decode()
    assert bob.call("PATCH", path, {"model": str(model.pk), "name": "Older town"})[0] == 200, "as it is already"
    actions.change_project(cast.alice, project.pk, model=None)
    assert bob.refusal("PATCH", path, {"model": str(model.pk)}) == (400, "no_model")


def test_acts_that_are_nobodys_words_leave_read_what_was_read(cast: Cast, project: Project) -> None:
    talk = Conversation.objects.create(owner=cast.rita, team=cast.team, project=project, revision=1)
    other = actions.create_project(cast.alice, cast.team, name="New town")
    bob = Api(cast.bob)
    mark_read(cast.bob, talk.pk, 1)
    acts: list[Callable[[], object]] = [
        lambda: actions.change_project(cast.alice, project.pk, name="Older town"),
        lambda: name_members(cast.alice, project.pk, [cast.bob.pk]),
        lambda: name_members(cast.alice, project.pk, None),
        lambda: actions.name_guest(cast.alice, talk.pk, cast.carol.username, writes=False),
        lambda: actions.move_to_project(cast.alice, talk.pk, other.pk),
        lambda: actions.delete_project(cast.alice, other.pk),
        lambda: end_access(cast.alice, cast.rita, Recipients(places=cast.bob)),
    ]
    for number, act in enumerate(acts):
        before = Conversation.objects.get(pk=talk.pk).revision
        act()
        talk.refresh_from_db()
        assert talk.revision > before, number
        assert [one["unread"] for one in bob.get("/conversations")["results"]] == [False], number


def test_a_file_that_is_refused_is_told_by_its_name_and_the_others_come(cast: Cast, project: Project) -> None:
    files = [SimpleUploadedFile("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SimpleUploadedFile("b.txt", b"Words")]
    page = Api(cast.alice).client.post(f"/projects/{project.pk}/files/", {"files": files}, follow=True)
    assert "“old.doc” is in an old Office format." in page.content.decode()
    assert [file.name for file in File.objects.filter(project_places__project=project)] == ["facts.md", "b.txt"]
