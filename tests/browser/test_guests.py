"""A conversation that is shared by name: from the box and the chip, and taken away from an open page."""

from playwright.sync_api import expect

from conversations import actions
from conversations.models import Conversation, Guest, Membership, Team
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.calling import say


def test_a_name_in_the_box_gives_access_and_the_chip_takes_it(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    talk = Conversation.objects.create(owner=cast.alice, title="Harbour plan", revision=1)
    say(talk, "The lighthouse first", author=cast.alice)
    bob, alice = visit(cast.bob), visit(cast.alice, f"/conversations/{talk.pk}/")
    expect(alice.page.locator(".chip__name")).to_have_text("Only you")
    alice.text.press_sequentially("@bo")
    expect(alice.page.locator(".completion [role=option]")).to_have_text(["bobGive access"])
    alice.text.press("Tab")
    expect(alice.page.locator(".chip__name")).to_have_text("bob")
    expect(alice.text).to_have_value("@bob ")
    row = bob.page.locator('.section[data-section="named"] .row')
    expect(row).to_contain_text("Harbour plan")
    row.locator(".row__link").click()
    expect(bob.page.locator(".chat__reader")).to_contain_text("shared with you by alice")

    alice.page.locator(".chip").click()
    panel = alice.page.locator("audience-panel")
    panel.get_by_label("What bob may do").select_option("write")
    expect(bob.text).to_be_visible()
    panel.get_by_label("What bob may do").select_option("")
    expect(bob.page.locator(".chat__reader")).to_be_visible()
    expect(bob.text).to_have_count(0)
    panel.locator("details.confirm > summary").click()
    panel.locator(".confirm__form button").click()
    expect(panel.locator(".audience__rule").first).to_contain_text("Only you can see it")
    expect(row).to_have_count(0)

    actions.move_conversation(cast.alice, talk.pk, cast.team.pk)
    bob.open(f"/conversations/{talk.pk}/")
    place = Membership.objects.filter(user=cast.bob)
    for role, boxes in ((Membership.Role.READER, 0), (Membership.Role.MEMBER, 1)):
        place.update(role=role)
        expect(bob.text, "the box goes and comes with the role").to_have_count(boxes)


def test_an_undone_move_gives_teams_and_guests_access_again(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    talk = Conversation.objects.create(owner=cast.alice, title="Harbour plan", revision=1)
    actions.name_guest(cast.alice, talk.pk, "carol", writes=True)
    dock = Team.objects.create(name="Dock")
    for person in (cast.alice, cast.bob):
        Membership.objects.create(team=dock, user=person)
    bob, alice = visit(cast.bob), visit(cast.alice, f"/conversations/{talk.pk}/")
    alice.page.locator(".chip").click()
    panel = alice.page.locator("audience-panel")
    panel.get_by_label("Give a team access").select_option("Dock")
    expect(panel.locator("[data-granting] .audience__warning:visible")).to_contain_text("alice, bob")
    panel.locator("[data-granting] button").click()
    expect(alice.page.locator(".chip__name")).to_have_text("Dock, carol")
    expect(bob.page.locator('.section[data-section="named"] .row')).to_contain_text("Harbour plan")
    alice.page.keyboard.press("Escape")
    alice.page.locator(".chat__more").click()
    alice.page.locator("[data-act=move]").click()
    alice.page.locator("[data-act=move-to]", has_text="Crew").click()
    undo = alice.page.locator(".undo")
    expect(undo).to_contain_text("No longer shared with: Dock, carol.")
    assert not Guest.objects.exists()
    undo.get_by_role("button").click()
    expect(alice.page.locator(".chip__name")).to_have_text("Dock, carol")
    guest = Guest.objects.get()
    assert (guest.user, guest.writes) == (cast.carol, True)
