"""Words that come while the vendor still talks, on both wires."""

import threading

import pytest
from playwright.sync_api import Locator, expect

from conversations.live import viewer_events
from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Step, event, gemini_end, gemini_event, history, openai_end, openai_event

RICH = """\
## Result

It is **bold** and *slanted*, with `inline code`.

- first
- second

| name | value |
| :--- | ---: |
| one | 1 |

```python
def greet(name):
    return f"Hello {name}"
```

And $x^2$ in a line:

$$
\\frac{a}{b}
$$
"""


def spoken(wire: str, *steps: str | threading.Event) -> list[Step]:
    """Return a reply in these pieces, with waits between them."""
    piece, end = (openai_event, openai_end()) if wire == "openai" else (gemini_event, gemini_end())
    return [*(step if isinstance(step, threading.Event) else piece(step) for step in steps), end]


@pytest.mark.parametrize("wire", ["openai", pytest.param("gemini", marks=pytest.mark.soak)])
def test_words_appear_while_the_vendor_holds_the_rest_back(
    cast: Cast, vendor: FakeVendor, visit: Visit, wire: str
) -> None:
    serve(vendor, wire)
    vendor.play(spoken(wire, "The first half, ", vendor.gate, "and the second."))
    alice = visit(cast.alice)
    alice.send("Tell me")
    reply = alice.replies.first
    expect(reply.locator(".message__text")).to_have_text("The first half,")
    expect(reply).to_have_attribute("data-status", "streaming")
    assert alice.stop_button.is_visible()
    vendor.gate.set()
    alice.ended(reply)
    assert alice.words(reply) == "The first half, and the second."
    assert alice.stop_button.is_hidden()
    assert alice.words(alice.questions.first) == "Tell me"
    expect(alice.rows.first.locator(".row__title")).to_have_text("Tell me")


def test_a_reload_in_the_middle_keeps_the_words_and_hears_the_rest(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    later = threading.Event()
    vendor.play(spoken("openai", "One, ", vendor.gate, "two, ", later, "three."))
    alice = visit(cast.alice)
    alice.send("Count")
    text = alice.replies.first.locator(".message__text")
    expect(text).to_have_text("One,")
    alice.wait_until_begun()
    alice.page.reload()
    expect(text).to_have_text("One,")
    vendor.gate.set()
    expect(text).to_have_text("One, two,")
    later.set()
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("ending", ["patched", pytest.param("whole", marks=pytest.mark.soak)])
def test_markdown_becomes_what_it_means(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    vendor.play(spoken("openai", *(RICH[start : start + 7] for start in range(0, len(RICH), 7))))
    if ending == "whole":
        monkeypatch.setattr(viewer_events.markdown, "ended_patch", lambda *_: None)
    alice = visit(cast.alice)
    alice.send("Show me")
    reply = alice.ended(alice.replies.first)
    has_tools(reply)
    expect(reply.locator("h2")).to_have_text("Result")
    expect(reply.locator("strong")).to_have_text("bold")
    expect(reply.locator("em")).to_have_text("slanted")
    expect(reply.locator("li")).to_have_text(["first", "second"])
    expect(reply.locator("td")).to_have_text(["one", "1"])
    code = reply.locator(".code-block[data-language=python]")
    expect(code.locator("pre")).to_contain_text('return f"Hello {name}"')
    expect(code.locator("pre span.k").nth(1)).to_be_attached()  # it has its colours
    streamed = reply.locator(".message__text").inner_html()
    expect(reply.locator("math")).to_have_count(2)
    expect(reply.locator(".math-block math mfrac")).to_have_count(1)
    alice.page.reload()
    expect(reply.locator(".code-block .copy")).to_have_count(1)
    has_tools(reply)
    assert reply.locator(".message__text").inner_html() == streamed, "a fresh page shows something else"


def has_tools(reply: Locator) -> None:
    """Wait for the tools of its code and its table, whose scripts come when they are needed."""
    for name in ("code-tools", "table-tools"):
        expect(reply.locator(f"{name} button").first).to_be_attached()


@pytest.mark.parametrize("wire", [pytest.param("openai", marks=pytest.mark.soak), "gemini"])
def test_the_second_question_takes_the_first_along(cast: Cast, vendor: FakeVendor, visit: Visit, wire: str) -> None:
    serve(vendor, wire)
    alice = visit(cast.alice)
    first = alice.words(alice.ask("My name is Alice"))
    second = alice.ask("What is my name?")
    assert alice.words(second) == f"You said: What is my name?. Before that: My name is Alice | {first}."
    assert history(vendor.requests[1]) == ["My name is Alice", first, "What is my name?"]


def test_stop_keeps_the_words_and_hangs_up(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    vendor.play(spoken("openai", "So far so good", vendor.gate, " and never this"))
    alice = visit(cast.alice)
    alice.send("Go on")
    reply = alice.replies.first
    expect(reply.locator(".message__text")).to_have_text("So far so good")
    request = vendor.next_request()
    alice.stop_button.click()
    alice.ended(reply, "stopped")
    assert request.hung_up.wait(5), "the vendor is still connected"
    assert alice.words(reply) == "So far so good"
    expect(alice.note(reply)).to_have_text("Stopped.")
    assert alice.words(alice.ask("Next")).startswith("You said: Next")
    assert history(vendor.requests[1]) == ["Go on", "So far so good", "Next"]


def test_the_copy_buttons_copy_what_was_written(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play(spoken("openai", f"<think>Hm.</think>\n\n{RICH}"))
    alice = visit(cast.alice, permissions=["clipboard-read", "clipboard-write"])
    alice.send("Show me")
    reply = alice.ended(alice.replies.first)
    reply.locator("button[data-copy=message]").click()
    expect(reply.locator("button[data-copy=message]")).to_have_text("Copied")
    assert alice.page.evaluate("navigator.clipboard.readText()") == RICH
    assert Message.objects.get(role="assistant").text == f"\n\n{RICH}"
    reply.locator("button[data-copy=code]").click()
    expect(reply.locator("button[data-copy=code]")).to_have_text("Copied")
    copied = alice.page.evaluate("navigator.clipboard.readText()")
    assert copied == 'def greet(name):\n    return f"Hello {name}"'
    failure = event({"error": {"message": "Overloaded", "code": 503}})
    vendor.play([openai_event("Half"), b'data: {"choices\n\n', openai_event(" way"), failure])
    alice.send("And now?")
    broken = alice.ended(alice.replies.nth(1), "interrupted")
    broken.locator("button[data-copy=message]").click()
    expect(broken.locator("button[data-copy=message]")).to_have_text("Copied")
    assert alice.page.evaluate("navigator.clipboard.readText()").split("\n\n") == [
        "Half way",
        "[A part of the reply could not be read.]",
        "[The vendor does not answer just now. Try again in a little while.]",
        "[Overloaded]",
    ]
    vendor.play(*[[400, b'{"error": {"message": "Not so"}}']] * 2)
    alice.send("Or now?")
    alice.ended(alice.replies.nth(2), "failed").locator("button[data-copy=message]").click()
    expect(alice.replies.nth(2).locator("button[data-copy=message]")).to_have_text("Copied")
    copied = alice.page.evaluate("navigator.clipboard.readText()")
    assert copied == "[The vendor did not accept the request.]\n\n[Not so]"
