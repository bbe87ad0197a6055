"""Finding a conversation again, giving it another title, and its end."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Route, expect

from conversations import actions
from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event


def begun(cast: Cast, title: str, *said: str, shared: bool = False) -> Conversation:
    team = cast.team if shared else None
    conversation = Conversation.objects.create(owner=cast.alice, team=team, title=title, revision=1)
    parts = [{"kind": "text", "text": "".join(said)}]
    fields = {"text": "".join(said), "parts": parts, "status": "complete", "revision": 1}
    Message.objects.create(conversation=conversation, role="user", author=cast.alice, **fields)
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
    expect(alice.page.get_by_text("No title and no message has these words.")).to_be_visible()
    search.fill("bread")
    expect(titles).to_have_text(["Bread"])
    alice.page.get_by_role("link", name="Bread").click()
    expect(alice.messages.first).to_contain_text("flour and water")
    alice.page.get_by_label("Search conversations").fill("danube")
    expect(titles).to_have_count(2)
    alice.page.get_by_label("Search conversations").fill("")
    expect(titles).to_have_count(3)


def test_the_ring_around_the_search_is_whole(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Tea?")
    field, around = (alice.page.locator(at).bounding_box() for at in (".sidebar__search", ".sidebar__list"))
    assert field is not None
    assert around is not None
    assert min(field["x"] - around["x"], field["y"] - around["y"]) >= 4, "what scrolls cuts the ring off"


def test_another_title_is_seen_by_everybody(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = begun(cast, "Rivers", "Hello", shared=True)
    alice, bob = visit(cast.alice), visit(cast.bob, f"/conversations/{conversation.pk}/")
    row = alice.rows.first
    row.hover()
    row.get_by_role("button", name="Rename or delete").click()
    panel = alice.page.get_by_role("dialog", name="Conversation")
    panel.get_by_label("Title").fill("Rivers of Europe")
    alice.page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    for visitor in (alice, bob):
        expect(visitor.rows.first.locator(".row__title")).to_have_text("Rivers of Europe")
    expect(bob.page.locator(".chat__title")).to_have_text("Rivers of Europe")


def test_it_is_deleted_after_a_second_word_by_who_may(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation = begun(cast, "Rivers", "Hello", shared=True)
    bob = visit(cast.bob, f"/conversations/{conversation.pk}/")
    bob.rows.first.hover()
    bob.rows.first.get_by_role("button", name="Rename or delete").click()
    panel = bob.page.get_by_role("dialog", name="Conversation")
    expect(panel.get_by_label("Title")).to_be_enabled()
    expect(panel.get_by_role("button", name="Delete …")).to_be_hidden()
    bob.page.keyboard.press("Escape")
    alice = visit(cast.alice, f"/conversations/{conversation.pk}/", viewport={"width": 360, "height": 640})
    alice.page.locator(".chat__menu").click()
    alice.rows.first.get_by_role("button", name="Rename or delete").click()
    panel = alice.page.get_by_role("dialog", name="Conversation")
    panel.get_by_role("button", name="Delete …").click()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    expect(panel.locator(".ending__title")).to_have_text("Rivers")
    panel.get_by_role("button", name="Keep it").click()
    assert Conversation.objects.exists()
    panel.get_by_role("button", name="Delete …").click()
    panel.get_by_role("button", name="Delete for good").click()
    alice.page.wait_for_url(f"{alice.site}/")
    expect(alice.rows).to_have_count(0)
    assert not Conversation.objects.exists()
    expect(bob.rows).to_have_count(0)


def test_a_reader_is_told_that_they_may_not(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    begun(cast, "Rivers", "Hello", shared=True)
    rita = visit(cast.rita)
    rita.rows.first.hover()
    rita.rows.first.get_by_role("button", name="Rename or delete").click()
    panel = rita.page.get_by_role("dialog", name="Conversation")
    expect(panel).to_be_visible()
    expect(panel.get_by_label("Title")).to_be_disabled()
    expect(panel.get_by_text("Only who writes here can change this.")).to_be_visible()


def test_a_reply_that_ends_before_the_page_is_connected_leaves_no_mark(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    asking, looking, held = visit(cast.alice), visit(cast.alice, path=None), list[Route]()
    asking.send("Count")
    expect(asking.replies.first.locator(".message__text")).to_have_text("One,")
    looking.page.route("**/app.*.js", lambda route: held.append(route))
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
    older = alice.page.request.get(f"{alice.site}/api/v1/conversations").json()
    assert older["results"][0]["streaming"] is True
    vendor.gate.set()
    alice.ended(alice.replies.first)
    alice.page.route("**/api/v1/conversations", lambda route: route.fulfill(json=older))
    with alice.page.expect_response("**/api/v1/conversations"):
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
    alice.page.route("**/api/v1/conversations", lambda route: held.append(route))
    with alice.page.expect_request("**/api/v1/conversations"):
        alice.open()
    alice.ask("Newer")
    titles = alice.page.locator(".row__title:visible")
    expect(titles).to_have_text(["Newer", "Trains", "Bread", "Rivers"])
    alice.rows.nth(1).locator(".row__link").focus()
    older = alice.page.request.get(f"{alice.site}/api/v1/conversations").json()
    older["results"] = [row for row in older["results"] if row["title"] != "Newer"]
    actions.delete_conversation(cast.alice, gone.pk)
    expect(titles).to_have_text(["Newer", "Trains", "Bread"])
    with alice.page.expect_response("**/api/v1/conversations"):
        held[0].fulfill(json=older)
    alice.page.wait_for_function("fetch('/livez').then(() => true)")  # what is asked next is answered after it
    expect(titles).to_have_text(["Newer", "Trains", "Bread"])
    expect(alice.rows.nth(1).locator(".row__link")).to_be_focused()
