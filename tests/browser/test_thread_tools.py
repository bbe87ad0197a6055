"""Tools for the code, tables, formulas and pictures of a thread, and for the thread itself."""

import csv
import io
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from conversations.files import storage
from conversations.models import Conversation, File
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_parts import picture
from tests.browser.test_reading import pieces
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

LINES = "".join(f"value_{number} = {number}  # {'long ' * 40 if number == 2 else ''}\n" for number in range(40))
CODE = f"```python\n{LINES}```\n\n```c++\nint a;\n```\n\n```makefile\nall:\n\ttrue\n```\n\n```\nwords\n```\n"
TABLE = """
| Name | Size | *Note* |
|---|---:|:-:|
| 名称 | -1,5 | =1+1 |
| **two** `a\\|b` | +3 | @me "quoted", twice |
| - [three](https://example.test/) | | $x^2$<br>and more |

$$\\frac{1}{2}$$

In words: $y$.
"""
CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  return Promise.all(["text/plain", "text/html"].map(async (type) => (await item.getType(type)).text()));
}"""
AT_TOP = """([box, question]) =>
  Math.abs(question.getBoundingClientRect().top - box.getBoundingClientRect().top - 16) < 2"""
SELECT_IN = """([place, first, last]) => {
  const words = [...document.querySelectorAll(place)];
  const range = document.createRange();
  range.setStartBefore(words[first]);
  range.setEndAfter(words[last - 1]);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
VOICES = """() => {
  window.spoken = [];
  speechSynthesis.getVoices = () => [{}];
  speechSynthesis.speak = ({ lang, text }) => spoken.push([lang, text]);
  speechSynthesis.cancel = () => spoken.splice(0);
  Object.defineProperty(speechSynthesis, "speaking", { get: () => spoken.length > 0 });
}"""
LONG = "".join(f"\n\nLine {number}." for number in range(60))


@pytest.fixture
def drawn(cast: Cast) -> Iterator[Callable[[str], dict[str, str]]]:
    """Yield a function that stores a picture of one colour, and returns its part."""

    def draw(colour: str) -> dict[str, str]:
        file = storage.store(cast.alice, f"{colour}.png", "image/png", picture(colour))
        return {"kind": "image", "file": str(file.id), "name": file.name, "media_type": "image/png"}

    yield draw
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


HOSTILE_PAGE = """\
<!doctype html><meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/"><base href="http://127.0.0.1:9/">
<style>@import "http://127.0.0.1:9/a.css"; h1 { color: green; background: url(http://127.0.0.1:9/b.png) }</style>
<h1>Still here</h1><script>document.body.textContent = "Gone"</script>
<img src="http://127.0.0.1:9/c.png" onerror="top.x=1">
<a href="http://127.0.0.1:9/">away</a> <form action="http://127.0.0.1:9/"><button>send</button></form>
<iframe src="http://127.0.0.1:9/"></iframe>"""
DRAWING = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle r="20"/></svg>'


def opened(cast: Cast, visit: Visit, *replies: str, title: str = "Queue: a/b?", **options: object) -> ChatPage:
    """Return a page with a conversation of these replies, each below a question."""
    conversation = Conversation.objects.create(owner=cast.alice, title=title)
    above = None
    for number, text in enumerate(replies):
        question = say(conversation, f"Question {number}", author=cast.alice, parent=above)
        above = answer(conversation, question, text)
    alice = visit(cast.alice, permissions=["clipboard-read", "clipboard-write"], **options)
    return alice.open(f"/conversations/{conversation.pk}/")


def tool(place: Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name)


def saved(page: ChatPage, button: Locator) -> tuple[str, str]:
    """Press a button that saves a file; returns the file's name and its text."""
    with page.page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes().decode()


def height(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["height"]


def test_code_is_folded_wrapped_numbered_and_saved(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = opened(cast, visit, CODE + LONG)
    blocks = alice.replies.locator(".code-block")
    first, more = blocks.first, tool(blocks.first, "Show all 40 lines")
    expect(first).to_have_attribute("data-folded", "")
    expect(blocks.nth(1).get_by_role("button", name="Show all")).to_have_count(0)
    folded = height(first)
    more.click()
    assert height(first) > folded + 9 * 22
    expect(first.locator("pre")).to_be_focused()
    expect(more).to_be_hidden()
    assert first.locator(".code-block__bar").evaluate("(bar) => bar.getBoundingClientRect().top") > 0

    name, text = saved(alice, tool(first, "Download"))
    assert (name, text) == ("Queue a b.py", LINES)
    names = [saved(alice, tool(blocks.nth(number), "Download"))[0] for number in range(1, 4)]
    assert names == ["Queue a b.cpp", "Makefile", "Queue a b.txt"]

    numbers = first.locator(".code-block__numbers")
    tool(first, "Line numbers").click()
    expect(tool(first, "Line numbers")).to_have_attribute("aria-pressed", "true")
    assert (numbers.text_content() or "").split() == [str(number) for number in range(1, 41)]
    beside = first.locator("pre").evaluate("(pre) => pre.clientHeight")
    assert height(numbers) == pytest.approx(beside, abs=1), "numbers do not stand at their lines"
    expect(blocks.nth(1).locator(".code-block__numbers")).to_have_text("1")
    wide = "(pre) => pre.scrollWidth > pre.clientWidth"
    assert first.locator("pre").evaluate(wide)
    tool(first, "Wrap lines").press("Enter")
    expect(tool(first, "Wrap lines")).to_have_attribute("aria-pressed", "true")
    assert not first.locator("pre").evaluate(wide)
    expect(numbers).to_have_count(0)
    alice.page.reload()
    expect(numbers).to_have_count(1)
    tool(first, "Line numbers").click()
    expect(alice.page.locator(".code-block__numbers")).to_have_count(0)


def test_code_that_was_seen_to_grow_is_not_folded(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    rest = threading.Event()
    vendor.play([*pieces(f"```python\n{LINES}```\n\nBehind"), rest, openai_event(" it."), openai_end()])
    alice = visit(cast.alice)
    alice.send("Show me")
    block = alice.replies.locator(".code-block")
    expect(tool(block, "Copy")).to_have_count(1)
    whole = height(block)
    expect(tool(block, "Wrap lines")).to_be_visible()
    assert height(block) == whole, "the tools move what stands below"
    tool(block, "Wrap lines").click()
    expect(block).to_have_attribute("data-wrap", "")
    block.evaluate("(block) => (window.block = block)")
    rest.set()
    alice.ended(alice.replies.first)
    assert block.evaluate("(block) => block === window.block")
    tool(block, "Wrap lines").click()
    assert height(block) == whole
    tool(block, "Show all lines").click()
    expect(block).to_have_attribute("data-folded", "")
    alice.page.reload()
    expect(block).to_have_attribute("data-folded", "")


def test_code_that_describes_a_page_is_looked_at_and_can_do_nothing(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = opened(cast, visit, f"```html\n{HOSTILE_PAGE}\n```\n\n```python\nprint()\n```\n\n```xml\n{DRAWING}\n```\n")
    alice.watch.expect("Content Security Policy", "Blocked script execution", "sandboxed")
    blocks = alice.replies.locator(".code-block")
    expect(tool(blocks.nth(1), "Wrap lines")).to_be_visible()
    expect(tool(blocks.nth(1), "Preview")).to_be_hidden()
    tool(blocks.nth(2), "Preview").click()
    expect(blocks.nth(2).frame_locator("iframe").locator("svg circle")).to_be_visible()

    tool(blocks.first, "Preview").click()
    shown = blocks.first.frame_locator("iframe")
    expect(shown.get_by_role("heading")).to_have_css("color", "rgb(0, 128, 0)")
    expect(blocks.first.locator("pre")).to_be_hidden()
    shown.get_by_role("button").click()
    expect(shown.get_by_role("heading")).to_have_text("Still here")
    shown.get_by_role("link").click()
    tool(blocks.first, "Preview").click()
    expect(blocks.first.locator("pre")).to_be_visible()
    expect(blocks.first.locator("iframe")).to_have_count(0)


def test_tables_and_formulas_are_taken_along(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = opened(cast, visit, TABLE)
    table = alice.replies.locator(".table-scroll")
    name, text = saved(alice, tool(table, "Download as CSV"))
    assert name == "Queue a b.csv"
    assert text.startswith("\ufeffName,Size,Note\r\n")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))) == [
        ["Name", "Size", "Note"],
        ["名称", "-1,5", "'=1+1"],
        ["two a|b", "+3", '\'@me "quoted", twice'],
        ["'- three", "", "$x^2$\nand more"],
    ]

    tool(table, "Copy for a spreadsheet").click()
    expect(tool(table, "Copy for a spreadsheet")).to_contain_text("Copied")
    text, html = alice.page.evaluate(CLIPBOARD)
    assert text.split("\n")[1:] == [
        "名称\t-1,5\t'=1+1",
        'two a|b\t+3\t\'@me "quoted", twice',
        "'- three\t\t$x^2$ and more",
    ]
    assert html.count("<tr>") == 4
    assert ">'=1+1</td>" in html
    tool(table, "Copy as Markdown").press("Enter")
    expect(tool(table, "Copy as Markdown")).to_contain_text("Copied")
    copied = alice.page.evaluate("navigator.clipboard.readText()")
    assert copied == (
        "| Name | Size | *Note* |\n| --- | ---: | :---: |\n| 名称 | -1,5 | =1+1 |\n"
        '| **two** `a\\|b` | +3 | @me "quoted", twice |\n'
        "| - [three](https://example.test/) |  | $x^2$<br>and more |"
    )

    note = alice.page.locator(".floating-note")
    alice.replies.locator("p math").click()
    expect(note).to_have_text("LaTeX copied")
    assert alice.page.evaluate("navigator.clipboard.readText()") == "y"
    expect(note).to_be_hidden()
    alice.replies.locator(".math-block").press("Enter")
    expect(note).to_be_visible()
    assert alice.page.evaluate("navigator.clipboard.readText()") == r"\frac{1}{2}"


def test_pictures_are_looked_at_in_the_page(
    cast: Cast, model: LanguageModel, visit: Visit, drawn: Callable[[str], dict[str, str]]
) -> None:
    alice = opened(cast, visit, "One.", "Two.")
    replies = list(Conversation.objects.get().messages.filter(role="assistant").order_by("pk"))
    for reply, colour in zip(replies, ("teal", "olive"), strict=True):
        part = drawn(colour)
        reply.parts = [*reply.parts, part]
        reply.save()
        reply.files.add(part["file"])
    alice.page.reload()
    viewer, links = alice.page.get_by_role("dialog", name="Picture"), alice.page.locator("a.picture")
    links.first.click()
    expect(viewer.locator("img")).to_have_js_property("naturalWidth", 320)
    expect(viewer).to_contain_text("teal.png1 / 2")
    expect(viewer.get_by_role("link", name="Download")).to_have_attribute("download", "teal.png")
    tool(viewer, "Next picture").click()
    expect(viewer).to_contain_text("olive.png2 / 2")
    alice.page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("teal.png")
    alice.page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("olive.png")
    alice.page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(links.nth(1)).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(viewer).to_contain_text("olive.png")
    tool(viewer, "Close").click()
    expect(viewer).to_be_hidden()


def test_a_long_thread_is_walked_through_quoted_and_corrected(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    replies = [f"Reply {number} with **bold** words.\n\nSecond line." + LONG for number in range(5)]
    alice = opened(cast, visit, *replies)
    box = alice.page.locator("chat-transcript")

    def at_top(text: str) -> None:
        question = alice.questions.filter(has_text=text)
        alice.page.wait_for_function(AT_TOP, arg=[box.element_handle(), question.element_handle()])

    alice.text.fill("My thoughts:")
    alice.text.press("Alt+ArrowUp")
    at_top("Question 4")
    alice.text.press("Alt+ArrowUp")
    at_top("Question 3")
    alice.text.press("Alt+ArrowDown")
    at_top("Question 4")
    alice.text.press("Alt+ArrowDown")
    expect(alice.page.locator(".latest")).to_be_hidden()

    button = tool(alice.page.locator(".chat__head"), "Questions in this conversation")
    button.click()
    outline = alice.page.get_by_role("dialog", name="Questions in this conversation")
    expect(outline.get_by_role("listitem")).to_have_text([f"Question {number}" for number in range(5)])
    expect(tool(outline, "Earlier messages")).to_have_count(0)
    tool(outline, "Question 1").click()
    expect(outline).to_be_hidden()
    at_top("Question 1")

    alice.page.evaluate(SELECT_IN, ["chat-message:nth-of-type(4) p", 0, 2])
    offer = tool(alice.page.locator("body"), "Quote")
    offer.click()
    expect(alice.text).to_be_focused()
    expect(alice.text).to_have_value("My thoughts:\n\n> Reply 1 with bold words.\n>\n> Second line.\n\n")
    expect(offer).to_be_hidden()
    alice.text.fill("")
    alice.page.evaluate(SELECT_IN, ["chat-message:nth-of-type(4) strong", 0, 1])
    alice.page.keyboard.press("Alt+q")
    expect(alice.text).to_have_value("> bold\n\n")
    alice.text.press("ArrowUp")
    expect(alice.page.locator("message-editor")).to_have_count(0)
    alice.text.fill("")
    alice.text.press("ArrowUp")
    editor = alice.questions.nth(4).locator("message-editor textarea")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Question 4")


def test_a_reply_is_read_aloud_where_there_are_voices(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = opened(cast, visit, "Hello *you*. Good day!\n\n你好。\n\n```\ncode\n```\n")
    more, item = alice.replies.locator("[data-act=more]"), alice.page.get_by_role("menuitem", name="Read aloud")
    alice.page.evaluate("speechSynthesis.getVoices = () => []")
    more.click()
    expect(alice.page.get_by_role("menuitem").first).to_be_visible()
    expect(item).to_be_hidden()
    alice.page.keyboard.press("Escape")
    alice.page.evaluate(VOICES)
    more.click()
    item.click()
    assert alice.page.evaluate("spoken") == [["en-US", "Hello you. Good day!"], ["zh-CN", "你好。"]]
    more.click()
    alice.page.get_by_role("menuitem", name="Stop reading").click()
    assert alice.page.evaluate("spoken") == []

    more.click()
    alice.page.get_by_role("menuitem", name="Details").click()
    details = alice.page.get_by_role("dialog", name="Details")
    expect(details.locator("dd").first).to_have_text("parrot")
    expect(details.get_by_role("button", name="Close")).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(details).to_be_hidden()


@pytest.mark.parametrize("is_open", [pytest.param(True, marks=pytest.mark.soak), False])
def test_a_thought_reads_as_replies_do_once_it_is_opened(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, is_open: bool
) -> None:
    more, last = threading.Event(), threading.Event()
    vendor.play(
        [
            *(openai_event(None, reasoning_content="I **count** `1<2`:\n\n1. one\n2. two\n\nThen 𝄞 "), more),
            *(openai_event(None, reasoning_content="**more**."), last, openai_event("Three."), openai_end()),
        ]
    )
    alice = visit(cast.alice)
    alice.send("How many?")
    thought = alice.replies.locator(".thought")
    expect(thought.locator(".thought__tail")).to_contain_text("**count**")
    if is_open:
        thought.locator("summary").click()
        expect(thought.locator("strong")).to_have_text(["count"])
        expect(thought.locator(".thought__tail")).to_be_empty()
    more.set()
    if is_open:
        expect(thought.locator("strong")).to_have_text(["count", "more"])
    last.set()
    alice.ended(alice.replies.first)
    if not is_open:
        thought.locator("summary").click()
    expect(thought.locator(".thought__tail")).to_have_count(0)
    words = thought.locator(".thought__text")
    streamed = words.inner_html()
    assert (streamed.count("<li>"), streamed.count("𝄞 <strong>more</strong>.")) == (2, 1), streamed
    alice.page.reload()
    expect(words.locator("strong")).to_have_count(2)
    assert words.inner_html() == streamed


def test_thoughts_show_how_long_they_take_and_their_newest_line(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    more, answer_now, last = threading.Event(), threading.Event(), threading.Event()
    vendor.play(
        [
            *(openai_event(None, reasoning_content="First I count.\nThen I **add**"), more),
            *(openai_event(None, reasoning_content=" it up.\n"), answer_now, openai_event("Three"), last),
            *(openai_event("."), openai_end()),
        ]
    )
    alice = visit(cast.alice)
    alice.send("How many?")
    summary = alice.replies.locator(".thought__summary")
    expect(summary).to_have_text(re.compile(r"^Thinking…( \d+s)?Then I add$"))
    expect(summary).to_have_text(re.compile(r"^Thinking… \d+sThen I add$"))
    alice.page.reload()
    expect(summary).to_have_text(re.compile(r"^Thinking… [1-9]\d*sThen I add$"))
    more.set()
    expect(summary).to_contain_text("Then I add it up.")
    answer_now.set()
    expect(summary).to_have_text("Thoughts")
    last.set()
    alice.ended(alice.replies.first)
    expect(summary).to_have_text(re.compile(r"^Thought for \d+ seconds?$"))
    told = summary.text_content() or ""
    alice.page.reload()
    expect(summary).to_have_text(told)
