"""The days that head the sidebar's list."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_conversations import begun
from tests.conftest import Cast

HEADINGS = """() => [...document.querySelectorAll(".rows:not(.rows--found) > .row")].map((row) => {
  const { content, display } = getComputedStyle(row, "::before");
  return [display === "none" ? "" : JSON.parse(content), row.querySelector(".row__title").textContent].join(" ").trim();
}).join(", ")"""
READS = f"(expected) => ({HEADINGS})() === expected"


def test_the_list_has_headings_that_follow_its_rows(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    now = timezone.now()
    for title, days in {"a": 100, "b": 60, "c": 20, "d": 3, "e": 2, "f": 1, "g": 0}.items():
        conversation = begun(cast, title, "words")
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=now - timedelta(days=days))
    oldest = Conversation.objects.get(title="a")
    noon = now.hour - 12  # a zone in which it is about noon; its name has the sign of the way to UTC
    alice = visit(cast.alice, timezone_id=f"Etc/GMT{noon:+d}" if noon else "UTC")
    alice.page.wait_for_function(READS, arg="Today g, Yesterday f, Last 7 days e, d, Last 30 days c, Older b, a")

    alice.open(f"/conversations/{oldest.pk}/")
    alice.ask("And now?")
    alice.page.wait_for_function(READS, arg="Today a, g, Yesterday f, Last 7 days e, d, Last 30 days c, Older b")

    row = alice.rows.nth(2)
    row.hover()
    link, more = row.locator(".row__link").bounding_box(), row.locator(".row__more").bounding_box()
    assert link
    assert more
    assert (link["y"], link["height"]) == (more["y"], more["height"]), "the button stands beside the heading"

    search = alice.page.get_by_label("Search conversations")
    search.fill("And now")
    found = alice.page.locator(".rows--found .row")
    expect(found).to_have_count(1)
    assert found.evaluate("(row) => getComputedStyle(row, '::before').content") == "none"
    search.fill("")

    alice.page.clock.set_fixed_time(now + timedelta(days=1))
    alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    alice.page.wait_for_function(READS, arg="Yesterday a, g, Last 7 days f, e, d, Last 30 days c, Older b")
