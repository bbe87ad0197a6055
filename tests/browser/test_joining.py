"""From an invitation to a live conversation, and out again: two people, two browsers."""

import pytest
from playwright.sync_api import expect

from conversations.live import hub
from conversations.models import Conversation, Team, User
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_team import ask_the_team
from tests.conftest import Cast
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event


def test_a_stranger_is_invited_joins_talks_and_is_removed(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    lead = visit(cast.alice, f"/teams/{cast.team.pk}/", permissions=["clipboard-read", "clipboard-write"])
    lead.page.get_by_role("link", name="Invitations").click()
    lead.page.get_by_role("button", name="Make a link").click()
    lead.page.get_by_role("button", name="Copy").click()
    expect(lead.page.get_by_role("button", name="Copied")).to_be_visible()
    link = lead.page.evaluate("navigator.clipboard.readText()")
    assert link == lead.page.locator(".once__secret").input_value()
    alice = visit(cast.alice)

    dora = visit(None, link.removeprefix(alice.site))
    expect(dora.page.get_by_role("heading", level=1)).to_have_text("Join “Crew”")
    assert "/join/" in dora.page.url
    assert link.rsplit("/", 2)[1] not in dora.page.url
    dora.page.fill("[name=name]", "dora")
    dora.page.fill("[name=password]", "a long enough passphrase")
    dora.page.get_by_role("button", name="Create the account and join").click()
    expect(dora.page.locator(".notice")).to_have_text("You joined “Crew”.")
    expect(dora.page.locator(".people__name").filter(has_text="dora")).to_be_visible()
    dora.page.get_by_role("link", name="To the conversations").click()
    person = User.objects.get(username="dora").pk
    until(lambda: hub.subscriptions.of_person(person))  # her page listens

    path = ask_the_team(alice, "Count")
    expect(dora.page.locator(".sidebar__news")).to_have_text("New in “Count” (Crew)")
    dora.open(path)
    text = dora.replies.first.locator(".message__text")
    expect(text).to_have_text("One,")
    vendor.gate.set()
    expect(text).to_have_text("One, two.")
    expect(alice.page.locator("chat-presence .avatar")).to_have_text(["d"])
    dora.text.press_sequentially("And th")
    expect(alice.page.locator(".typing")).to_have_text("dora is writing…")
    dora.ask("And then?")
    expect(alice.questions.nth(1).locator(".message__name")).to_have_text("dora")
    expect(alice.page.locator(".typing")).to_have_text("")

    lead.open(f"/teams/{cast.team.pk}/")
    row = lead.page.locator(".people__row").filter(has_text="dora")
    row.get_by_text("More", exact=True).click()
    row.locator("summary").filter(has_text="Remove from the team").click()
    expect(row).to_contain_text("Remove dora? They lose the team's conversations at once")
    row.get_by_role("button", name="Remove from the team").click()
    expect(lead.page.get_by_role("status")).to_have_text("dora is no longer in the team.")
    expect(dora.notice).to_have_text("You no longer have access to this conversation.")
    expect(dora.rows).to_have_count(0)
    expect(alice.page.locator("chat-presence .avatar")).to_have_count(0)
    alice.ask("Without her")
    assert "Without her" not in dora.page.content()
    expect(alice.questions.nth(1).locator(".message__name")).to_have_text("dora")


def test_a_used_link_says_so_calmly(cast: Cast, visit: Visit) -> None:
    stranger = visit(None, None)
    stranger.watch.expect("status of 404")
    stranger.open("/join/nothing/")
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("This link does not work")


@pytest.mark.soak
def test_the_chip_tells_who_reads_and_moves_it_after_a_warning(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    Team.objects.update(keeps_days=90)
    alice, bob = visit(cast.alice), visit(cast.bob)
    alice.ask("A plan")
    kept = alice.page.get_by_text("Deleted after 90 days without a new message")
    chip, panel = alice.page.locator(".chip"), alice.page.locator("audience-panel")
    expect(chip).to_contain_text("Only you")
    chip.click()
    expect(panel).to_contain_text("Only you can see it")
    panel.get_by_role("combobox", name="Move").select_option(label="To the team “Crew”")
    expect(panel.locator(".audience__warning:visible")).to_contain_text("alice, bob, rita")
    panel.get_by_role("button", name="Move").click()
    expect(panel).to_contain_text("A conversation of the team “Crew”")
    expect(chip).to_contain_text("Crew")
    expect(kept).to_be_visible()
    expect(bob.rows.locator(".row__title")).to_have_text(["A plan"])
    bob.rows.first.locator("a").click()
    bob.page.locator(".chip").click()
    people = bob.page.locator("audience-panel .people__row")
    expect(people).to_have_count(3)
    expect(people.nth(2)).to_contain_text("rita")
    expect(people.nth(2)).to_contain_text("reader · reads")
    assert bob.page.locator("audience-panel form").count() == 0
    bob.page.keyboard.press("Escape")

    panel.get_by_role("combobox", name="Move").select_option(label="Private: to alice alone")
    panel.get_by_role("button", name="Move").click()
    expect(panel).to_contain_text("Only you can see it")
    expect(kept).to_be_hidden()
    expect(bob.notice).to_have_text("You no longer have access to this conversation.")
    expect(bob.rows).to_have_count(0)
    assert Conversation.objects.get().team is None


@pytest.mark.soak
def test_choosing_a_team_offers_its_model(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    other = LanguageModel.objects.create(name="zebra")
    other.deployments.create(endpoint=model.deployments.get().endpoint, vendor_id="zebra")
    cast.team.model = other
    cast.team.save()
    bob = visit(cast.bob)
    expect(bob.page.locator("#composer-model option:checked")).to_have_text("parrot")
    bob.page.locator("#composer-team").select_option(label="Crew")
    expect(bob.page.locator("#composer-model option:checked")).to_have_text("zebra")


@pytest.mark.soak
def test_a_forgotten_password_is_replaced_by_a_lead_s_link(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    bob = visit(cast.bob)
    bob.watch.expect(r"401 \(Unauthorized\)")  # his page may ask for news before it learns that his session has ended
    alice = visit(cast.alice, f"/teams/{cast.team.pk}/")
    row = alice.page.locator(".people__row").filter(has_text="bob")
    row.get_by_text("More", exact=True).click()
    row.get_by_role("link", name="Forgot the password?").click()
    alice.page.get_by_role("button", name="Make a link").click()
    link = alice.page.locator(".once__secret").input_value()
    stranger = visit(None, link.removeprefix(alice.site))
    stranger.page.fill("[name=password]", "quite another passphrase")
    stranger.page.get_by_role("button", name="Set the password").click()
    expect(stranger.page.get_by_role("status")).to_have_text("The new password is set. Sign in with it.")
    expect(bob.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    stranger.page.fill("[name=login]", "bob")
    stranger.page.fill("[name=password]", "quite another passphrase")
    stranger.page.keyboard.press("Enter")
    expect(stranger.page.locator(".people__row")).to_have_count(2)
    stranger.page.get_by_role("link", name="Continue").click()
    expect(stranger.page.locator(".account__name")).to_have_text("bob")
    assert User.objects.get(username="bob").password_links.get().used_at
