"""A verified answer: marked by one, offered to a team mate who writes a similar question, and gone with the team."""

import pytest
from playwright.sync_api import expect

from conversations import actions
from conversations.models import Conversation, Membership
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.conftest import Cast
from tests.conversations.calling import say


@pytest.mark.usefixtures("model")
def test_one_vouches_for_an_answer_and_it_is_offered_until_its_reader_leaves(
    cast: Cast, visit: Visit, link: Link
) -> None:
    talk = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Tokens", revision=0)
    asked = say(talk, "How do I reset the VPN token after changing my phone?", author=cast.bob)
    say(talk, "Ask the help desk.", role="assistant", parent=asked, author=cast.bob, model_name="parrot")
    alice = visit(cast.alice, f"/conversations/{talk.pk}/")
    rita = visit(cast.rita, f"/conversations/{talk.pk}/", at=link.address)
    reply = alice.replies.first
    reply.hover()
    reply.locator("[data-act=more]").click()
    alice.page.get_by_role("menuitem", name="Verify this answer").click()
    panel = alice.page.locator("verify-panel")
    panel.get_by_label("Note").fill("Asked them today")
    panel.get_by_label("Remind me").fill("2999-01-31")
    panel.get_by_role("button", name="Verify").click()
    expect(panel).to_be_hidden()
    mark = rita.replies.first.locator("verified-mark")
    expect(mark).to_contain_text("Verified by alice on ")
    expect(mark).to_contain_text("Asked them today")

    rita.open("/")
    rita.text.fill("reset vpn token, I have a new phone")
    offer = rita.page.locator(".offer")
    expect(offer).to_contain_text("Ask the help desk.")
    actions.remove_member(cast.alice, cast.team.pk, cast.rita.pk)
    expect(offer).to_have_count(0)
    with rita.page.expect_response(lambda response: "phone%3F" in response.url) as told:
        rita.text.press("?")
    assert told.value.json() == {"results": []}
    expect(offer).to_have_count(0)

    # Whoever is removed while they have no connection loses it with the next one.
    Membership.objects.create(team=cast.team, user=cast.rita, role="reader")
    rita.text.press("?")
    expect(offer).to_have_count(1)
    rita.watch.expect("WebSocket connection to .* failed", "net::ERR_")
    link.cut()
    expect(rita.connection).to_have_text("Reconnecting…")
    actions.remove_member(cast.alice, cast.team.pk, cast.rita.pk)
    link.mend()
    rita.wake()
    expect(offer).to_have_count(0)

    reply.hover()
    reply.locator("[data-act=more]").click()
    alice.page.get_by_role("menuitem", name="No longer verified").click()
    expect(alice.replies.first.locator("verified-mark")).to_have_count(0)
