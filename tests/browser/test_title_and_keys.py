"""The title above the thread, changed in its place, and what can be done by keys."""

import json

import pytest
from playwright.sync_api import Route, expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.axe import grave_faults
from tests.browser.conftest import Visit
from tests.browser.page_scripts import END_COMPOSITION_AND_PRESS, PRESS, WIDE_ELEMENTS
from tests.conftest import Cast, serve
from tests.conversations.calling import say
from tests.conversations.sharing import talk
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event


def titled(cast: Cast, title: str) -> Conversation:
    conversation = talk(cast.alice, team=cast.team)
    conversation.title = title
    conversation.save()
    return conversation


NOTIFICATIONS = """
window.told = [];
window.worker = null;
navigator.serviceWorker.getRegistration = async () => worker;
window.Notification = class extends EventTarget {
  static get permission() {
    return localStorage.permission ?? "default";
  }
  static async requestPermission() {
    return (localStorage.permission = "granted");
  }
  constructor(title, { body }) {
    super();
    told.push([title, body]);
  }
};
"""


def test_a_click_on_the_title_changes_it(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = titled(cast, "Rivers")
    alice = visit(cast.alice, f"/conversations/{conversation.pk}/", viewport={"width": 360, "height": 640})
    page, heading = alice.page, alice.page.get_by_role("heading", level=1)
    title, field = heading.get_by_role("button"), alice.page.locator(".title-field input")
    notice = page.locator(".title-field").get_by_role("alert")

    assert title.evaluate("(title) => title.scrollWidth <= title.clientWidth"), "a short title is cut off"
    title.click()
    expect(field).to_be_focused()
    for fields in ({"isComposing": True}, {"keyCode": 229}, {"key": "Escape", "isComposing": True}):
        field.evaluate(PRESS, fields)
    field.evaluate(END_COMPOSITION_AND_PRESS)
    expect(field).to_be_focused()
    page.keyboard.type("Other words")  # All of the old ones were selected.
    page.keyboard.press("Escape")
    expect(title).to_be_focused()
    expect(title).to_have_text("Rivers")

    page.keyboard.press("Enter")
    field.fill("  ")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Rivers")
    assert Conversation.objects.get().title == "Rivers"

    def refuse(route: Route) -> None:
        error = {"error": {"code": "conflict", "text": ""}}
        route.fulfill(status=409, content_type="application/json", body=json.dumps(error))

    alice.watch.expect("409")
    address = f"**/api/v1/conversations/{conversation.pk}"
    page.route(address, refuse, times=1)
    page.keyboard.press("Enter")
    field.fill("Rivers of Europe")
    page.keyboard.press("Enter")
    expect(notice).to_have_text("A reply is still in progress. Try again when it's done.")
    assert page.evaluate(WIDE_ELEMENTS) == []
    assert field.input_value() == "Rivers of Europe"
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    expect(title).to_have_text("Rivers of Europe")
    expect(page).to_have_title("Rivers of Europe · Chatsite")
    expect(alice.rows.first.locator(".row__link")).to_have_attribute("title", "Rivers of Europe")

    title.click()
    field.fill("Seas")
    alice.text.focus()
    expect(alice.page.locator(".chat__title")).to_have_text("Seas")
    expect(alice.text).to_be_focused()
    assert Conversation.objects.get().title == "Seas"


@pytest.mark.soak
def test_who_only_reads_sees_a_title_and_no_button(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = titled(cast, "Rivers")
    rita = visit(cast.rita, f"/conversations/{conversation.pk}/")
    expect(rita.page.get_by_role("heading", name="Rivers", level=1)).to_be_visible()
    expect(rita.page.locator(".chat__rename")).to_have_count(0)
    alice = visit(cast.alice)
    expect(alice.page.locator(".chat__rename")).to_be_disabled()
    alice.ask("Tea?")
    expect(alice.page.locator(".chat__rename")).to_be_enabled()


def test_a_question_mark_and_the_menu_show_the_keys(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.watch.expect("Applying inline style violates")  # axe's own, while it measures
    sheet = alice.page.get_by_role("dialog", name="Keyboard shortcuts")
    scripts = [request.url for request in alice.watch.requests if "shortcut-sheet" in request.url]
    assert scripts == [], "it is fetched when it is wanted"
    alice.text.press("?")
    assert alice.text.input_value() == "?"
    alice.page.locator(".transcript").focus()
    for fields in ({"key": "?", "ctrlKey": True}, {"key": "?", "isComposing": True}):
        alice.page.locator(".transcript").evaluate(PRESS, fields)
    expect(sheet).to_have_count(0)
    alice.page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("definition").first).to_have_text("Enter")
    assert grave_faults(alice.page) == []
    alice.page.keyboard.press("?")
    alice.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(alice.page.locator(".transcript")).to_be_focused()

    account = alice.page.locator(".account")
    account.click()
    alice.page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    expect(account).to_be_focused()


def test_the_sheet_of_keys_fits_a_phone_and_a_mac(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    cast.alice.language = "zh-hans"
    cast.alice.save()
    alice = visit(cast.alice, None, viewport={"width": 360, "height": 640})
    alice.page.add_init_script("Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' })")
    alice.open()
    alice.page.locator(".transcript").press("?")
    sheet = alice.page.get_by_role("dialog", name="键盘快捷键")
    expect(sheet.get_by_role("definition").nth(1)).to_have_text("⇧ Enter")
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    assert sheet.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    alice.page.keyboard.press("Escape")
    alice.text.press("Control+k")
    palette = alice.page.locator("command-palette dialog")
    expect(palette, "it deletes the rest of a line there").to_have_count(0)
    alice.text.press("Meta+k")
    expect(palette).to_be_visible()


def test_keys_typed_before_the_palette_is_here_go_to_it(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    """Also where its script is here already: an import ends later than the next keys."""
    for title in ("Queue migration", "Tea"):
        say(Conversation.objects.create(owner=cast.alice, title=title), "kept", author=cast.alice)
    alice = visit(cast.alice)
    alice.text.fill("A draft")
    held: list[Route] = []
    alice.page.route("**/command-palette*.js", lambda route: held.append(route))
    with alice.page.expect_request("**/command-palette*.js"):
        alice.text.press("Control+k")
    alice.page.keyboard.type("migra")
    alice.page.keyboard.press("Enter")
    held[0].continue_()
    alice.page.unroute("**/command-palette*.js")
    expect(alice.page.locator(".chat__title")).to_have_text("Queue migration")
    expect(alice.page.locator("html")).to_have_attribute("data-started", "")
    for word in ("", "tea"):
        alice.page.keyboard.press("Control+k")
        alice.page.keyboard.type(word)
        expect(alice.page.get_by_role("dialog").get_by_role("combobox")).to_have_value(word)
        alice.page.keyboard.press("Escape")
    assert alice.commands("send") == []


def test_the_palette_finds_conversations_models_teams_and_actions(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    serve(vendor, "openai", name="macaw")
    for title, words in (("Queue migration", "kept"), ("Tea", "缓存失效")):
        say(Conversation.objects.create(owner=cast.alice, title=title), words, author=cast.alice)
    alice = visit(cast.alice)
    alice.watch.expect("Applying inline style violates")  # axe's own, while it measures
    palette = alice.page.get_by_role("dialog", name="Find conversations, models, teams and actions")
    options = palette.get_by_role("option")
    alice.text.press("Control+k")
    expect(options.first).to_have_text("Tea")
    assert grave_faults(alice.page) == []
    palette.get_by_role("combobox").fill("queue")
    expect(options).to_have_text(["Queue migration"])
    palette.get_by_role("combobox").fill("失效")
    expect(options).to_have_text(["Tea"])
    palette.get_by_role("combobox").fill("no such thing")
    expect(palette.get_by_text("No results.")).to_be_visible()
    palette.get_by_role("combobox").fill("close")
    expect(palette.get_by_text("No results.")).to_be_visible()
    palette.get_by_role("combobox").fill("crew")
    expect(options).to_have_text(["CrewTeam"])
    palette.get_by_role("combobox").fill("maca")
    expect(options).to_have_text(["macawModel"])
    alice.page.keyboard.press("Enter")
    expect(alice.text).to_be_focused()
    expect(alice.page.get_by_role("button", name="Model: macaw")).to_be_visible()
    alice.text.press("Control+k")
    palette.get_by_role("combobox").fill("keyboard")
    expect(options).to_have_text(["Keyboard shortcuts"])
    alice.page.keyboard.press("Enter")
    sheet = alice.page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.get_by_role("checkbox").uncheck()
    alice.page.keyboard.press("Escape")
    alice.page.locator(".transcript").press("?")
    alice.page.keyboard.press("Control+k")
    expect(sheet).to_be_hidden()
    expect(palette).to_be_visible()
    alice.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_url("**/conversations/*/")
    expect(alice.page.locator(".chat__title")).to_have_text("Queue migration")
    alice.page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill("reads")
    expect(options).to_have_text(["Who reads it: Only you"])


def test_who_looks_elsewhere_is_called_back(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    page = alice.page
    page.add_init_script(NOTIFICATIONS)
    alice.open("/account/notifications/")
    page.locator("button[name=on]").click()  # Web Push has a button of the same words
    expect(page.locator("button[name=off]")).to_be_visible()
    alice.open("/")
    vendor.play([openai_event("Words "), vendor.gate, openai_end()])
    alice.send("A question")
    expect(alice.replies.first.locator(".message__text")).to_contain_text("Word")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    vendor.gate.set()
    expect(page).to_have_title("(1) A question · Chatsite")
    until(lambda: page.evaluate("told") == [["A question", "The reply from parrot is here."]])
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("A question · Chatsite")

    # What shows pushed notifications shows this one, too: the pushed one of the conversation takes its place.
    page.evaluate("worker = { active: {}, showNotification: (title, { tag, data }) => told.push([title, tag, data]) }")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    vendor.play([openai_event("More."), openai_end()])
    alice.send("Another one")
    conversation = page.url.rpartition("/conversations/")[2].strip("/")
    until(lambda: page.evaluate("told.at(-1)") == ["A question", conversation, page.url])
