"""One question to several models: side by side while they write, and the one that the conversation goes on from."""

import itertools
import threading
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Locator, expect

from conversations.models import Message
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import Step, history, openai_event, openai_stream

# The next question is stored and its reply begins between two frames of the screen; something asks for sizes meanwhile.
GO_ON = """async (transcript) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const author = { id: "somebody", name: "Somebody" };
  const said = { author, created_at: new Date().toISOString(), text: "And then?", status: "complete" };
  const entry = { command: { id: "copy", text: said.text }, files: [], written: Date.now() };
  const question = { ...said, id: "question", parent: transcript.thread.lastId, role: "user" };
  const reply = { ...said, id: "reply", parent: question.id, role: "assistant", model_name: "beta" };
  transcript.showUnsent([entry], said.author);
  transcript.toEnd();
  for (let count = 0; count < 4; count += 1) await frame();
  transcript.put(question, '<div class="message__text">And then?</div>');
  transcript.scrollTop;
  transcript.put(reply, `<div class="message__text">${"<p>Words.</p>".repeat(20)}</div>`);
}"""
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 360, "height": 740}


def models(vendor: FakeVendor, **scripts: Sequence[Step]) -> None:
    """Create models of these names, each with its own answer to the next question, and the usual one after that."""
    for name in scripts:
        serve(vendor, "openai", name)
    vendor.script = lambda request: scripts[request.json["model"]]


def compare(person: ChatPage, text: str, *names: str) -> None:
    """Ask these models at once."""
    choose(person, *names)
    person.send(text)


def choose(person: ChatPage, *names: str) -> None:
    """Tick exactly these models in the picker."""
    person.page.locator("button[name=several]").click()
    expect(person.picker).to_be_visible()
    rows = person.picker.get_by_role("option")
    for name in names:
        if rows.filter(has_text=name).get_attribute("aria-selected") == "false":
            rows.filter(has_text=name).click()
    for row in rows.and_(person.page.locator("[aria-selected=true]")).all():
        if row.locator(".picker__name").inner_text() not in names:
            row.click()
    person.page.keyboard.press("Escape")
    expect(person.picker).to_be_hidden()


def columns(person: ChatPage) -> Locator:
    return person.page.locator(".comparison > chat-message")


def column(person: ChatPage, name: str) -> Locator:
    return columns(person).filter(has=person.page.locator(".message__name", has_text=name))


def test_several_models_write_side_by_side_and_stop_one_by_one(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(
        vendor,
        alpha=[openai_event("Alpha "), vendor.gate, openai_stream(["speaks."])],
        beta=[openai_event("Beta "), vendor.gate, openai_stream(["too."])],
        gamma=[openai_stream(["Gamma."])],
    )
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Who are you?", "alpha", "beta")
    expect(columns(alice)).to_have_count(2)
    expect(column(alice, "alpha")).to_contain_text("Alpha ")
    expect(column(alice, "beta")).to_contain_text("Beta ")
    boxes = [box for box in (one.bounding_box() for one in columns(alice).all()) if box]
    assert len({box["y"] for box in boxes}) == 1, "they do not stand side by side"
    assert not alice.scrolls_sideways()
    column(alice, "beta").locator("[data-act=stop]").click()
    alice.ended(column(alice, "beta"), "stopped")
    expect(column(alice, "alpha")).to_have_attribute("data-status", "streaming")
    vendor.gate.set()
    alice.ended(column(alice, "alpha"))
    assert alice.words(column(alice, "alpha")) == "Alpha speaks."
    alice.page.reload()
    expect(columns(alice)).to_have_count(2)
    alice.ended(column(alice, "beta"), "stopped")


def test_the_composer_s_stop_ends_all_of_them(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_event("A"), vendor.gate], beta=[openai_event("B"), vendor.gate])
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Go on", "alpha", "beta")
    expect(column(alice, "beta")).to_contain_text("B")
    expect(column(alice, "alpha")).to_contain_text("A")
    alice.stop_button.click()
    for name in ("alpha", "beta"):
        alice.ended(column(alice, name), "stopped")


@pytest.mark.soak
def test_the_conversation_goes_on_from_the_one_that_was_chosen(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_stream(["From beta."])])
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Hello", "alpha", "beta")
    for name in ("alpha", "beta"):
        alice.ended(column(alice, name))
    first, second = columns(alice).first, columns(alice).nth(1)
    expect(first).to_have_attribute("data-current", "first")
    chosen = alice.words(second)
    second.locator("[data-act=choose]").click()
    expect(columns(alice).nth(1)).to_have_attribute("data-current", "chosen")
    expect(alice.text).to_be_focused()
    expect(alice.page.locator(".latest")).to_be_hidden()
    alice.page.reload()
    expect(columns(alice).nth(1)).to_have_attribute("data-current", "chosen")
    name = columns(alice).nth(1).locator(".message__name").inner_text()
    alice.choose_model(name)
    alice.send("And then?")
    expect(columns(alice)).to_have_count(0)
    expect(alice.replies).to_have_count(2)
    assert alice.words(alice.replies.first) == chosen
    expect(alice.replies.first.locator(".switch__place")).to_have_text("2/2")
    alice.ended(alice.replies.nth(1))
    assert history(vendor.requests[-1]) == ["Hello", chosen, "And then?"]
    alice.page.reload()
    expect(alice.replies.first.locator(".switch__place")).to_have_text("2/2")
    alice.replies.first.locator("[data-step=previous]").click()
    expect(columns(alice)).to_have_count(2)
    expect(columns(alice).first).to_have_attribute("data-current", "chosen")


@pytest.mark.soak
def test_without_a_choice_the_first_one_goes_on(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_stream(["From beta."])])
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Hello", "alpha", "beta")
    for name in ("alpha", "beta"):
        alice.ended(column(alice, name))
    first = alice.words(columns(alice).first)
    alice.send("Again")
    expect(columns(alice)).to_have_count(0)
    expect(alice.messages).to_have_count(4)
    assert alice.words(alice.replies.first) == first


def test_they_stand_in_the_order_of_choice_and_the_next_question_is_for_one(
    cast: Cast, vendor: FakeVendor, visit: Visit
) -> None:
    names = ("alpha", "beta", "gamma")
    models(vendor, **{name: [openai_stream([f"From {name}. ", "More. " * 400])] for name in names})
    alice = visit(cast.alice, viewport=WIDE)
    alice.choose_model("gamma")
    choose(alice, "gamma", "alpha", "beta")
    alice.send("Hello")
    for name in names:
        alice.ended(column(alice, name))
    expect(columns(alice).locator(".message__name")).to_have_text(["gamma", "alpha", "beta"])
    expect(columns(alice).first).to_have_attribute("data-current", "first")
    boxes = [box for box in (one.bounding_box() for one in columns(alice).all()) if box]
    assert all(one["x"] + one["width"] <= other["x"] for one, other in itertools.pairwise(boxes)), "they overlap"
    around = alice.page.locator(".comparison").bounding_box()
    assert around
    assert around["x"] <= boxes[0]["x"], "the first is cut off"
    expect(alice.page.locator("#composer-model option:checked")).to_have_text("gamma")
    alice.send("And then?")
    reply = alice.replies.nth(1)
    alice.ended(reply)
    expect(columns(alice)).to_have_count(0)
    expect(reply.locator(".message__name")).to_have_text("gamma")
    expect(reply.locator(".message__foot")).to_be_in_viewport()


@pytest.mark.soak
def test_the_end_is_followed_while_what_was_compared_gives_way(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    names = ("alpha", "beta", "gamma")
    models(vendor, **{name: [openai_stream([f"From {name}. ", "More. " * 400])] for name in names})
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Hello", *names)
    for name in names:
        alice.ended(column(alice, name))
    alice.page.locator("chat-transcript").evaluate(GO_ON)
    expect(columns(alice)).to_have_count(0)
    expect(alice.replies.nth(1).locator(".message__foot")).to_be_in_viewport()


@pytest.mark.soak
def test_another_try_takes_its_model_s_place(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_stream(["From beta."])])
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Hello", "alpha", "beta")
    for name in ("alpha", "beta"):
        alice.ended(column(alice, name))
    column(alice, "beta").hover()
    column(alice, "beta").locator("[data-act=retry]").click()
    expect(column(alice, "beta").locator(".switch__place")).to_have_text("2/2")
    expect(columns(alice)).to_have_count(2)
    alice.ended(column(alice, "beta"))
    column(alice, "beta").locator("[data-step=previous]").click()
    expect(column(alice, "beta").locator(".switch__place")).to_have_text("1/2")
    expect(columns(alice)).to_have_count(2)


def test_a_team_mate_sees_them_side_by_side_and_follows(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    gate = threading.Event()
    models(
        vendor,
        alpha=[openai_event("Alpha "), gate, openai_stream(["speaks."])],
        beta=[openai_event("Beta "), gate, openai_stream(["too."])],
    )
    alice = visit(cast.alice, viewport=WIDE)
    alice.page.locator("#composer-team").select_option(label="Crew")
    compare(alice, "Hello", "alpha", "beta")
    path = alice.wait_until_begun()
    bob = visit(cast.bob, path, viewport=WIDE)
    expect(columns(bob)).to_have_count(2)
    gate.set()
    for person in (alice, bob):
        for name in ("alpha", "beta"):
            person.ended(column(person, name))
    columns(alice).nth(1).locator("[data-act=choose]").click()
    expect(columns(alice).nth(1)).to_have_attribute("data-current", "chosen")
    chosen = alice.words(columns(alice).nth(1))
    alice.send("Onward")
    for person in (alice, bob):
        expect(columns(person)).to_have_count(0)
        expect(person.questions.locator(".message__text")).to_have_text(["Hello", "Onward"])
        assert person.words(person.replies.first) == chosen


@pytest.mark.soak
def test_on_a_phone_one_swipes_from_one_to_the_next(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_stream(["From beta."])])
    alice = visit(cast.alice, viewport=PHONE, has_touch=True, is_mobile=True)
    choose(alice, "alpha", "beta")
    alice.text.fill("Hello")
    alice.send_button.tap()
    for name in ("alpha", "beta"):
        alice.ended(column(alice, name))
    assert not alice.scrolls_sideways()
    expect(columns(alice).first.locator(".message__text")).to_be_in_viewport(ratio=1)
    expect(columns(alice).nth(1).locator(".message__text")).not_to_be_in_viewport(ratio=1)
    onward = columns(alice).nth(1).locator("[data-act=choose]")
    onward.scroll_into_view_if_needed()
    box = onward.bounding_box()
    assert box
    assert box["height"] >= 40
    onward.tap()
    expect(columns(alice).nth(1)).to_have_attribute("data-current", "chosen")
    expect(columns(alice).nth(1)).to_be_in_viewport(ratio=0.9)


@pytest.mark.soak
def test_no_more_than_eight_are_asked_at_once(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    names = [f"model-{number}" for number in range(9)]
    models(vendor, **{name: [openai_stream([f"I am {name}."])] for name in names})
    alice = visit(cast.alice, viewport=WIDE)
    alice.page.locator("button[name=several]").click()
    chosen = alice.picker.locator("[aria-selected=true]")
    expect(chosen).to_have_count(1)
    rows = {name: alice.picker.get_by_role("option", name=name) for name in names}
    for name in names[1:8]:
        rows[name].click()
    expect(rows[names[8]]).to_have_attribute("aria-disabled", "true")
    rows[names[8]].click(force=True)
    expect(chosen).to_have_count(8)
    rows[names[0]].click()
    expect(rows[names[8]]).to_have_attribute("aria-disabled", "false")
    for name in names[2:8]:
        rows[name].click()
    alice.page.keyboard.press("Escape")
    expect(alice.model_button).to_be_visible()
    alice.ask("Only one")
    expect(columns(alice)).to_have_count(0)
    assert Message.objects.get(role="assistant").model_name == names[1]


@pytest.mark.soak
def test_what_ends_later_does_not_come_between(
    cast: Cast, vendor: FakeVendor, visit: Visit, connect: Callable[..., Socket]
) -> None:
    models(
        vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_event("Slow"), vendor.gate, openai_stream(["."])]
    )
    alice = visit(cast.alice, viewport=WIDE)
    compare(alice, "Hello", "alpha", "beta")
    alice.ended(column(alice, "alpha"))
    expect(column(alice, "beta")).to_contain_text("Slow")
    socket = connect(cast.alice)
    socket.ask("conversation.open", conversation=alice.wait_until_begun().split("/")[2])
    choose(alice, "alpha")
    alice.send("And?")
    expect(columns(alice)).to_have_count(0)
    alice.ended(alice.replies.nth(1))
    vendor.gate.set()
    slow = str(Message.objects.get(model_name="beta").pk)
    socket.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == slow)
    alice.ask("And now?")
    expect(columns(alice)).to_have_count(0)
    expect(alice.messages).to_have_count(6)
