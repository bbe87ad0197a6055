"""How quick the page is with long threads, lists and replies: figures for CONTRIBUTING, printed and not judged.

python3 manage.py test --soak -s tests/browser/test_page_figures.py

`-k` with `page`, `list`, `stream` or `end` asks for some of them.

Of the longest task two times are told: how long it took, and how long a processor worked on it. On a machine that
others use as well only the second one says much.
"""

import json
import re
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
STREAMED, PIECE, PAUSE = 35_000, 12, 0.008  # characters, and seconds between pieces: 1,500 a second
WORDS_AT_THE_END = 6_500
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
COUNT_FRAMES = """() => {
  window.frames = [];
  const note = (last) => (now) => {
    window.frames.push(now - last);
    requestAnimationFrame(note(now));
  };
  requestAnimationFrame(note(performance.now()));
}"""
HAS_ENDED = "() => document.querySelector('chat-message[data-role=assistant][data-status=complete]')"
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


@pytest.mark.parametrize("slower", [1, 6])
def test_figures_of_a_stream(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, slower: int) -> None:
    """A reply of all kinds of blocks comes in small pieces, on a machine that is so many times slower."""
    text = long_reply(STREAMED)
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    vendor.play([*(step for piece in pieces for step in (openai_event(piece), PAUSE)), openai_end()])
    page = asking(cast.alice, visit, slower)
    page.evaluate(COUNT_FRAMES)
    with longest_task(page, f"{STREAMED:,} characters come, {slower} times slower"):
        page.keyboard.press("Enter")
        page.wait_for_function(HAS_ENDED, timeout=300_000, polling=500)
    late = page.evaluate("() => window.frames.filter((frame) => frame > 50).length")
    print(f"frames over 50 ms: {late} of {page.evaluate('() => window.frames.length'):,}")


def test_figures_of_the_end(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    """All of a long reply is here; then it ends."""
    text = long_reply(STREAMED * 2)
    text = text[: [found.start() for found in re.finditer(r"\s+", text)][WORDS_AT_THE_END]]
    vendor.play([*(openai_event(text[at : at + 200]) for at in range(0, len(text), 200)), vendor.gate, openai_end()])
    page = asking(cast.alice, visit, 1)
    page.keyboard.press("Enter")
    last = text.split()[-1]
    shown = (
        "(last) => document.querySelector('[data-role=assistant] .message__text')?.textContent.trim().endsWith(last)"
    )
    page.wait_for_function(shown, arg=last, timeout=60_000, polling=200)
    page.wait_for_timeout(500)
    with longest_task(page, f"a reply of {WORDS_AT_THE_END:,} words ends"):
        vendor.gate.set()
        page.wait_for_function(HAS_ENDED, timeout=60_000, polling=100)
        page.wait_for_timeout(500)


def asking(person: User, visit: Visit, slower: int) -> Page:
    """Return a new page in which a question is written and not sent yet."""
    chat = visit(person, None, new=True, viewport={"width": 1400, "height": 900})
    chat.open("/")
    chat.text.fill("Go on")
    chat.page.wait_for_load_state("networkidle")
    chat.page.context.new_cdp_session(chat.page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return chat.page


def long_reply(characters: int) -> str:
    """Return so many characters of paragraphs, lists, code, tables and headings in turn."""
    items = "".join(f"- item {number}: {ENGLISH}\n" for number in range(6))
    code = "".join(f"def f{number}(job):\n    return min(2 ** job.attempts, {number})\n" for number in range(12))
    table = "".join(f"| a{number} | {number} | some words here |\n" for number in range(10))
    forms = (
        ENGLISH * 4,
        items,
        f"```python\n{code}```",
        f"| name | seconds | note |\n|---|---|---|\n{table}",
        "## Heading",
        CHINESE * 4,
    )
    text = "".join(f"{form}\n\n" for form in forms)
    return (text * (characters // len(text) + 1))[:characters]


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
