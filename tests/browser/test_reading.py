"""Reading while a reply is written: what its reader holds stays, through each update and the end."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import PLACE
from tests.conftest import Cast
from tests.conversations.test_patches import form
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Step, openai_end, openai_event

WIDE = "wide_name_" * 30
BEGIN = f"""\
A paragraph to **select** from.

```python
first = "{WIDE}"
second = 2
```

| {WIDE} | value |
| --- | --- |
| one | 1 |
"""
ROWS = "".join(f"| row {number} | {number} |\n" for number in range(40))
CODE = f"\n```python\ndef greet(name):\n    return '{WIDE}'\n"

HOLD = """(reply) => {
  const [code, table] = [reply.querySelector("pre"), reply.querySelector(".table-scroll")];
  const strong = reply.querySelector(".message__text strong");
  window.held = { code, table, strong, all: [...reply.querySelectorAll(".message__text > *, tr")] };
  for (const box of [code, code.parentElement, table]) box.scrollLeft = 40;
  reply.querySelector(".thought").open = true;
  reply.querySelector(".thought__summary").focus();
  getSelection().setBaseAndExtent(strong.firstChild, 1, strong.firstChild, 4);
}"""
HELD = """(reply) => ({
  nodes: held.all.every((node) => node.isConnected && reply.contains(node)),
  code: Math.max(held.code.scrollLeft, held.code.parentElement.scrollLeft),
  table: held.table.scrollLeft,
  selected: String(getSelection()),
  thought: reply.querySelector(".thought").open,
  focus: document.activeElement.className,
})"""
SELECT = """(element, [words]) => {
  const [text] = [...element.querySelectorAll("code")].map((code) => code.firstChild);
  const begin = text.data.indexOf(words);
  getSelection().setBaseAndExtent(text, begin, text, begin + words.length);
}"""
END = """async (reply, height) => {
  reply.querySelector(".end")?.remove();
  const end = Object.assign(document.createElement("div"), { className: "end" });
  end.style.height = `${height}px`;
  reply.append(end);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return reply.querySelector(".message__text").lastElementChild.getBoundingClientRect().top;
}"""
CHILDREN = "(body) => [...body.children].map((child) => child.outerHTML.replace(/\\s+(?=<[/]div>$)/, ''))"
AT_END = "(box) => box.scrollHeight - box.clientHeight - box.scrollTop <= 2"
NOTE_LONG_TASKS = """
window.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ entryTypes: ["longtask"] });
"""
STAYS = {"nodes": True, "code": 40, "table": 40, "selected": "ele", "thought": True, "focus": "thought__summary"}


def pieces(text: str, size: int = 40) -> Iterator[Step]:
    for begin in range(0, len(text), size):
        yield openai_event(text[begin : begin + size])
        yield 0.01


def test_what_a_reader_holds_stays_while_words_come_and_when_they_end(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    first, second = threading.Event(), threading.Event()
    vendor.play(
        [
            *(openai_event(None, reasoning_content="Hm."), *pieces(BEGIN), first, *pieces(ROWS + CODE), second),
            *(*pieces("```\n\nEnd."), openai_end()),
        ]
    )
    alice = visit(cast.alice)
    alice.send("Show me")
    reply = alice.replies.first
    expect(reply.locator("td")).to_have_text(["one", "1"])
    reply.evaluate(HOLD)
    first.set()
    expect(reply.locator("tr")).to_have_count(42)
    expect(reply.locator(".code-block").nth(1)).to_contain_text("return")
    assert reply.evaluate(HELD) == STAYS
    reply.locator("pre").nth(1).evaluate(SELECT, ["greet"])
    second.set()
    alice.ended(reply)
    assert reply.evaluate(HELD) == {**STAYS, "selected": "greet"}
    expect(reply.locator("pre span.k").nth(1)).to_be_attached()  # the code has its colours
    expect(reply.locator(".thought__text")).to_have_text("Hm.")
    expect(reply.locator(".thought__tail")).to_have_count(0)
    summary = reply.locator(".thought__summary").text_content()
    assert summary == "Thought for 1 second"
    tools = reply.locator("code-tools .tools")
    expect(tools).to_have_count(2)
    streamed = reply.locator(".message__body").evaluate(CHILDREN)
    alice.page.reload()
    expect(tools).to_have_count(2)
    assert reply.locator(".message__body").evaluate(CHILDREN) == [part.replace(' open=""', "") for part in streamed]


def test_the_first_move_up_stops_following_and_the_end_starts_it_again(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    pressed, more, last = threading.Event(), threading.Event(), threading.Event()
    lines = "".join(f"\n\nLine {number}." for number in range(40))
    under = "".join(f"\n\nPressed {number}." for number in range(10))
    vendor.play([*pieces(lines), pressed, *pieces(under), more, *pieces(lines), last, *pieces(lines), openai_end()])
    alice = visit(cast.alice)
    alice.send("Show me")
    blocks = alice.replies.first.locator("p", has_text="Line 39.")
    expect(blocks).to_have_count(1)
    expect(alice.page.locator(".message__tail")).to_have_count(0)
    box = alice.page.locator("chat-transcript")
    alice.page.wait_for_function(AT_END, arg=box.element_handle())
    box.hover()
    alice.page.mouse.down()
    place = blocks.first.evaluate(PLACE)
    pressed.set()
    expect(alice.replies.first).to_contain_text("Pressed 9.")
    assert blocks.first.evaluate(PLACE) == place, "a click begins and ends at the same thing"
    alice.page.mouse.up()
    expect(alice.page.locator(".message__tail")).to_have_count(0)
    alice.page.wait_for_function(AT_END, arg=box.element_handle())
    alice.page.mouse.wheel(0, -15)
    alice.page.wait_for_function(f"(box) => !({AT_END})(box)", arg=box.element_handle())
    place = blocks.first.evaluate(PLACE)
    more.set()
    expect(blocks).to_have_count(2)
    assert blocks.first.evaluate(PLACE) == pytest.approx(place, abs=1)
    alice.page.mouse.wheel(0, 10_000)
    alice.page.wait_for_function(AT_END, arg=box.element_handle())
    last.set()
    expect(blocks).to_have_count(3)
    alice.ended(alice.replies.first)
    alice.page.wait_for_function(AT_END, arg=box.element_handle())


def test_a_thread_whose_end_changes_stands_still_under_a_pointer(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([*pieces("Line.\n\n" * 60 + "The last."), openai_end()])
    alice = visit(cast.alice)
    reply = alice.ask("Show me")
    box = alice.page.locator("chat-transcript")
    for height in 60, 20:
        place = reply.evaluate(END, height)
        alice.page.wait_for_function(AT_END, arg=box.element_handle())
    box.hover()
    alice.page.mouse.down()
    assert [reply.evaluate(END, height) for height in (310, 20, 0)] == pytest.approx([place] * 3, abs=1)
    alice.page.mouse.up()
    alice.page.wait_for_function(AT_END, arg=box.element_handle())


@pytest.mark.soak
def test_a_footnote_and_its_note_lead_to_each_other_within_their_message(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    text = "A claim[^1], again[^1], and none[^2].\n\n" + "A line.\n\n" * 40 + "[^1]: The first.\n[^3]: Nobody asks."
    vendor.play(*([*pieces(text), openai_end()] for _ in range(2)))
    alice = visit(cast.alice)
    alice.ask("Show me")
    second = alice.ask("Again")
    marks = second.locator(".footnote")
    expect(marks.locator("a")).to_have_text(["1", "1", "1"])
    expect(marks).to_have_text(["1", "1", "2", "1", "3"])
    ids = alice.page.locator("[id^=footnote-]").evaluate_all("(all) => all.map(({ id }) => id)")
    assert len(ids) == len(set(ids)) == 4
    marks.nth(3).locator("a").click()
    expect(marks.first).to_be_in_viewport()
    marks.nth(1).locator("a").click()
    expect(marks.nth(3)).to_be_in_viewport()
    streamed = second.locator(".message__body").evaluate(CHILDREN)
    alice.page.reload()
    expect(marks.locator("a")).to_have_count(3)
    assert second.locator(".message__body").evaluate(CHILDREN) == streamed


@pytest.mark.soak
def test_a_long_reply_keeps_the_page_quick(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    rest = threading.Event()
    text = form("mixed", 42_000)
    vendor.play([*pieces(text, 60), rest, openai_end()])
    alice = visit(cast.alice)
    alice.page.add_init_script(NOTE_LONG_TASKS)
    alice.open("/")
    alice.send("Show me")
    reply = alice.replies.first
    expect(reply.locator("h2").last).to_contain_text("Part 7", timeout=120_000)
    alice.page.wait_for_timeout(2_000)
    streaming = alice.page.evaluate("tasks.splice(0)")
    rest.set()
    alice.ended(reply)
    alice.page.wait_for_timeout(1_000)
    ending = alice.page.evaluate("tasks")
    print(f"{len(text.split()):,} words, {len(text):,} characters: long tasks {streaming}, at the end {ending}")
    assert len(streaming) <= 5
    assert max(ending, default=0) <= 60
