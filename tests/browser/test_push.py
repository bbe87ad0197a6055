"""A browser that is told while no page of the site is open."""

from playwright.sync_api import expect

from conversations.models import Target
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.test_web_push import Subscribed, encoded

SUBSCRIBE = """([address, key, auth]) => {
  const keys = { p256dh: key, auth };
  PushManager.prototype.subscribe = async () => ({ toJSON: () => ({ endpoint: address, keys }) });
}"""
IS_SUBSCRIBED = "PushManager.prototype.getSubscription = async () => ({ unsubscribe() {} });"
SHOW = """() => {
  self.shown = new Promise((found) => {
    self.registration.showNotification = async (title, { tag, data }) => found([title, tag, data]);
  });
}"""


def test_it_is_turned_on_shows_what_is_pushed_and_is_turned_off(cast: Cast, visit: Visit) -> None:
    """Its maker's service cannot be reached from here: the subscription and the pushed message are given instead."""
    bob = visit(cast.bob, "/account/notifications/", new=True)
    page, browser = bob.page, Subscribed()
    page.context.grant_permissions(["notifications"], origin=bob.site)
    page.evaluate(SUBSCRIBE, ["https://push.example/1", encoded(browser.point), encoded(bytes(16))])
    page.context.add_init_script(IS_SUBSCRIBED)
    section = page.locator("[data-push-key]")
    section.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Added.")).to_be_visible()
    expect(section).to_contain_text("notifies you even when no page")
    assert Target.objects.get(person=cast.bob).form == "push"
    protocol, found = page.context.new_cdp_session(page), []
    protocol.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    protocol.send("ServiceWorker.enable")
    (worker,) = page.context.service_workers
    worker.evaluate(SHOW)  # this kind of browser shows none
    pushed = f'{{"title": "alice mentioned you", "body": "", "tag": "t", "url": "{bob.site}/"}}'
    delivery = {"origin": bob.site, "registrationId": found[0]["registrationId"], "data": pushed}
    protocol.send("ServiceWorker.deliverPushMessage", delivery)
    assert worker.evaluate("self.shown") == ["alice mentioned you", "t", f"{bob.site}/"]
    section.get_by_role("button", name="Turn off").click()
    expect(section.get_by_role("button", name="Turn on")).to_be_visible()
    assert not Target.objects.exists()
