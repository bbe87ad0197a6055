"""A link to a conversation: made in the page, read by a stranger without scripts, taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Share
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.browser.test_layout import PHONE, WIDE
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event, openai_stream

PHRASE = "eight pink bicycles"
NOTES = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"what the file says"}


def begin_link(person: ChatPage, message: int) -> None:
    """Open the dialog from a message's menu."""
    place = person.messages.nth(message)
    place.hover()
    place.locator("[data-act=more]").click()
    person.page.get_by_role("menuitem", name="Share up to here").click()


def make_link(person: ChatPage, phrase: str = "") -> str:
    """Fill the open dialog; the path of the link."""
    panel = person.page.locator("share-panel")
    panel.locator("[name=pass_phrase]").fill(phrase)
    panel.get_by_role("button", name="Make a link").click()
    link = panel.locator(".once__secret").input_value()
    assert link.startswith(f"{person.site}/s/")
    return link.removeprefix(person.site)


def texts(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".message__text").all_text_contents()]


def test_a_link_is_made_read_and_taken_back(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("One")
    alice.ask("Two")
    begin_link(alice, 1)
    panel = alice.page.locator("share-panel")
    expect(panel).to_contain_text("Messages: 2 · files: 0")
    path = make_link(alice)
    for width in (1280, 360):
        alice.page.set_viewport_size({"width": width, "height": 740})
        expect(alice.page.get_by_text("Public link", exact=True)).to_be_visible()
        expect(alice.page.get_by_text("Only you", exact=True)).to_be_hidden()
        expect(alice.page.locator(".chip__lock")).to_be_hidden()
    alice.page.set_viewport_size({"width": 1280, "height": 720})

    stranger = visit(None, path)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("One")
    assert texts(stranger.page) == ["One", "You said: One."]
    alice.page.keyboard.press("Escape")
    alice.ask("Three")
    stranger.page.reload()
    assert texts(stranger.page) == ["One", "You said: One."]
    referrers = {request.headers.get("referer") for request in stranger.watch.requests}
    assert not any(referrers), "not even to ourselves"

    alice.open("/shares/")
    row = alice.page.locator(".people__row")
    expect(row).to_contain_text("views: 2")
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke").click()
    expect(alice.page.locator(".card")).to_contain_text("There are none.")
    stranger.watch.expect("status of 404")
    stranger.page.reload()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    assert "You said" not in stranger.page.content()


def test_the_chip_tells_it_to_whoever_has_the_conversation_open(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    alice.ask("One")
    rita = visit(cast.rita, alice.wait_until_begun())
    word = rita.page.locator(".chip .chip__name + .chip__link")
    expect(word).to_be_hidden()
    alice.page.locator(".chip").click()
    alice.page.get_by_role("button", name="Share a link").click()
    make_link(alice)
    expect(word).to_be_visible()
    rita.page.locator(".chip").click()
    expect(rita.page.locator("audience-panel")).to_contain_text("by alice")
    assert rita.page.get_by_role("button", name="Share a link").count() == 0
    rita.page.keyboard.press("Escape")
    rita.messages.first.hover()
    rita.messages.first.locator("[data-act=more]").click()
    expect(rita.page.get_by_role("menuitem", name="Branch into a new conversation")).to_be_visible()
    expect(rita.page.get_by_role("menuitem", name="Share up to here")).to_be_hidden()


def test_a_pass_phrase_opens_it_without_scripts_and_a_copy_goes_on(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.attach(NOTES)  # type: ignore[arg-type]
    alice.uploaded(1)
    alice.ask("Read this")
    begin_link(alice, 1)
    path = make_link(alice, PHRASE)

    carol = visit(cast.carol, path, java_script_enabled=False)
    carol.watch.expect("status of 422")
    field = carol.page.get_by_label("Pass phrase")
    field.fill("nine pink bicycles")
    field.press("Enter")
    expect(carol.page.get_by_role("alert")).to_have_text("This is not the pass phrase.")
    field.fill(PHRASE)
    field.press("Enter")
    expect(carol.page.get_by_role("heading", level=1)).to_have_text("Read this")
    file = carol.page.locator(".file")
    expect(file).to_contain_text("notes.txt")
    with carol.page.expect_download() as download:
        file.click()
    assert Path(download.value.path()).read_bytes() == NOTES["buffer"]

    carol.page.get_by_role("link", name="Continue as my copy").click()
    assert path not in carol.page.url
    carol.page.get_by_role("button", name="Make my copy").dblclick()
    expect(carol.page.locator(".chat__title")).to_have_text("Read this")
    copied = Conversation.objects.get(owner=cast.carol)
    own = visit(cast.carol, f"/conversations/{copied.pk}/")
    own.ask("And then?")
    assert own.words(own.replies.nth(1)).startswith("You said: carol: And then?.")
    assert "what the file says" in own.words(own.replies.nth(1)), "the model is told the copy's file"
    assert Conversation.objects.get(owner=cast.alice).messages.count() == 2


@pytest.mark.soak
def test_a_reply_under_way_is_left_out(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    alice = visit(cast.alice)
    alice.send("Count")
    expect(alice.replies.first).to_contain_text("One,")
    alice.page.locator(".chip").click()
    alice.page.get_by_role("button", name="Share a link").click()
    expect(alice.page.locator("share-panel")).to_contain_text("A reply is still being written.")
    path = make_link(alice)
    vendor.gate.set()
    alice.ended(alice.replies.first)
    assert texts(visit(None, path).page) == ["Count"]


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.soak), "dark"])
def test_it_is_read_on_a_phone_and_on_paper_without_scripts(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, scheme: str
) -> None:
    vendor.play([openai_stream([WIDE])])
    alice = visit(cast.alice)
    alice.ask("w" * 300)
    begin_link(alice, 1)
    path = make_link(alice)
    stranger = visit(None, path, viewport=PHONE, java_script_enabled=False, color_scheme=scheme)
    page = stranger.page
    expect(page.locator(".message")).to_have_count(2)
    assert page.locator("script").count() == 0
    for place in (".message__time", ".message__avatar", ".message__name"):
        assert all(text.strip() for text in page.locator(place).all_text_contents()), place
    assert not stranger.scrolls_sideways()
    assert page.evaluate(WIDE_ELEMENTS) == []
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    expect(page.get_by_role("link", name="Continue as my copy")).to_be_hidden()
    assert page.locator("body").evaluate("body => getComputedStyle(body).color") == "rgb(23, 33, 29)", "ink on paper"
    for inner in page.locator("pre").all():
        assert inner.evaluate("pre => pre.scrollWidth <= pre.clientWidth + 1"), "paper does not scroll"
    assert len(page.pdf()) > 5_000
    assert Share.objects.get().views == 1
