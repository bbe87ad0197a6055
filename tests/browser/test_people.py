"""People in one thread: they talk without a model, ask one of them, and call one another."""

import re

from playwright.sync_api import FilePayload, Route, expect

from conversations.models import Message, User
from providers.models import Deployment, LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_shared_place import begin
from tests.browser.tree import shows
from tests.conftest import Cast
from tests.conversations.test_engine import until
from tests.conversations.test_heard_files import MP3
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream


def test_two_talk_without_a_model_and_ask_one(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    other = LanguageModel.objects.create(name="Big Cat 4.5")
    Deployment.objects.create(model=other, endpoint=model.deployments.get().endpoint, vendor_id="cat")
    vendor.play(*([openai_stream([word])] for word in ("One.", "Two.", "Three.")))
    alice = visit(cast.alice)
    alice.text.press_sequentially("@big")
    expect(alice.page.locator(".completion [role=option]")).to_have_text(["Big Cat 4.5Model"])
    alice.text.press("Enter")
    expect(alice.text).to_have_value("@Big Cat 4.5 ")
    expect(alice.model_button).to_contain_text("Big Cat 4.5")
    path = begin(alice, "@Big Cat 4.5 Count")
    expect(alice.rows.first).to_contain_text("Count")
    assert Message.objects.get(role="assistant").model_name == "Big Cat 4.5"

    # Who is named first is written to; the switch writes to people until it is turned off, after a reload too.
    bob = visit(cast.bob, path)
    switch = bob.page.locator("button[name=people]")
    bob.text.press_sequentially("@al")
    expect(bob.page.locator(".completion [role=option]")).to_have_text(["alice"])
    bob.text.press("Tab")
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(bob.tune_button).to_be_hidden()
    bob.page.keyboard.insert_text("is that right?")
    bob.text.press("Enter")
    shows(alice, "@Big Cat 4.5 Count", "One.", "@alice is that right?")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    bob.page.reload()
    expect(switch).to_have_attribute("aria-pressed", "true")
    bob.attach(FilePayload(name="talk.mp3", mimeType="audio/mpeg", buffer=MP3))
    bob.uploaded(1)
    expect(bob.tray_notice).to_be_hidden()
    expect(bob.send_button).to_be_enabled()
    bob.page.get_by_role("button", name="Remove talk.mp3").click()
    bob.send("I doubt it.")
    shows(alice, "@Big Cat 4.5 Count", "One.", "@alice is that right?", "I doubt it.")
    assert len(vendor.requests) == 1

    # A model answers afterwards, and other words for people stay so.
    last = alice.questions.last
    last.hover()
    last.locator("[data-act=answer]").click()
    shows(bob, "@Big Cat 4.5 Count", "One.", "@alice is that right?", "I doubt it.", "Two.")
    assert "bob: @alice is that right?\n\nbob: I doubt it." in str(vendor.requests[-1].json["messages"][-1]["content"])
    mine = bob.questions.nth(1)
    mine.hover()
    mine.locator("[data-act=edit]").click()
    mine.locator("textarea").fill("I doubt that, @ri")
    expect(mine.locator(".completion [role=option]")).to_have_text(["rita"])
    mine.locator("textarea").press("Enter")
    mine.locator("textarea").press("Enter")
    shows(alice, "@Big Cat 4.5 Count", "One.", "I doubt that, @rita")
    assert len(vendor.requests) == 2

    # What still stands in the list fits what was written before: nobody is called by mistake.
    held: list[Route] = []
    alice.page.route("**/audience/**", lambda route: held.append(route))
    names = alice.page.locator(".composer .completion [role=option]")
    alice.text.press_sequentially("@")
    expect(names.first).to_have_text("bob")
    with alice.page.expect_request("**/audience/**"):
        alice.text.press_sequentially("ri")
    alice.text.press("Enter")
    expect(alice.text).to_have_value("@ri")
    held[0].continue_()
    expect(names).to_have_text(["rita"])

    # Whoever is called like a model does not get its questions.
    User.objects.filter(pk=cast.rita.pk).update(display_name="Big Cat 4.5")
    alice.page.unroute("**/audience/**")
    alice.text.fill("")
    alice.page.reload()
    alice.text.press_sequentially("@Big")
    expect(names).to_have_text(["Big Cat 4.5", "Big Cat 4.5Model"])
    alice.text.fill("@Big Cat 4.5 Which?")
    expect(alice.model_button).to_contain_text("Big Cat 4.5")


# A browser's notifications, of which only a headless one has none: what was shown stands in the storage of all tabs.
NOTIFICATIONS = """
  globalThis.Notification = class extends EventTarget {
    static get permission() { return localStorage.getItem("allowed") ?? "default"; }
    static async requestPermission() { localStorage.setItem("allowed", "granted"); return "granted"; }
    constructor(title, { body }) {
      super();
      localStorage.setItem("shown", `${localStorage.getItem("shown") ?? ""}${title}: ${body};`);
    }
  };
"""
SHOWN = "localStorage.getItem('shown') ?? ''"


def test_a_mention_calls_its_person_once_and_not_where_they_look(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    vendor.play([openai_stream(["One."])])
    alice = visit(cast.alice)
    path = begin(alice, "Count")
    rita, bob = visit(cast.rita, path), visit(cast.bob, None, new=True)
    bob.page.context.add_init_script(NOTIFICATIONS)
    bob.open()
    second = ChatPage(bob.page.context.new_page(), bob.site, bob.watch).open()
    alice.send("@bob, @rita: look")
    shows(rita, "Count", "One.", "@bob, @rita: look")
    for tab in (bob, second):
        expect(tab.rows.first).to_have_attribute("data-mentioned", "")
        expect(tab.page).to_have_title(re.compile(r"^\(@1\) "))
    note = bob.page.locator("mention-note")
    expect(note).to_contain_text("alice mentioned you in “Count”")
    assert bob.page.evaluate(SHOWN) == "", "nobody was asked yet"
    note.get_by_role("button", name="Let this browser tell me").click()
    expect(note).to_be_hidden()
    assert not rita.rows.first.get_attribute("data-mentioned")
    expect(rita.page.locator("mention-note")).to_have_count(0)

    # Who has it open in a window without the focus is called, too, and has read it once they come back.
    rita.page.evaluate("document.hasFocus = () => false")
    alice.send("@bob, @rita: again")
    expect(rita.rows.first).to_have_attribute("data-mentioned", "")
    expect(rita.page.locator("mention-note")).to_be_visible()
    rita.page.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    expect(rita.rows.first).not_to_have_attribute("data-mentioned", "")
    expect(note).to_be_visible()
    until(lambda: bob.page.evaluate(SHOWN) == "Count: alice mentioned you;")
    expect(note.get_by_role("button", name="Let this browser tell me")).to_be_hidden()
    note.get_by_role("link", name="Show").click()
    shows(bob, "Count", "One.", "@bob, @rita: look", "@bob, @rita: again")
    expect(bob.questions.last).to_have_attribute("data-named", "")
    for tab in (bob, second):
        expect(tab.rows.first).not_to_have_attribute("data-mentioned", "")
    expect(second.page).not_to_have_title(re.compile(r"^\("))
