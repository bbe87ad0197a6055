"""How quick the page is with 2,000 messages and 5,000 conversations: figures for CONTRIBUTING, printed and not judged.

python3 manage.py test --soak -s tests/browser/test_page_figures.py

Of the longest task two times are told: how long it took, and how long a processor worked on it. On a machine that
others use as well only the second one says much.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Message, User
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

MESSAGES, ROWS, PASTED = 2_000, 5_000, 10_000
ENGLISH = "The queue keeps *every* job until a worker has said that it is done; see `retry_after` below. "
CHINESE = "队列会保留每个任务，直到工作进程确认完成；请参考下面的 `retry_after`。"
CODE = """
```python
def retry_after(job):
    return min(2 ** job.attempts, 300)
```

| name | seconds |
|---|---|
| a | 2 |
"""
NOTE = """
window.noted = { tasks: [], shift: 0, largest: 0, keys: [] };
const observe = (type, note, options) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options });
observe("longtask", ({ duration }) => noted.tasks.push(duration));
observe("layout-shift", ({ value, hadRecentInput }) => (noted.shift += hadRecentInput ? 0 : value));
observe("largest-contentful-paint", ({ startTime }) => (noted.largest = startTime));
observe("event", ({ name, duration }) => name === "keydown" && noted.keys.push(duration), { durationThreshold: 16 });
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
ANSWERED = "performance.getEntriesByType('navigation')[0].responseStart"
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
TO_THE_TOP = """() => {
  document.querySelector("chat-transcript").scrollTop = 0;
  return !document.querySelector("earlier-messages");
}"""
LIST_TO_THE_END = """() => {
  const list = document.querySelector(".sidebar__list");
  list.scrollTop = list.scrollHeight;
  return ![...document.querySelectorAll(".sidebar__more")].some((button) => button.checkVisibility());
}"""
BLOCKING = "noted.tasks.reduce((sum, duration) => sum + Math.max(0, duration - 50), 0)"

pytestmark = pytest.mark.soak


def test_figures_of_the_page(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    conversation = long_thread(cast.alice)
    Conversation.objects.bulk_create(rows(cast.alice))
    alice = visit(cast.alice, None, new=True, viewport={"width": 1400, "height": 900})
    page = alice.page
    page.add_init_script(NOTE)
    for what in ("the server's first page, of replies that it has to render", "the same in an empty browser"):
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        alice.open(f"/conversations/{conversation.pk}/")
        expect(alice.messages.last).to_be_in_viewport()
        page.wait_for_load_state("networkidle")
        answered, painted, loaded = (page.evaluate(moment) for moment in (ANSWERED, FIRST_PAINT, LOADED))
        print(f"{what}: answered after {answered:.0f} ms, first paint {painted:.0f} ms, whole {loaded:.0f} ms")
    tell("largest paint", page.evaluate("noted.largest"))
    tell("blocking time until then", page.evaluate(BLOCKING))
    print(f"layout shift: {page.evaluate('noted.shift'):.3f}")

    print(f"memory of the first messages: {resident(alice)}")

    vendor.play([*(openai_event(f"word {number} ") for number in range(3)), vendor.gate, openai_end()])
    alice.send("Go on")
    expect(alice.replies.last.locator(".message__text")).to_contain_text("word 2")
    page.evaluate("noted.keys = []")
    with longest_task(page, "somebody types while a reply comes"):
        alice.text.press_sequentially("What a person types while a reply comes", delay=30)
    vendor.gate.set()
    alice.ended(alice.replies.last)
    tell("longest of the slow key presses", max([*page.evaluate("noted.keys"), 0]))

    alice.text.fill("")
    with longest_task(page, f"{PASTED:,} characters are pasted"):
        page.keyboard.insert_text((ENGLISH + CHINESE) * (PASTED // len(ENGLISH + CHINESE)))
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))")

    with longest_task(page, f"all {MESSAGES:,} messages come"):
        page.wait_for_function(TO_THE_TOP, timeout=120_000, polling=100)
    expect(alice.messages).to_have_count(MESSAGES + 2)
    print(f"memory of all messages: {heap(page) / 1e6:.0f} MB of the scripts' heap; of the process {resident(alice)}")


def test_figures_of_the_list(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    """All rows come while the list is scrolled to its end; then it is scrolled through as by a wheel."""
    Conversation.objects.bulk_create(rows(cast.alice))
    alice = visit(cast.alice, None, new=True, viewport={"width": 1400, "height": 900})
    page = alice.page
    alice.open("/")
    page.wait_for_load_state("networkidle")
    with longest_task(page, f"{ROWS:,} rows come"):
        page.wait_for_function(LIST_TO_THE_END, timeout=300_000, polling=50)
    assert alice.rows.count() == ROWS
    page.locator(".sidebar__list").hover()
    with longest_task(page, f"{ROWS:,} rows are scrolled through"):
        for step in [-3_000] * 60 + [3_000] * 60:
            page.mouse.wheel(0, step)
            page.wait_for_timeout(16)


@contextmanager
def longest_task(page: Page, while_what: str) -> Iterator[None]:
    """Tell how long the longest task of the page's main thread takes inside, and the longest work of a processor."""
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["toplevel"])
    yield
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {(one["pid"], one["tid"]): one["args"].get("name") for one in events if one["name"] == "thread_name"}
    tasks = [one for one in events if one["name"].endswith("RunTask") and one["ph"] == "X"]
    pages = [one for one in tasks if names.get((one["pid"], one["tid"])) == "CrRendererMain"]
    wall, work = (max(one.get(field, 0) for one in pages) / 1e3 for field in ("dur", "tdur"))
    print(f"longest task while {while_what}: {wall:.0f} ms; of a processor {work:.0f} ms")


def long_thread(owner: User) -> Conversation:
    conversation = Conversation.objects.create(owner=owner, title="A long thread", revision=1)
    made: list[Message] = []
    for number in range(MESSAGES):
        text = f"{number}: {(ENGLISH, CHINESE)[number % 4 > 1] * 4}{CODE if number % 6 == 5 else ''}"
        made.append(
            Message(
                conversation=conversation, parent=made[-1] if made else None, role=("user", "assistant")[number % 2],
                author=owner, revision=1, status="complete", text=text, parts=[{"kind": "text", "text": text}],
            )
        )  # fmt: skip
    Message.objects.bulk_create(made)
    return conversation


def rows(owner: User) -> Iterator[Conversation]:
    for number in range(ROWS):
        yield Conversation(
            owner=owner, title=f"Conversation {number}", updated_at=timezone.now() - timedelta(hours=number)
        )


def heap(page: Page) -> float:
    """Return the bytes that live objects of the scripts take."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.enable") or session.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "JSHeapUsedSize")


def resident(chat: ChatPage) -> str:
    """Return the memory of the renderer's process: its own share of what it shares, and all that is resident."""
    session = chat.page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [int(process["id"]) for process in found if process["type"] == "renderer"]
    kinds = {"Pss": 0, "Rss": 0, "Private_Dirty": 0}
    for renderer in renderers:
        for line in Path(f"/proc/{renderer}/smaps_rollup").read_text().splitlines():
            name, _, size = line.partition(":")
            if name in kinds:
                kinds[name] += int(size.split()[0])
    words = ", ".join(f"{name} {size / 1e3:.0f} MB" for name, size in kinds.items())
    return f"{words} in {len(renderers)} renderer"


def tell(what: str, milliseconds: float) -> None:
    print(f"{what}: {milliseconds:.0f} ms")
