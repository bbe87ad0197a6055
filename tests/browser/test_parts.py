"""The parts of a reply besides text: while it streams, at its end, and on a fresh page."""

import base64
import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from conversations.files import storage
from conversations.live import hub
from conversations.models import Conversation, File, Message
from providers.models import LanguageModel
from providers.types import Delta, Part
from tests.browser.conftest import Visit
from tests.browser.page_scripts import ACTIVE_MARKUP, WIDE_ELEMENTS
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import file_steps, gemini_end, gemini_parts, openai_chunk, openai_end, openai_event

WIRE_FILES = Path(__file__).parent.parent / "wire"
RUN = "alert(window.__xss=1)"
CODE = 'print("```")\nfor number in range(3):\n    print(number)'
SOURCES = [
    {"uri": "https://example.test/a", "title": "A page about it", "domain": "example.test"},
    {"uri": "http://other.test/b?c=1", "title": "", "domain": ""},
    {"uri": f"javascript:{RUN}", "title": "Click me", "domain": "example.test"},
    {"uri": f"data:text/html,<script>{RUN}</script>", "title": "Me too", "domain": "example.test"},
]
PARTS: list[dict[str, Any]] = [
    {"kind": "thought", "text": "First I count.", "seconds": 12.4},
    {"kind": "text", "text": "Let me **compute**."},
    {"kind": "code", "text": CODE, "language": "PYTHON"},
    {"kind": "code_result", "text": "0\n1\n2", "outcome": "ok"},
    {"kind": "code_result", "text": f"<img src=x onerror={RUN}>", "outcome": "failed"},
    {"kind": "code_result", "text": "", "outcome": "deadline"},
    {"kind": "call", "name": "weather", "arguments": {"city": "北京", "days": [1, 2]}, "id": "1"},
    {"kind": "call_result", "name": "weather", "response": {"sky": f"<script>{RUN}</script>"}},
    {"kind": "seam"},
    {"kind": "gap", "bytes": 7},
    {"kind": "citation", "function": "search_files", "asked": f"<img src=x onerror={RUN}>", "sources": []},
    {"kind": "unknown", "vendor": {"part": {"secret": "kept from readers"}}},
    {"kind": "file", "uri": f"javascript:{RUN}", "name": "bad.html"},
    {"kind": "file", "uri": "https://example.test/report.pdf", "name": "report.pdf"},
    {"kind": "text", "text": "It is *three*."},
    {"kind": "refusal", "text": "I would rather not.", "reason": ""},
    {"kind": "citation", "sources": SOURCES, "supports": []},
]


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def picture(color: str = "teal") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (320, 200), color).save(drawn, "PNG")
    return drawn.getvalue()


def stored(cast: Cast, parts: list[dict[str, Any]], finish: str = "stop") -> str:
    """Create a conversation of Alice's with one reply of these parts and a picture, and return its path."""
    conversation = Conversation.objects.create(owner=cast.alice, revision=2, title="Parts")
    question = Message.objects.create(
        conversation=conversation, role="user", author=cast.alice, text="Show me", revision=1, status="complete"
    )
    file = storage.store(cast.alice, "image.png", "image/png", picture())
    shown = [*parts, {"kind": "image", "file": str(file.id), "name": "image.png", "media_type": "image/png"}]
    text = "".join(part.get("text", "") for part in parts if part["kind"] == "text")
    reply = Message.objects.create(
        conversation=conversation, parent=question, role="assistant", author=cast.alice, text=text, parts=shown,
        finish_reason=finish, status="complete", revision=2, model_name="parrot",
    )  # fmt: skip
    reply.files.add(file)
    return f"/conversations/{conversation.id}/"


def check_parts(reply: Locator) -> None:
    """Check the display of every part, whether the server or the page made the markup."""
    block = reply.locator(".code-block")
    expect(block.locator("code")).to_have_text(CODE)
    expect(block.locator(".code-block__language")).to_have_text("python")
    expect(reply.locator(".output__label")).to_have_text(
        ["Output", "The code ended with an error", "The code took too long"]
    )
    expect(reply.locator(".output__text").first).to_have_text("0\n1\n2")
    expect(reply.locator(".output__text").nth(1)).to_have_text(f"<img src=x onerror={RUN}>")
    expect(reply.locator(".call__label")).to_have_text(["Asked for the tool weather", "Answer of the tool weather"])
    expect(reply.locator(".call__value").first).to_have_text('{ "city": "北京", "days": [ 1, 2 ] }')
    expect(reply.locator(".seam")).to_have_count(1)
    expect(reply.locator(".gap")).to_have_text("A part of the reply could not be read.")
    looked_up = reply.locator(".looked-up summary")
    expect(looked_up).to_have_text(f"Looked into the files: <img src=x onerror={RUN}> · passages: 0")
    expect(reply.locator(".file__name")).to_have_text(["bad.html", "report.pdf"])
    assert reply.locator(".file").first.get_attribute("href") is None
    assert reply.locator(".file").nth(1).get_attribute("href") == "https://example.test/report.pdf"
    expect(reply.locator(".refusal")).to_contain_text("The model declines")
    expect(reply.locator(".refusal__text")).to_have_text("I would rather not.")
    check_sources(reply)


def check_sources(reply: Locator) -> None:
    links = reply.locator(".source__link")
    expect(links.locator(".source__title")).to_have_text(["A page about it", "other.test"])
    expect(links.locator(".source__domain")).to_have_text(["example.test", ""])
    for link, address in zip(links.all(), ("https://example.test/a", "http://other.test/b?c=1"), strict=True):
        assert link.get_attribute("href") == address
        assert link.get_attribute("target") == "_blank"
        assert link.get_attribute("rel") == "noopener noreferrer nofollow ugc"


def test_a_stored_reply_shows_every_part(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, stored(cast, PARTS))
    reply = alice.replies.first
    check_parts(reply)
    expect(reply.locator(".thought__summary")).to_have_text("Thought for 12 seconds")
    expect(reply.locator(".thought__text")).to_be_hidden()
    reply.locator(".thought__summary").click()
    expect(reply.locator(".thought__text")).to_have_text("First I count.")
    expect(reply.locator(".message__text")).to_have_text(["Let me compute.", "It is three."])
    expect(reply.locator(".message__text strong")).to_have_text("compute")
    expect(reply.locator(".picture img")).to_have_js_property("naturalWidth", 320)
    expect(reply.locator(".code-block .copy")).to_have_count(1)
    assert "kept from readers" not in alice.page.content()
    shown = reply.locator(".message__body > *").evaluate_all("all => all.map((element) => element.classList[0])")
    assert shown == [
        *("thought", "message__text", "code-block", "output", "output", "output", "call", "call", "seam", "gap"),
        *("looked-up", "unknown", "file", "file", "message__text", "refusal", "sources", "picture"),
    ]


def test_parts_appear_while_the_reply_is_written(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("Let me **compute**."), vendor.gate, openai_end()])
    alice = visit(cast.alice)
    alice.send("Count")
    reply = alice.replies.first
    expect(reply.locator(".message__text")).to_have_text("Let me compute.")
    (live,) = hub.replies.values()
    given = [part for part in PARTS if part["kind"] not in ("thought", "text")]
    picture_kept = storage.store_generated(
        live.id, Part("image", "", {"media_type": "image/png", "data": base64.b64encode(picture()).decode()})
    )
    for part in [*map(Part.from_json, given), picture_kept]:
        hub.feed(live, Delta(part=part))
    for _ in ("as they come", "after a reload in the middle"):
        check_parts(reply)
        expect(reply.locator(".picture img")).to_have_js_property("naturalWidth", 320)
        assert alice.words(reply) == "Let me compute."
        expect(reply).to_have_attribute("data-status", "streaming")
        alice.wait_until_begun()
        alice.page.reload()
    vendor.gate.set()
    alice.ended(reply)
    check_parts(reply)


PNG, OTHER_PNG = (base64.b64encode(picture(color)).decode() for color in ("teal", "navy"))
LIVE = {
    "gemini": [
        (gemini_parts({"text": "Let me **compute**."}), "message__text"),
        (gemini_parts({"executableCode": {"language": "PYTHON", "code": "print(3)"}}), "code-block"),
        (gemini_parts({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "3"}}), "output"),
        (gemini_parts({"text": "- a\n- b"}), "message__text"),
        (gemini_parts({"inlineData": {"mimeType": "image/png", "data": PNG}}), "picture"),
        (gemini_parts({"text": "It is *three*."}), "message__text"),
        (gemini_end(), ""),
    ],
    "openai": [
        (openai_event("Let me **draw**."), "message__text"),
        (openai_chunk(images=[{"image_url": {"url": f"data:image/png;base64,{PNG}"}}]), "picture"),
        (openai_event("- a\n- b"), "message__text"),
        (openai_chunk(images=[{"image_url": {"url": f"data:image/png;base64,{OTHER_PNG}"}}]), "picture"),
        (openai_event("It is *three*."), "message__text"),
        (openai_end(), ""),
    ],
}


@pytest.mark.parametrize("wire", ["gemini", pytest.param("openai", marks=pytest.mark.soak)])
def test_everything_appears_in_the_order_in_which_it_comes(
    cast: Cast, vendor: FakeVendor, visit: Visit, wire: str
) -> None:
    serve(vendor, wire)
    gates = [threading.Event() for _ in LIVE[wire]]
    vendor.play([step for (sent, _), gate in zip(LIVE[wire], gates, strict=True) for step in (gate, sent)])
    alice = visit(cast.alice)
    alice.send("Show me")
    reply = alice.replies.first
    seen: list[str] = []
    for gate, (_, shown) in zip(gates, LIVE[wire], strict=True):
        gate.set()
        seen += [shown] if shown else []
        expect_in_order(reply, seen)
        if len(seen) == 4:
            alice.wait_until_begun()
            alice.page.reload()
            expect_in_order(reply, seen)
    alice.ended(reply)
    expect_in_order(reply, seen)
    expect(reply.locator(".message__text strong")).to_have_count(1)
    expect(reply.locator(".message__text li")).to_have_text(["a", "b"])
    expect(reply.locator(".message__text em")).to_have_text("three")


def expect_in_order(reply: Locator, classes: list[str]) -> None:
    """Check the visible elements of a reply; an empty text, which only waits for words, does not count."""
    seen = reply.locator(".message__body > :not(.message__text:empty)")
    expect(seen).to_have_class([re.compile(f"^{name}") for name in classes])


SENT: dict[str, list[str]] = {
    "gemini-code-execution": ["message__text", "code-block", "output", "picture", "message__text"],
    "gemini-code-execution-fails": ["code-block", "output", "code-block", "output", "message__text"],
    "gemini-grounding": ["message__text", "sources"],
    "gemini-signed-call": ["thought", "call", "call"],
    "openai-refusal": ["refusal"],
    "openai-calls-interleaved": ["call", "call"],
    "anthropic-thinking": ["thought", "message__text"],
    "anthropic-redacted-thinking": ["unknown", "message__text"],
    "anthropic-web-search": ["call", "call", "message__text", "sources"],
    "anthropic-code-execution": ["code-block", "output", "code-block", "output", "message__text"],
    "anthropic-document-citations": ["message__text", "sources"],
}


@pytest.mark.parametrize(
    "wire", ["gemini", *(pytest.param(other, marks=pytest.mark.soak) for other in ("openai", "anthropic"))]
)
def test_what_a_vendor_sends_is_shown_as_what_it_is(cast: Cast, vendor: FakeVendor, visit: Visit, wire: str) -> None:
    serve(vendor, wire)
    sent = {stream: classes for stream, classes in SENT.items() if stream.startswith(wire)}
    vendor.play(*(file_steps(WIRE_FILES / f"{stream}.sse") for stream in sent))
    alice = visit(cast.alice)
    for stream in sent:
        alice.ask(stream)
    classes = "all => all.filter((one) => one.childNodes.length).map((one) => one.classList[0])"
    for _ in ("as it ended", "as a fresh page has it"):
        for number, shown in enumerate(sent.values()):
            reply = alice.ended(alice.replies.nth(number))
            assert reply.locator(".message__body > *").evaluate_all(classes) == shown
            for picture in reply.locator(".picture img").all():
                picture.scroll_into_view_if_needed()
                expect(picture).to_have_js_property("naturalWidth", 1)
        alice.page.reload()


@pytest.mark.parametrize("width", [360, pytest.param(1400, marks=pytest.mark.soak)])
def test_numbers_in_the_text_lead_to_the_sources(cast: Cast, model: LanguageModel, visit: Visit, width: int) -> None:
    text = "The sky is **blue**, and that is all there is to say about it in " + "a long line " * 20 + "of words."
    supports = [{"start": 0, "end": 16, "sources": [0, 1]}, {"start": 0, "end": len(text), "sources": [1, 2]}]
    parts = [{"kind": "text", "text": text}, {"kind": "citation", "sources": SOURCES, "supports": supports}]
    alice = visit(cast.alice, stored(cast, parts), viewport={"width": width, "height": 740})
    marks = alice.replies.first.locator(".message__text .cite__link")
    expect(marks).to_have_text(["1", "2", "2"])
    expect(marks.first).to_have_attribute("title", "A page about it")
    assert not alice.scrolls_sideways()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    alice.page.evaluate("window.isSame = true")
    marks.nth(1).click()
    target = alice.replies.first.locator(".source:target")
    expect(target).to_contain_text("other.test")
    expect(target).to_be_in_viewport()
    alice.page.go_back()
    expect(target).to_have_count(0)
    assert alice.page.evaluate("window.isSame"), "the page was loaded again"


def test_what_a_vendor_grounds_is_numbered(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    serve(vendor, "gemini")
    vendor.play(file_steps(WIRE_FILES / "gemini-grounding.sse"))
    alice = visit(cast.alice)
    reply = alice.ask("Look it up")
    named = reply.locator(".source").evaluate_all("all => all.map((one) => `#${one.id}`)")
    for _ in ("as it ended", "as a fresh page has it"):
        leads = reply.locator(".cite__link").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert leads
        assert set(leads) <= set(named)
        alice.page.reload()
        alice.ended(reply)


def test_a_part_that_wants_to_be_a_program_stays_text(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    vector = f'"><img src=x onerror="{RUN}"></pre></template><script>{RUN}</script>'
    kinds = [
        {"kind": "thought", "text": vector},
        {"kind": "code", "text": f"{vector}\n```\n{vector}", "language": vector},
        {"kind": "code_result", "text": vector, "outcome": vector},
        {"kind": "call", "name": vector, "raw": vector},
        {"kind": "call_result", "name": vector, "response": {vector: vector}},
        {"kind": "citation", "sources": [{"uri": f"https://example.test/{vector}", "title": vector, "domain": vector}]},
        {"kind": "refusal", "text": vector, "reason": vector},
        {"kind": "file", "uri": vector, "name": vector},
        {"kind": "unknown", "name": vector},
        {"kind": "text", "text": "Done."},
    ]
    alice = visit(cast.alice, stored(cast, kinds))
    expect(alice.replies.first.locator(".message__text")).to_have_text("Done.")
    own = [element for element in alice.page.evaluate(ACTIVE_MARKUP) if "picture__image" not in element]
    assert own == []
    assert alice.page.evaluate("window.__xss") is None
    expect(alice.replies.first.locator(".call__name").first).to_have_text(vector)


def test_an_end_that_is_none_is_said(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    for finish, sentence in {
        "length": "Cut off: the model reached its limit for one reply.",
        "blocked": "The vendor's filter ended this reply.",
        "tool_call": "The model tried to use a tool. Tools aren't available here.",
        "other": "The vendor ended this reply and did not say why.",
    }.items():
        alice.open(stored(cast, [{"kind": "text", "text": "Well"}], finish))
        expect(alice.note(alice.replies.first)).to_have_text(sentence)


def test_a_thought_without_an_answer_is_said_and_open(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    vendor.play([openai_chunk(reasoning_content="Hm"), openai_end()])
    alice = visit(cast.alice)
    alice.send("Hi")
    for _ in ("as it ended", "as a fresh page has it"):
        expect(alice.note(alice.replies.first)).to_have_text("The model thought, but its reply is empty.")
        expect(alice.replies.first.locator(".thought__text")).to_be_visible()
        alice.page.reload()


def test_a_part_of_an_unknown_kind_is_said(cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit) -> None:
    vendor.play([openai_event("Hi"), openai_chunk(content=[{"type": "tool_reference", "id": 4}]), vendor.gate])
    alice = visit(cast.alice)
    alice.send("Hi")
    sentence = "Something came with this reply that this site cannot show."
    expect(alice.replies.first.locator(".unknown")).to_have_text(f"{sentence} tool_reference")
    named: list[dict[str, Any]] = [{"kind": "unknown", "name": "tool_reference"}, {"kind": "unknown"}]
    alice.open(stored(cast, [*named, {"kind": "hologram"}, {"kind": "unknown", "name": "<b>a b</b>"}]))
    lines = alice.replies.first.locator(".unknown")
    expect(lines.locator(".unknown__name")).to_have_text(["tool_reference", "", "hologram", ""])
    expect(lines.first).to_have_text(f"{sentence} tool_reference")


def test_parts_fit_a_phone(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    wide = "x" * 300
    long = [
        {"kind": "code", "text": wide, "language": "python"},
        {"kind": "code_result", "text": wide, "outcome": "ok"},
        {"kind": "call", "name": wide, "arguments": {wide: wide}},
        {"kind": "file", "uri": f"https://example.test/{wide}", "name": wide},
        {"kind": "citation", "sources": [{"uri": f"https://example.test/{wide}", "title": wide, "domain": wide}]},
    ]
    alice = visit(cast.alice, stored(cast, [*PARTS, *long]), viewport={"width": 360, "height": 740})
    expect(alice.replies.first.locator(".call__name")).to_have_count(3)
    assert not alice.scrolls_sideways()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
