"""Three people in one thread: they talk, call one another, remark, ask with their remarks, and one of them leaves."""

import pytest
from playwright.sync_api import expect

from conversations import actions
from conversations.models import Conversation, Notification
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_remarks import select
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import history


@pytest.mark.soak
def test_three_people_work_in_one_thread_and_one_is_removed(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    cast.team.memberships.create(user=cast.carol, role="member")
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Moons", revision=0)
    answer(talk, say(talk, "How many moons has Jupiter?", author=cast.alice), "Jupiter has 95 moons, Saturn 274.")
    path = f"/conversations/{talk.pk}/"
    alice, bob, carol = visit(cast.alice, path), visit(cast.bob, path), visit(cast.carol)

    # Talk without a model: the one who is called elsewhere is told once, and who looks is not.
    alice.send("@bob, @carol: is that so?")
    expect(bob.questions.last).to_contain_text("is that so?")
    expect(carol.rows.first).to_have_attribute("data-mentioned", "")
    expect(bob.rows.first).not_to_have_attribute("data-mentioned", "")
    carol.page.locator("mention-note").get_by_role("link", name="Show").click()
    expect(carol.questions.last).to_contain_text("is that so?")
    expect(carol.rows.first).not_to_have_attribute("data-mentioned", "")
    assert Notification.objects.filter(person=cast.carol, kind="mention").count() == 1
    assert vendor.requests == []

    # Two remarks, which all three see, and a question made of them.
    for chat, words, remark in ((bob, "95 moons", "97 by now."), (carol, "Saturn 274", "Since when?")):
        select(chat, words)
        chat.page.get_by_role("button", name="Remark", exact=True).click()
        chat.page.get_by_label("Your remark").fill(remark)
        chat.page.get_by_role("button", name="Save").click()
    for chat in (alice, bob, carol):
        expect(chat.page.locator(".remark")).to_have_count(2)
    alice.page.get_by_role("button", name="Ask with these remarks").click()
    alice.text.press("Enter")
    for chat in (alice, bob, carol):
        expect(chat.replies).to_have_count(2)
        chat.ended(chat.replies.last)
    asked = history(vendor.next_request())[-1]
    assert "> 95 moons\n\nbob: 97 by now.\n\n> Saturn 274\n\ncarol: Since when?" in asked
    assert asked.startswith("@bob, @carol: is that so?"), "she alone wrote in this branch: no names are needed"

    # A verified answer is offered to the third while she types, until she is removed.
    reply = alice.replies.first
    reply.hover()
    reply.locator("[data-act=more]").click()
    alice.page.get_by_role("menuitem", name="Verify this answer").click()
    alice.page.locator("verify-panel").get_by_role("button", name="Verify").click()
    expect(carol.replies.first.locator("verified-mark")).to_contain_text("Verified by alice")
    carol.open("/")
    carol.text.fill("how many moons has jupiter got")
    offer = carol.page.locator(".offer")
    expect(offer).to_contain_text("Jupiter has 95 moons")
    actions.remove_member(cast.alice, cast.team.pk, cast.carol.pk)
    expect(offer).to_have_count(0)
    expect(carol.rows).to_have_count(0)
    with carol.page.expect_response(lambda response: "jupiter" in response.url) as told:
        carol.text.press("?")
    assert told.value.json() == {"results": []}
    assert bob.page.locator(".remark").count() == 2
