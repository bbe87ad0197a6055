"""Readers take words along: copied, and on paper."""

import re

from playwright.sync_api import expect

from conversations.content.threads import MAX_MESSAGES
from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer
from tests.conversations.test_threads import long_conversation

REPLY = (
    "It is $x^2$ and\n\n$$\\frac{1}{2}$$\n\n```sh\nls\n```\n\n- [x] **done**\n\n"
    "<details>\n<summary>More</summary>\n\nfolded words\n</details>\n\nשלום עולם."
)
COPIED = "navigator.clipboard.readText()"
SELECT = """([first, last]) => {
  const range = document.createRange();
  range.setStartBefore(document.querySelector(first));
  range.setEndAfter([...document.querySelectorAll(last)].at(-1));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  document.execCommand("copy");
}"""
SHOWN = """() => [...document.querySelectorAll("body *")]
  .filter((element) => !element.children.length && element.checkVisibility())
  .filter((element) => element.getBoundingClientRect().width > 1)
  .map((element) => element.textContent.trim()).filter(Boolean)"""


def test_a_selection_takes_words_and_formulas_along(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, title="نص Formulas")
    question = say(conversation, "What\n  is it?", author=cast.alice)
    answer(conversation, question, REPLY)
    alice = visit(cast.alice, permissions=["clipboard-read", "clipboard-write"])
    alice.open(f"/conversations/{conversation.pk}/")
    expect(alice.replies.locator(".code-block .copy")).to_have_count(1)

    def copied(first: str, last: str) -> str:
        alice.page.evaluate(SELECT, [first, last])
        return str(alice.page.evaluate(COPIED))

    everything = copied(".sidebar", ".message__foot")
    assert everything.startswith("What\n  is it?\n\nIt is $x^2$ and\n\n$$\\frac{1}{2}$$\nls\n")
    assert all(word in everything for word in ("\nls\n", "\ndone\n", "More", "שלום"))
    assert not [word for word in ("parrot", "Copy", "Formulas", "sh\n") if word in everything]
    assert copied("math", "math mn") == "$x^2$ and\n\n$$\\frac{1}{2}$$"
    assert copied("math msup", "math msup mn") == "$x^2$"
    assert copied(".message__text strong", ".message__text strong") == "done"
    alice.replies.locator("button[data-copy=code]").click()
    expect(alice.replies.locator("button[data-copy=code]")).to_have_text("Copied")
    assert alice.page.evaluate(COPIED) == "ls"
    box = alice.replies.locator(".task-box")
    expect(box).to_have_accessible_name("done")
    alice.text.fill("سؤال?")
    right_to_left = [alice.replies.locator("p", has_text="שלום"), alice.text, alice.page.locator(".chat__title")]
    for words in (*right_to_left, alice.rows.first.locator(".row__title")):
        assert words.evaluate("words => getComputedStyle(words).direction") == "rtl"


def test_all_of_a_conversation_is_printed_and_nothing_else(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation, ids = long_conversation(cast.alice, 2 * MAX_MESSAGES + 6)
    answer(conversation, conversation.messages.get(pk=ids[-1]), REPLY)
    alice = visit(cast.alice).open(f"/conversations/{conversation.pk}/")
    expect(alice.messages).to_have_count(MAX_MESSAGES)
    pdf = alice.page.pdf(format="A4")
    expect(alice.messages).to_have_count(len(ids) + 1)
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 5
    alice.page.emulate_media(media="print")
    shown = alice.page.evaluate(SHOWN)
    title = alice.page.locator(".chat__title").text_content()
    assert shown[0] == title
    assert {str(number) for number in range(len(ids))} <= set(shown)
    assert "folded words" in shown
    assert not {
        "Copy",
        "Send",
        "Earlier messages",
        "New conversation",
        "Models make mistakes. Check what matters.",
    } & set(shown)
