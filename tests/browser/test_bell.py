"""The bell, and the question whether the browser may tell of a reply that takes long."""

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_people import NOTIFICATIONS
from tests.browser.test_shared_place import begin
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream


def test_the_bell_tells_what_happened_in_each_tab_until_it_is_read(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    vendor.play([openai_stream(["One."])])
    alice = visit(cast.alice)
    begin(alice, "Count")
    bell, more = (alice.page.locator(name).bounding_box() for name in (".bell .icon", ".chat__more .icon"))
    assert bell
    assert more
    assert abs(bell["y"] + bell["height"] / 2 - more["y"] - more["height"] / 2) < 1, "the bell stands in its line"
    bob, other = visit(cast.bob), visit(cast.bob)
    alice.send("@bob look")
    for tab in (bob, other):
        expect(tab.page.get_by_role("button", name="Notifications, unread: 1")).to_be_visible()
    bob.page.get_by_role("button", name="Notifications, unread: 1").press("Enter")
    panel = bob.page.get_by_role("dialog", name="Notifications")
    link = panel.get_by_role("link", name="alice mentioned you in “Count”")
    expect(link).to_contain_text("Unread:")
    bob.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bob.page.get_by_role("button", name="Notifications, unread: 1")).to_be_focused()
    bob.page.keyboard.press("Enter")
    link.click()
    expect(bob.questions.last).to_contain_text("@bob look")
    for tab in (bob, other):
        expect(tab.page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


def test_who_waits_long_is_asked_once_whether_the_browser_may_tell(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    vendor.play([vendor.gate, openai_stream(["One."])])
    alice = visit(cast.alice, None, new=True)
    alice.page.context.add_init_script(NOTIFICATIONS)
    alice.open()
    alice.page.clock.install()
    alice.send("Count")
    expect(alice.replies).to_have_count(1)
    note = alice.page.locator("mention-note")
    alice.page.clock.run_for(19_000)
    expect(note).to_have_count(0)
    alice.page.clock.run_for(2_000)
    expect(note).to_contain_text("This takes a while.")
    note.get_by_role("button", name="Let this browser tell me").click()
    expect(note).to_be_hidden()
    assert alice.page.evaluate("Notification.permission") == "granted"
    vendor.gate.set()
