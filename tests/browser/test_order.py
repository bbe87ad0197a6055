"""The jobs of keeping order: pin, archive, delete and want it back, many at once, and the list that stays as it was."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from conversations.models import Conversation, User
from providers.models import LanguageModel
from tests.browser.axe import grave_faults
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.browser.test_conversations import begun
from tests.conftest import Cast

WORDS = {
    "en": {"more": "More about this conversation", "pin": "Pin", "archive": "Archive", "delete": "Delete",
           "undo": "Undo", "select": "Select", "all": "Select all in the list", "rename": "Rename", "to": "Move to …"},
    "zh-hans": {"more": "此对话的更多操作", "pin": "置顶", "archive": "归档", "delete": "删除",
                "undo": "撤销", "select": "选择", "all": "全选列表中的对话", "rename": "重命名", "to": "移动到…"},
}  # fmt: skip
SIZES = [pytest.param("en", 1280, 800, marks=pytest.mark.soak), ("zh-hans", 390, 844)]


class Clicks:
    """Clicks, counted; each job may take so many."""

    def __init__(self, visitor: ChatPage, language: str) -> None:
        self.page, self.words, self.count = visitor.page, WORDS[language], 0

    def on(self, target: str | Locator, **how: object) -> None:
        button = self.page.get_by_role("button", name=self.words.get(str(target), ""), exact=True)
        item = self.page.get_by_role("menuitem", name=self.words.get(str(target), ""), exact=True)
        found = target if isinstance(target, Locator) else button.or_(item)
        found.click(**how)  # type: ignore[arg-type]
        self.count += 1

    def taken(self) -> int:
        taken, self.count = self.count, 0
        return taken


def speak(person: User, language: str) -> None:
    person.language = language
    person.save(update_fields=["language"])


def section(visitor: ChatPage, name: str) -> Locator:
    return visitor.page.locator(f'.section[data-section="{name}"] .row__title')


@pytest.mark.parametrize(("language", "width", "height"), SIZES)
def test_it_is_pinned_archived_and_deleted_and_comes_back(
    cast: Cast, model: LanguageModel, visit: Visit, language: str, width: int, height: int
) -> None:
    conversation = begun(cast, "Rivers", "Hello", shared=True)
    speak(cast.alice, language)
    path = f"/conversations/{conversation.pk}/"
    alice, bob = visit(cast.alice, path, viewport={"width": width, "height": height}), visit(cast.bob, path)
    expect(alice.connection).to_have_text("")
    clicks, other = Clicks(alice, language), visit(cast.alice)
    clicks.on("more")
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    assert grave_faults(alice.page) == []
    clicks.on("pin")
    expect(section(other, "pinned")).to_have_text(["Rivers"])
    assert clicks.taken() == 2
    clicks.on("more")
    clicks.on("archive")
    expect(other.rows).to_have_count(0)
    expect(bob.rows).to_have_count(1)
    assert clicks.taken() == 2
    clicks.on("undo")
    expect(section(other, "pinned")).to_have_text(["Rivers"])
    clicks.taken()
    clicks.on("more")
    clicks.on("delete")
    for visitor in (other, bob):
        expect(visitor.rows).to_have_count(0)
    expect(bob.text).to_be_disabled()
    expect(alice.notice).to_contain_text("30")  # who deleted it is told how long it can be restored
    assert clicks.taken() == 2
    clicks.on("undo")
    assert clicks.taken() == 1
    expect(section(other, "pinned")).to_have_text(["Rivers"])
    expect(section(bob, "team")).to_have_text(["Rivers"])
    for visitor in (alice, bob):
        expect(visitor.text).to_be_enabled()
    bob.ask("And back")
    expect(alice.questions).to_have_count(2)


@pytest.mark.soak
@pytest.mark.parametrize(("language", "width", "height"), SIZES)
def test_twenty_are_tidied_at_once(
    cast: Cast, model: LanguageModel, visit: Visit, language: str, width: int, height: int
) -> None:
    for number in range(20):
        begun(cast, f"Number {number}", "Hello")
    speak(cast.alice, language)
    alice = visit(cast.alice, viewport={"width": width, "height": height})
    expect(alice.connection).to_have_text("")
    clicks, rows = Clicks(alice, language), alice.page.locator(".row")
    if width < 832:
        alice.page.locator(".chat__menu").click()
        clicks.on(rows.first.locator(".row__more"))
        clicks.on("select")
        clicks.on("all")
    else:
        clicks.on(rows.first.locator(".row__link"), modifiers=["Shift"])
        clicks.on(rows.last.locator(".row__link"), modifiers=["Shift"])
    expect(alice.page.locator(".row[data-chosen]")).to_have_count(20)
    assert grave_faults(alice.page) == []
    clicks.on("delete")
    assert clicks.taken() <= 4
    expect(rows).to_have_count(0)
    expect(alice.page.locator(".undo")).to_contain_text("20")
    clicks.on("undo")
    expect(rows).to_have_count(20)
    assert not Conversation.objects.exclude(deleted_at=None).exists()


def test_a_row_is_renamed_in_its_place_by_who_writes_there(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    begun(cast, "Rivers", "Hello", shared=True)
    alice, rita = visit(cast.alice), visit(cast.rita)
    for visitor, offered in ((alice, 1), (rita, 0)):
        visitor.rows.first.hover()
        visitor.rows.first.locator(".row__more").click()
        for item in ("Rename", "Move to …", "Delete"):
            expect(visitor.page.get_by_role("menuitem", name=item, exact=True)).to_have_count(offered)
        expect(visitor.page.get_by_role("menuitem", name="Pin", exact=True)).to_be_visible()
    alice.page.get_by_role("menuitem", name="Rename").click()
    expect(alice.page.get_by_label("Title", exact=True)).to_be_focused()
    alice.page.keyboard.type("Rivers of Europe")
    alice.page.keyboard.press("Enter")
    for visitor in (alice, rita):
        expect(visitor.rows.first.locator(".row__title")).to_have_text("Rivers of Europe")
    expect(alice.rows.first.locator(".row__link")).to_be_focused()


def test_the_list_is_as_it_was_left(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    now = timezone.now()
    for number in range(70):
        shared = number >= 60
        conversation = begun(cast, f"Number {number}", "Hello", shared=shared)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=now - timedelta(minutes=number))
    alice = visit(cast.alice)
    mine = alice.page.locator('.section[data-section="private"] .row')
    expect(section(alice, "team")).to_have_count(5)
    alice.page.get_by_text("Teams", exact=True).first.click()
    expect(section(alice, "team").first).to_be_hidden()
    mine.last.scroll_into_view_if_needed()
    expect(mine).to_have_count(60)
    mine.last.scroll_into_view_if_needed()
    alice.page.reload()
    expect(section(alice, "team").first).to_be_hidden()
    expect(mine).to_have_count(60)
    expect(mine.last).to_be_in_viewport()
    edge = alice.page.get_by_role("separator")
    edge.press("End")
    expect(edge).to_have_attribute("aria-valuenow", "30")
    edge.hover()
    alice.page.mouse.down()
    alice.page.mouse.move(20 * 16, 300)
    alice.page.mouse.up()
    alice.page.reload()
    box = alice.page.locator(".sidebar").bounding_box()
    assert box
    assert box["width"] == 20 * 16
    alice.page.get_by_role("button", name="Fold the sidebar").click()
    alice.page.reload()
    expect(alice.page.locator(".sidebar")).to_be_hidden()
    alice.page.locator(".chat__menu").click()
    expect(mine.last).to_be_visible()
