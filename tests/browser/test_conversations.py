"""Finding a conversation again, giving it another title, and its end."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from conversations import actions
from conversations.models import Conversation, Message
from conversations.search.rebuilding import mend
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event


def begun(cast: Cast, title: str, *said: str, shared: bool = False) -> Conversation:
    team = cast.team if shared else None
    conversation = Conversation.objects.create(owner=cast.alice, team=team, title=title, revision=1)
    parts = [{"kind": "text", "text": "".join(said)}]
    fields = {"text": "".join(said), "parts": parts, "status": "complete", "revision": 1}
    Message.objects.create(conversation=conversation, role="user", author=cast.alice, **fields)
    sum(mend())
    return conversation


def test_a_conversation_is_found_by_its_title_and_its_words(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    for title, words in (("Rivers", "the Danube"), ("Bread", "flour and water"), ("Trains", "the Danube express")):
        begun(cast, title, words)
    alice = visit(cast.alice)
    search = alice.page.get_by_label("Search conversations")
    titles = alice.page.locator(".row__title:visible")
    search.fill("danube")
    expect(titles).to_have_text(["Trains", "Rivers"])
    search.fill("no such words")
    expect(titles).to_have_count(0)
    expect(alice.page.get_by_text("No results.")).to_be_visible()
    search.fill("bread")
    expect(titles).to_have_text(["Bread"])
    alice.page.locator(".rows--found").get_by_role("link", name="Bread").click()
    expect(alice.messages.first).to_contain_text("flour and water")
    alice.page.get_by_label("Search conversations").fill("danube")
    expect(titles).to_have_count(2)
    alice.page.get_by_label("Search conversations").fill("")
    expect(titles).to_have_count(3)


@pytest.mark.soak
def test_the_ring_around_the_search_is_whole(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Tea?")
    field, around = (alice.page.locator(at).bounding_box() for at in (".sidebar__search", ".sidebar__list"))
    assert field is not None
    assert around is not None
    assert min(field["x"] - around["x"], field["y"] - around["y"]) >= 4, "what scrolls cuts the ring off"


def test_a_reply_that_ends_before_the_page_is_connected_leaves_no_mark(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    asking, looking, held = visit(cast.alice), visit(cast.alice, path=None), list[Route]()
    asking.send("Count")
    expect(asking.replies.first.locator(".message__text")).to_have_text("One,")
    looking.page.route("**/js*/app*.js", lambda route: held.append(route))
    looking.page.goto(looking.site, wait_until="commit")
    expect(looking.rows.first).to_have_attribute("data-streaming", "")
    vendor.gate.set()
    asking.ended(asking.replies.first)
    held[0].continue_()
    expect(looking.rows.first).not_to_have_attribute("data-streaming", "")


def test_what_comes_late_does_not_undo_what_is_newer(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    alice = visit(cast.alice)
    alice.send("Count")
    expect(alice.rows.first).to_have_attribute("data-streaming", "")
    older = alice.page.request.get(f"{alice.site}/api/v1/conversations?archived=false").json()
    assert older["results"][0]["streaming"] is True
    vendor.gate.set()
    alice.ended(alice.replies.first)
    alice.page.route("**/api/v1/conversations?archived=false", lambda route: route.fulfill(json=older))
    with alice.page.expect_response("**/api/v1/conversations?archived=false"):
        alice.page.reload()
    alice.page.get_by_label("Search conversations").fill("count")  # what is asked next is answered after it
    expect(alice.page.locator(".rows--found .row")).to_have_count(1)
    expect(alice.page.locator(".rows:not(.rows--found) .row")).not_to_have_attribute("data-streaming", "")


def test_what_is_listed_late_moves_nothing_that_stands_right_and_brings_nothing_back(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    gone, *_ = (begun(cast, title, "Hello") for title in ("Rivers", "Bread", "Trains"))
    same = timezone.now().replace(microsecond=0)
    for number, conversation in enumerate(Conversation.objects.order_by("pk")):  # within one millisecond
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=same + timedelta(microseconds=number))
    alice, held = visit(cast.alice, path=None), list[Route]()
    alice.page.route("**/api/v1/conversations?archived=false", lambda route: held.append(route))
    with alice.page.expect_request("**/api/v1/conversations?archived=false"):
        alice.open()
    alice.ask("Newer")
    titles = alice.page.locator(".row__title:visible")
    expect(titles).to_have_text(["Newer", "Trains", "Bread", "Rivers"])
    alice.rows.nth(1).locator(".row__link").focus()
    older = alice.page.request.get(f"{alice.site}/api/v1/conversations?archived=false").json()
    older["results"] = [row for row in older["results"] if row["title"] != "Newer"]
    actions.delete_conversation(cast.alice, gone.pk)
    expect(titles).to_have_text(["Newer", "Trains", "Bread"])
    with alice.page.expect_response("**/api/v1/conversations?archived=false"):
        held[0].fulfill(json=older)
    alice.page.wait_for_function("() => fetch('/livez').then(() => true)")  # what is asked next is answered after it
    expect(titles).to_have_text(["Newer", "Trains", "Bread"])
    expect(alice.rows.nth(1).locator(".row__link")).to_be_focused()
    moved = {**older["results"][1], "revision": 99, "updated_at": f"{timezone.now() + timedelta(days=1):%FT%TZ}"}
    titles.nth(1).hover()
    alice.page.mouse.down()
    alice.page.evaluate("(detail) => document.dispatchEvent(new CustomEvent('arranged', { detail }))", moved)
    expect(titles).to_have_text(["Newer", "Trains", "Bread"])
    alice.page.mouse.up()
    expect(alice.page.locator(".chat__rename")).to_have_text("Trains")


@pytest.mark.soak
def test_the_sidebar_keeps_its_place_and_holds_the_open_one(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    now = timezone.now()
    for number in range(130):
        conversation = begun(cast, f"Number {number} of a list with long titles", f"word {number}")
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=now - timedelta(minutes=number))
    last = Conversation.objects.get(title__startswith="Number 129 ")
    alice = visit(cast.alice, f"/conversations/{last.pk}/")
    rows = alice.page.locator(".rows:not(.rows--found) .row")
    expect(rows).to_have_count(51)
    expect(rows.last.locator("[aria-current=page]")).to_be_in_viewport()
    alice.open("/")
    for count in (101, 130):  # the reader was at the end
        expect(rows).to_have_count(count)
        rows.last.scroll_into_view_if_needed()
    rows.nth(110).get_by_role("link").click()
    alice.page.wait_for_url("**/conversations/**")
    expect(rows).to_have_count(129)  # as many as there were, and the open one is one of them
    expect(rows.nth(110).locator("[aria-current=page]")).to_be_in_viewport()
    expect(rows.nth(0)).not_to_be_in_viewport()
    assert rows.nth(110).get_by_role("link").get_attribute("title") == "Number 110 of a list with long titles"

    search, found = alice.page.get_by_label("Search conversations"), alice.page.locator(".rows--found .row")
    search.fill("word")
    expect(found).to_have_count(50)
    alice.page.get_by_role("button", name="Show older").click()
    expect(found).to_have_count(100)
    timers = search.evaluate("""field => {
        const [real, begun] = [window.setTimeout, []];
        window.setTimeout = (...given) => begun.push(given) && real(...given);
        field.value = "zi";
        field.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
        window.setTimeout = real;
        return begun.length;
    }""")
    assert timers == 0, "what is being composed is no word yet"
    search.evaluate("""field => {
        field.value = "word 12";
        field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    }""")
    expect(found).to_have_count(11)


def test_a_hit_opens_at_its_message_and_marks_it(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = begun(cast, "Rivers", "Hello")
    parent = Message.objects.get()
    for number in range(2, 260):
        text = "the Danube express" if number == 20 else "flour and water " * 5
        parent = Message.objects.create(
            conversation=conversation, parent=parent, role="user", author=cast.alice, text=text,
            parts=[{"kind": "text", "text": text}], status="complete", revision=number,
        )  # fmt: skip
    sum(mend())
    alice = visit(cast.alice).keep_marks()
    alice.page.get_by_label("Search conversations").fill("danube")
    alice.page.locator(".rows--found").get_by_role("link", name="Rivers").click()
    marked = alice.page.locator("chat-message[data-named]")
    expect(marked).to_contain_text("the Danube express")
    expect(marked).to_be_in_viewport()


@pytest.mark.soak
def test_what_went_while_the_tab_was_away_is_listed_no_longer(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link
) -> None:
    titles = ["Moved", "Kept", "Deleted", "Withdrawn"]
    rows = [Conversation.objects.create(owner=cast.bob, team=cast.team, title=title, revision=1) for title in titles]
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect("WebSocket connection to .* failed", "net::ERR_")
    expect(alice.rows.locator(".row__title")).to_have_text(titles[::-1])
    expect(alice.connection).to_have_text("")
    link.cut()
    expect(alice.connection).to_have_text("Reconnecting…")
    actions.delete_conversation(cast.bob, rows[2].pk)
    actions.move_conversation(cast.bob, rows[3].pk, None)
    actions.change_conversation(cast.bob, rows[0].pk, title="Moved on")
    link.mend()
    alice.wake()
    expect(alice.rows.locator(".row__title")).to_have_text(["Moved on", "Kept"])
