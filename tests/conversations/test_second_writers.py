"""Two who change the same at once: neither overwrites unknowingly what the other has written."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.actions.projects.members import name_members
from conversations.errors import Refused
from conversations.models import Project, ProjectMember
from conversations.protocol.prompts import Place, checked
from conversations.protocol.seen import written
from tests.conftest import Cast
from tests.conversations.calling import Api

pytestmark = pytest.mark.usefixtures("static_files")
LINK = {"title": "Plan", "address": "https://example.com/plan"}
_FIELD = re.compile(r'<input(?=[^>]* name="([\w]+)")(?=[^>]* value="([^"]*)")[^>]*>')
_TEXT = re.compile(r'<textarea[^>]* name="([\w]+)"(?:[^>"]|"[^"]*")*>(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def project(cast: Cast) -> Project:
    return actions.create_project(cast.alice, cast.team, name="Old town", instructions="Speak like a mason.")


def sent_by_a_browser(page: str, *names: str) -> dict[str, str]:
    """Return the fields of a page as a browser sends them back untouched: without a first line end, with CRLF."""
    told = {name: html.unescape(value) for name, value in _FIELD.findall(page)}
    for name, value in _TEXT.findall(page):
        text = html.unescape(value.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n"))
        told[name] = text.replace("\r", "\n").replace("\n", "\r\n")
    return {name: told[name] for name in names}


def opened(client: Client, address: str, *names: str) -> dict[str, str]:
    return sent_by_a_browser(client.get(address).content.decode(), *names)


def test_what_a_writer_left_as_it_was_keeps_what_another_wrote(cast: Cast, project: Project) -> None:
    client, address = Api(cast.alice).client, reverse("project-settings", args=[project.pk])
    fields = ("name", "instructions", "links", "seen")
    shown = opened(client, address, *fields)
    actions.change_project(cast.bob, project.pk, name="New town", links=[LINK], parameters={"temperature": 0.5})
    assert client.post(address, {**shown, "instructions": "Speak like a roofer."}).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.links, project.parameters) == ("New town", [LINK], {"temperature": 0.5})
    assert (project.instructions, project.version) == ("Speak like a roofer.", 2)

    actions.change_project(cast.bob, project.pk, instructions="Speak like a tiler.")
    refused = client.post(address, {**shown, "name": "Harbour"})
    assert refused.status_code == 422
    assert "Save again to put yours in its place." in refused.content.decode()
    project.refresh_from_db()
    assert (project.name, project.instructions) == ("New town", "Speak like a tiler.")
    again = sent_by_a_browser(refused.content.decode(), *fields)
    assert again["name"] == "Harbour", "what was written is still there"
    assert client.post(address, again).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.instructions) == ("Harbour", "Speak like a tiler.")
    assert (project.links, project.version) == ([LINK], 3)


def test_an_old_page_does_not_open_a_project_that_was_narrowed(cast: Cast, project: Project) -> None:
    client, address = Api(cast.alice).client, reverse("project-people", args=[project.pk])
    wide = opened(client, address, "seen")
    name_members(cast.alice, project.pk, [])
    told = client.post(address, {**wide, "is_narrow": "0"}, follow=True).content.decode()
    assert "Somebody has changed meanwhile who can read it." in told
    project.refresh_from_db()
    assert project.is_narrow

    narrow = opened(client, address, "seen")
    name_members(cast.alice, project.pk, [cast.bob.pk])
    client.post(address, {**narrow, "is_narrow": "1", "people": [str(cast.alice.pk)]})
    assert ProjectMember.objects.filter(membership__user=cast.bob).exists(), "who was named meanwhile stays"
    client.post(address, {**opened(client, address, "seen"), "is_narrow": "0"})
    project.refresh_from_db()
    assert not project.is_narrow


def test_a_proposal_is_published_beside_the_version_with_which_it_was_compared(cast: Cast) -> None:
    prompt = actions.create_prompt(cast.alice, Place("team", cast.team.pk), checked("Stones", "One"))
    actions.change_prompt(cast.bob, prompt.pk, checked("Stones", "Two"))
    proposal = prompt.versions.proposed().get()
    client, about = Api(cast.alice).client, [prompt.pk, proposal.pk]
    shown = opened(client, reverse("prompt-proposal", args=about), "version")
    actions.change_prompt(cast.alice, prompt.pk, checked("Stones", "Three"))
    told = client.post(reverse("publish-proposal", args=about), shown, follow=True).content.decode()
    assert "Somebody has published another version meanwhile." in told
    prompt.refresh_from_db()
    assert (prompt.version, prompt.text) == (2, "Three")
    again = opened(client, reverse("prompt-proposal", args=about), "version")
    client.post(reverse("publish-proposal", args=about), again)
    prompt.refresh_from_db()
    assert (prompt.version, prompt.text) == (3, "Two")


def test_a_lead_keeps_the_defaults_that_another_lead_set(cast: Cast) -> None:
    client, address = Api(cast.alice).client, reverse("team-defaults", args=[cast.team.pk])
    shown = opened(client, address, "seen", "system_prompt", "folds_at")
    actions.change_team(cast.alice, cast.team.pk, system_prompt="Be brief.", parameters={"temperature": 0.5})
    assert client.post(address, {**shown, "folds_at": "60"}).status_code == 302
    cast.team.refresh_from_db()
    assert (cast.team.system_prompt, cast.team.parameters) == ("Be brief.", {"temperature": 0.5})
    assert cast.team.folds_at == 60
    refused = client.post(address, {**shown, "folds_at": "60", "system_prompt": "Be long."})
    assert refused.status_code == 422
    again = sent_by_a_browser(refused.content.decode(), *shown)
    assert client.post(address, again).status_code == 302
    cast.team.refresh_from_db()
    assert cast.team.system_prompt == "Be long."


def test_what_nobody_touched_on_a_page_comes_back_as_it_was(cast: Cast, project: Project) -> None:
    api, words = Api(cast.alice), "\n\r\n  One\rtwo\r\n"
    path, address = f"/projects/{project.pk}", reverse("project-settings", args=[project.pk])
    link = {"title": "A\u2028plan\x85of it", "address": "https://example.com/plan"}
    api.call("PATCH", path, {"instructions": words, "links": [link]})
    kept = api.get(path)
    assert kept["instructions"] == "\n\n  One\ntwo\n"
    shown = opened(api.client, address, "name", "instructions", "links", "seen")
    assert api.client.post(address, {**shown, "seen": ""}).status_code == 302
    assert api.get(path) == kept, "no version of nothing new, and the same links"
    prompt = actions.create_prompt(
        cast.alice, Place(), checked("Stones", "\n\n{{a}}\r", [{"name": "a", "default": ""}])
    )
    page = reverse("prompt", args=[prompt.pk])
    api.client.post(page, opened(api.client, page, "name", "text", "version"))
    prompt.refresh_from_db()
    assert (prompt.version, prompt.text) == (1, "\n\n{{a}}\n")
    page = reverse("team-defaults", args=[cast.team.pk])
    api.client.post(page, {"system_prompt": "One\r\ntwo", "folds_at": "80"})
    cast.team.refresh_from_db()
    assert cast.team.system_prompt == "One\ntwo", "as the chat's field has it, which tells it from a person's own"


@pytest.mark.parametrize("blank", ["\u3000", "\xa0", "\u2028", "\t", " ", "\u202e"])
def test_an_address_with_a_blank_of_any_kind_is_none(cast: Cast, project: Project, blank: str) -> None:
    link = {"title": "", "address": f"https://example.com/a{blank}b"}
    assert Api(cast.alice).refusal("PATCH", f"/projects/{project.pk}", {"links": [link]}) == (400, "bad_field")


def test_nothing_of_an_archived_project_changes_while_it_stays_there(cast: Cast, project: Project) -> None:
    api, path = Api(cast.alice), f"/projects/{project.pk}"
    assert api.call("PATCH", path, {"archived": True})[0] == 200
    for told in ({"name": "Harbour"}, {"name": "Harbour", "archived": True}):
        assert api.refusal("PATCH", path, told) == (409, "conflict")
    assert api.call("PATCH", path, {"name": "Harbour", "archived": False})[1]["name"] == "Harbour"


@pytest.mark.parametrize("told", ["", "[]", "{", "5", '{"name": 5}', "[" * 1_999, "x" * 9_000])
def test_a_page_that_sends_something_else_has_seen_nothing(told: str) -> None:
    assert written(told) == {}


def test_long_instructions_are_measured_by_their_own_lines(cast: Cast, project: Project) -> None:
    client, address = Api(cast.alice).client, reverse("project-settings", args=[project.pk])
    shown: dict[str, Any] = opened(client, address, "name", "links", "seen")
    assert client.post(address, {**shown, "instructions": "a\r\n" * 50_000}).status_code == 302
    assert client.post(address, {**shown, "instructions": "a\r\n" * 50_000 + "a"}).status_code == 422
    project.refresh_from_db()
    assert len(project.instructions) == 100_000
    with pytest.raises(Refused):
        actions.change_project(cast.bob, project.pk, over=1, instructions="Older")


def test_a_program_says_what_it_has_read_of_a_project(cast: Cast, project: Project) -> None:
    api, path = Api(cast.alice), f"/projects/{project.pk}"
    read = {name: value for name, value in api.get(path).items() if name in ("name", "links", "members")}
    actions.change_project(cast.bob, project.pk, links=[LINK])
    assert api.call("PATCH", path, {"name": "New town", "links": [], "seen": read})[1]["links"] == [LINK]
    other = [{**LINK, "title": "Other"}]
    assert api.refusal("PATCH", path, {"links": other, "seen": read}) == (409, "conflict")
    assert api.call("PATCH", path, {"links": other, "seen": {"links": [LINK]}})[1]["links"] == other
    name_members(cast.alice, project.pk, [])
    assert api.refusal("PATCH", path, {"members": None, "seen": read}) == (409, "conflict")
    read["members"] = [one["id"] for one in api.get(path)["members"]]
    assert api.call("PATCH", path, {"members": None, "seen": read})[1]["members"] is None
    assert api.call("PATCH", path, {"links": []})[1]["links"] == [], "who says nothing of it overwrites"


def test_a_program_says_what_it_has_read_of_a_conversation(cast: Cast) -> None:
    api, bob = Api(cast.alice), Api(cast.bob)
    made = api.make(title="Plan", team=str(cast.team.pk), parameters={"temperature": 0.5}, system_prompt="Be brief.")
    path = f"/conversations/{made['id']}"
    seen = {name: made[name] for name in ("parameters", "system_prompt", "title")}
    bob.call("PATCH", path, {"parameters": {"temperature": 1.0}})
    status, now = api.call("PATCH", path, {**seen, "system_prompt": "Be long.", "seen": seen})
    assert (status, now["system_prompt"], now["parameters"]) == (200, "Be long.", {"temperature": 1.0})
    mine = {"parameters": {"temperature": 0.1}}
    assert api.refusal("PATCH", path, {**mine, "seen": seen}) == (409, "conflict")
    assert api.call("PATCH", path, {**mine, "seen": {"parameters": {"temperature": 1}}})[0] == 200
    revision = api.get(path)["revision"]
    assert api.call("PATCH", path, {"title": made["title"], "seen": seen})[1]["revision"] == revision, "nothing to tell"
