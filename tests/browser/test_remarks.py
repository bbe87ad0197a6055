"""Remarks: made of selected words, seen by all at once, asked with, and kept without a connection."""

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Remark
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer

SELECT = """([words, from]) => {
  const texts = document.createTreeWalker(document.querySelector(from), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let all = "";
  const nodes = [];
  while (texts.nextNode()) { nodes.push([texts.currentNode, all.length]); all += texts.currentNode.data; }
  const at = (place) => {
    const [node, start] = nodes.findLast(([, start]) => start <= place);
    return [node, place - start];
  };
  const start = all.indexOf(words);
  range.setStart(...at(start));
  range.setEnd(...at(start + words.length - 1).map((part, n) => n ? part + 1 : part));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def select(chat: ChatPage, words: str) -> None:
    chat.page.evaluate(SELECT, [words, "chat-message[data-role=assistant] .message__text"])


@pytest.mark.usefixtures("model")
def test_two_remark_on_words_and_ask_with_what_is_open(cast: Cast, visit: Visit) -> None:
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Moons", revision=0)
    asked = say(talk, "How many moons?", author=cast.alice)
    reply = answer(talk, asked, "Jupiter has **95 moons** and\n\n1. Saturn has more;\n2. the word moons 👩‍👧 again.")
    alice, bob = (visit(person, f"/conversations/{talk.pk}/") for person in (cast.alice, cast.bob))
    select(alice, "has 95 moons")
    alice.page.get_by_role("button", name="Remark").click()
    alice.page.get_by_label("Your remark").fill("Is that so?")
    alice.page.get_by_role("button", name="Save").click()
    card = bob.page.locator(".remark")
    expect(card).to_contain_text("Is that so?")
    stored = Remark.objects.get()
    assert reply.text[stored.start : stored.end] == stored.quote == "has **95 moons"
    card.get_by_role("button", name="Reply").click()
    bob.page.get_by_label("Your remark").fill("97 by now.")
    bob.page.keyboard.press("Control+Enter")
    expect(alice.page.locator(".remark__reply")).to_contain_text("97 by now.")

    select(bob, "moons 👩‍👧")
    expect(bob.page.get_by_role("button", name="Remark", exact=True)).to_be_visible()
    bob.watch.expect("net::ERR_", "WebSocket")
    bob.page.context.set_offline(True)
    bob.page.evaluate("dispatchEvent(new Event('offline'))")
    bob.page.keyboard.press("Alt+r")
    bob.page.get_by_label("Your remark").fill("Which?")
    bob.page.get_by_role("button", name="Save").click()
    expect(bob.page.locator(".remark[data-unsent]")).to_contain_text("Which?")
    bob.page.context.set_offline(False)
    bob.wake()
    expect(alice.page.locator(".remark")).to_have_count(2)
    expect(bob.page.locator(".remark[data-unsent]")).to_have_count(0)
    alice.page.get_by_role("button", name="Ask with these remarks").click()
    question = "> has **95 moons\n\nalice: Is that so?\n\nbob: 97 by now.\n\n> moons 👩‍👧\n\nbob: Which?"
    expect(alice.text).to_have_value(question)
    alice.page.locator(".remark").first.get_by_role("button", name="Resolve").click()
    expect(bob.page.locator(".remark-ask")).to_contain_text("1 open remark")


@pytest.mark.usefixtures("model")
def test_a_half_typed_remark_outlives_a_reload_and_no_save(cast: Cast, visit: Visit) -> None:
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Moons", revision=0)
    answer(talk, say(talk, "How many moons?", author=cast.alice), "Jupiter has 95 moons.")
    alice = visit(cast.alice, f"/conversations/{talk.pk}/")
    select(alice, "95 moons")
    alice.page.get_by_role("button", name="Remark").click()
    field = alice.page.get_by_label("Your remark")
    field.fill("Is that")
    person = alice.page.locator(".remark--form [name=person]")
    person.select_option(str(cast.bob.pk))
    alice.page.reload()
    expect(field).to_have_value("Is that")
    expect(person).to_have_value(str(cast.bob.pk))
    field.press_sequentially(" so?")
    alice.page.get_by_role("button", name="Save").click()
    expect(alice.page.locator(".remark:not([data-unsent])")).to_contain_text("Is that so?")
    remark = Remark.objects.get()
    assert (remark.quote, remark.assignee) == ("95 moons", cast.bob)
    begin = "document.querySelector('chat-message').dispatchEvent(new Event('begin-remark', {bubbles: true}))"
    alice.page.evaluate(begin)
    field.fill("Also here")
    alice.page.reload()
    expect(field).to_have_value("Also here")
    alice.page.get_by_role("button", name="Cancel").click()
    expect(alice.messages.first.locator("[data-act=more]")).to_be_focused()
    alice.page.reload()
    expect(alice.page.locator(".remark")).to_have_count(1)
    expect(field).to_have_count(0)
