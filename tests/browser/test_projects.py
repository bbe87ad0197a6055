"""Projects in the browser: begun from their page, told in the sidebar, left and joined by the menu."""

from pathlib import Path

from playwright.sync_api import expect

from conversations import actions
from conversations.actions.projects import files, members
from conversations.files import storage
from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor


def test_a_project_is_furnished_asked_in_and_left(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, tmp_path: Path
) -> None:
    project = actions.create_project(cast.alice, cast.team, name="Old town")
    bob = visit(cast.bob)
    alice = visit(cast.alice, f"/projects/{project.pk}/settings/")
    alice.page.get_by_label("Instructions", exact=True).fill("Speak like a mason.")
    alice.page.get_by_role("button", name="Save").click()
    alice.page.get_by_role("link", name="Overview").click()
    facts = tmp_path / "facts.txt"
    facts.write_text("The facade is of 1899.")
    alice.page.get_by_label("Add files").set_input_files(facts)
    alice.page.get_by_role("button", name="Add", exact=True).click()
    expect(alice.page.get_by_role("link", name="facts.txt")).to_be_visible()
    alice.page.get_by_role("link", name="New conversation in this project").click()
    alice.ask("Who built it?")
    asked = vendor.requests[0].body.decode()
    assert "Speak like a mason." in asked
    assert "The facade is of 1899." in asked
    expect(alice.page.locator(".chip__name")).to_have_text("Crew · Old town")

    head = bob.page.locator(".projects__head", has_text="Old town")
    expect(head.locator(".projects__count")).to_have_text("With new messages: 1")
    head.click()
    bob.page.locator(".projects__row", has_text="Who built it?").click()
    expect(bob.page.locator(".chip__name")).to_have_text("Crew · Old town")
    bob.page.locator(".chat__more").click()
    bob.page.get_by_role("menuitem", name="Move to …").click()
    bob.page.get_by_role("menuitem", name="Out of its project").click()
    expect(alice.page.locator(".chip__name")).to_have_text("Crew")
    expect(bob.page.locator(".projects__row", has_text="Who built it?")).to_have_count(0)
    assert Conversation.objects.get().team == cast.team


def test_two_people_are_given_the_same_and_who_is_removed_is_given_neither(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    project = actions.create_project(cast.alice, cast.team, name="Old town", instructions="Speak like a mason.")
    file = storage.store(cast.alice, "facts.md", "text/plain", b"The facade is of 1899.")
    files.add_files(cast.alice, project.pk, [file.pk])
    alice, bob = (visit(person, f"/?project={project.pk}") for person in (cast.alice, cast.bob))
    alice.ask("First-question")
    bob.ask("Second-question")
    first, second = (request.body for request in vendor.requests)
    beginning = first.partition(b"alice: First-question")[0]
    assert b"Speak like a mason." in beginning
    assert b"The facade is of 1899." in beginning
    assert second == first.replace(b"alice: First", b"bob: Second"), "the same, byte for byte, but for the question"

    alice.open(f"/projects/{project.pk}/people/")
    alice.page.get_by_label("Only these members:").check()
    alice.page.get_by_role("button", name="Save").click()
    expect(alice.page.get_by_text("Saved.")).to_be_visible()
    expect(bob.page.get_by_text("You no longer have access")).to_be_visible()
    bob.open(f"/?project={project.pk}")
    bob.ask("Alone")
    told = vendor.requests[-1].body
    assert b"Alone" in told
    assert b"mason" not in told
    assert b"facade" not in told


def test_who_is_newly_named_sees_its_conversations_at_once_and_who_is_not_loses_them(cast: Cast, visit: Visit) -> None:
    project = actions.create_project(cast.alice, cast.team, name="Old town")
    members.name_members(cast.alice, project.pk, [])
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, title="Masons", revision=1)
    bob = visit(cast.bob)
    expect(bob.page.locator(".projects__one")).to_have_count(0)
    members.name_members(cast.alice, project.pk, [cast.bob.pk])
    bob.page.locator(".projects__head", has_text="Old town").click()
    bob.page.locator(".projects__row", has_text="Masons").click()
    expect(bob.page.locator(".chip__name")).to_have_text("Crew · Old town")
    expect(bob.page.locator(f"#row-{talk.pk}")).to_be_visible()
    members.name_members(cast.alice, project.pk, [])
    expect(bob.page.locator(f"#row-{talk.pk}")).to_have_count(0)
    expect(bob.page.locator(".projects__one")).to_have_count(0)
    expect(bob.page.get_by_text("You no longer have access")).to_be_visible()
