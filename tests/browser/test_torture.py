"""R01 to R12, R14, R16: nobody's text runs, asks another server or holds the page up, with and without the policy.

tests/faults/README.md has what each code means, and where the others are tested.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.authorisation import admin_table
from tests.authorisation.roles import R
from tests.authorisation.test_hostile_rows import spoil
from tests.authorisation.world import World
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.hostile_markup import CLOBBERING, RUN, VECTORS, requesting
from tests.browser.places import enter, places
from tests.browser.test_bad_input import refusal
from tests.browser.test_reading import NOTE_LONG_TASKS
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.sharing import answer, share
from tests.fake_vendor import FakeVendor
from tests.hostile_texts import HOSTILE, hostile
from tests.vendor_replies import openai_end, openai_event

LONGEST_TASK = 200
"""Milliseconds."""
POLICIES = [True, pytest.param(False, marks=pytest.mark.soak)]
SIZE = 5_000
"""Characters of each text that takes the server long: thousands of blocks of code take the page long, too."""
LAST = "\n\nThe last *word*."
LAST_WORD = re.compile(r"(^|The last \*)word(\*\.\s*)?$")
"""Emphasised, or part of a block of code that never ends."""
HARD = {
    "a formula": "$\\frac{a$ and $\\text{<img src=x onerror=" + RUN + ">}$" + LAST,
    "100,000 lines": "```python\n" + "x = 1\n" * 100_000 + "```" + LAST,
    "one line of 1 MB": f"```\n{'x' * 1_000_000}\n```" + LAST,
    "200 KB of no language": "```\n" + "some words of a log\x1b[31m, in red\x1b[0m\n" * 5_500 + "```" + LAST,
    "a language with a tag": f'```"><img src=x onerror={RUN}>\nx\n```' + LAST,
    "10,000 quotes in each other": ">" * 10_000 + LAST,
    "50,000 brackets": "[" * 50_000 + LAST,
    "2,000 lists in each other": "- " * 2_000 + "x" + LAST,
    "20,000 underlined": "_a__a" * 20_000 + LAST,
    "10,000 columns": f"|{'a|' * 10_000}\n|{'-|' * 10_000}\n|{'b|' * 10_000}" + LAST,
    "100,000 stars": "*" * 100_000 + LAST,
}
"""The texts of R06 to R08 by name, which are hard to show for a page."""
# What a text has become: elements that act, attributes that run, addresses that are none, names of the page's own.
ACTIVE = """() => {
  const PAGES_OWN = ["chat", "composer-text", "find", "sidebar", "csrfToken"];
  const inside = [...document.querySelectorAll(".message__text *, .message__note *, .quote *, .row *, .hit *")];
  const acting = "script, iframe, object, embed, base, meta, link, style, img, video, audio, form";
  const runs = ({ name, value }) => name.startsWith("on") || name === "srcdoc" ||
    (["href", "src", "action", "formaction", "xlink:href", "data", "poster"].includes(name) &&
      !/^(https?:|mailto:|#|\\?|\\/(?!\\/))/i.test(value.trim()));
  const claims = ({ name, value }) => name === "name" || (name === "id" && PAGES_OWN.includes(value));
  return inside
    .filter((element) => !element.closest("svg.icon") && !element.closest("code-tools, .tools, button"))
    .filter((element) => element.matches(acting) || [...element.attributes].some((one) => runs(one) || claims(one)))
    .map((element) => element.outerHTML.slice(0, 300));
}"""


PUT = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}"""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Run a server of another origin, and note what is asked of it."""
    asked: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_without", POLICIES)
def test_r01_to_r04_and_r10_nothing_runs_and_nothing_is_fetched_wherever_it_stands(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, *, is_without: bool
) -> None:
    assert len(set(VECTORS)) > 300
    with listening() as (listener, asked):
        texts = [*VECTORS, *requesting(listener), *CLOBBERING]
        whole = "\n\n".join(texts)
        alice = visit(cast.alice, None, new=True, bypass_csp=is_without)
        alice.watch.expect("Content Security Policy", "TrustedHTML")
        vendor.play(
            [*(openai_event(f"{text}\n\n", reasoning_content=text) for text in texts), vendor.gate, openai_end()],
            refusal(429, whole[:3_000], "insufficient_quota"),
        )
        alice.open("/")
        alice.text.evaluate(PUT, whole)  # Chromium takes seconds to insert a thousand lines, on any page
        alice.text.press("Enter")
        expect(alice.replies.first.locator(".message__text").last).to_contain_text("[^chat]", timeout=60_000)
        assert_harmless(alice.page)  # as it grows
        vendor.gate.set()
        alice.ended(alice.replies.first)
        assert_harmless(alice.page)
        alice.send(texts[0])
        alice.ended(alice.replies.last, "failed")
        alice.page.reload()
        alice.ended(alice.replies.first)
        assert_harmless(alice.page)
        conversation = Conversation.objects.get()
        Conversation.objects.update(title=VECTORS[0][:120])
        _, path = share(cast.alice, conversation)
        exported = alice.page.request.get(f"{alice.site}/api/v1/conversations/{conversation.pk}/export?format=html")
        for come in (
            lambda: alice.open(path).page,
            lambda: alice.open("/search/?q=onerror").page,
            lambda: shown(alice.page, exported.text()),
        ):
            assert_harmless(come())
        assert asked == []


def shown(page: Page, html: str) -> Page:
    page.goto("about:blank")
    page.set_content(html)
    return page


def assert_harmless(page: Page) -> None:
    assert page.evaluate("window.__xss") is None
    assert page.evaluate(ACTIVE) == []


def test_r05_a_link_tells_its_whole_address_and_takes_nothing_along(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    with listening() as (listener, asked):
        far = f"{listener}/there?d={'SECRET' * 20}"
        alice = opened(cast, visit, f"[{listener}]({far})\n\n![a picture]({far})")
        for link in alice.replies.locator(".message__text a").all():
            told = link.evaluate("(link) => link.title || link.querySelector('[title]')?.title")
            assert told == far
            assert {"noopener", "noreferrer"} <= set((link.get_attribute("rel") or "").split())
            assert link.get_attribute("target") == "_blank"
        assert asked == []


@pytest.mark.soak
def test_r06_to_r08_what_is_hard_to_show_holds_the_page_up_for_no_fifth_of_a_second(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    """Measured on a quiet machine: a task of the page waits for its processor, too."""
    texts = {name: hostile(name, SIZE) for name in HOSTILE} | HARD
    alice = visit(cast.alice, None)
    alice.page.add_init_script(NOTE_LONG_TASKS)
    worst = {}
    for name, text in texts.items():
        pieces = [text[begin : begin + 1_000] for begin in range(0, len(text), 1_000)]
        vendor.play([*map(openai_event, pieces), openai_end()])
        alice.open("/")
        alice.send("Show me")
        alice.ended(alice.replies.first)
        last = alice.replies.first.locator(".message__text em, .message__text code").last
        expect(last).to_have_text(LAST_WORD)
        live = alice.page.evaluate("tasks.splice(0)")
        alice.page.reload()
        expect(last).to_have_text(LAST_WORD)
        worst[name] = max([*live, *alice.page.evaluate("tasks"), 0])
        assert alice.page.evaluate("window.__xss") is None
    print(", ".join(f"{name} {longest:.0f} ms" for name, longest in worst.items()))
    assert {name: longest for name, longest in worst.items() if longest > LONGEST_TASK} == {}


def test_r11_what_other_pages_say_to_this_one_is_ignored(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = opened(cast, visit, "Words")
    look = alice.page.evaluate("JSON.stringify({ ...document.documentElement.dataset })")
    for junk in (None, 1, "x", [], {}, ["theme", "<img>"], {"asks": 1}, [["theme"], 1], "__proto__"):
        alice.page.evaluate("(junk) => { window.postMessage(junk, '*'); }", junk)
        alice.page.evaluate("(junk) => new BroadcastChannel('appearance').postMessage(junk)", junk)
    alice.page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert alice.page.evaluate("JSON.stringify({ ...document.documentElement.dataset })") == look
    assert alice.page.evaluate(ACTIVE) == []


def test_r12_no_other_page_frames_it_and_what_is_dropped_or_pasted_is_plain_text(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = opened(cast, visit, "Words")
    rich = f"<img src=x onerror={RUN}><b>bold</b>"
    for kind in ("paste", "drop"):
        alice.text.evaluate(
            """(target, [kind, html]) => {
              const carried = new DataTransfer();
              carried.setData("text/html", html);
              carried.setData("text/plain", html);
              const fields = { bubbles: true, cancelable: true };
              target.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, { ...fields, clipboardData: carried })
                : new DragEvent(kind, { ...fields, dataTransfer: carried }));
            }""",
            [kind, rich],
        )
    assert alice.page.locator(".composer img[src=x], .composer b").count() == 0
    assert alice.page.evaluate("window.__xss") is None
    with framing(alice.site) as around:
        alice.watch.expect("frame-ancestors", "Refused to frame", "Framing")
        alice.watch._origins += (around,)  # the page that frames
        other = alice.page.context.new_page()
        other.goto(around)
        assert not any(frame.url.startswith(alice.site) for frame in other.frames[1:])


@contextmanager
def framing(site: str) -> Iterator[str]:
    """Serve a page of another origin that frames the site."""

    class Frame(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{site}/'></iframe>".encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Frame)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.soak
@pytest.mark.parametrize("is_without", POLICIES)
def test_r14_scripts_of_the_administration_take_hostile_rows_as_text(
    world: World, visit: Visit, soak: bool, *, is_without: bool
) -> None:
    """Their markup is judged by tests/authorisation/test_hostile_rows.py; here what its scripts make of it."""
    assert sum(spoil()) > 40
    root = enter(visit, world, R.SUPERUSER, new=True, bypass_csp=is_without)
    policies = list(admin_table.policies())
    found = places(world, () if soak else [one for one in policies if one.method == "GET"][::5])
    pages = [place for place in found if place.role == R.SUPERUSER and "admin" in place.path]
    shown = 0
    for place in pages:
        root.open(place.path)
        assert root.page.evaluate("window.__xss") is None, place.name
        assert root.page.locator("img[src=x]").count() == 0, place.name
        shown += "<img src=x onerror" in root.page.inner_text("body")
    assert shown > len(pages) // (20 if soak else 3)


SPLIT = (
    "A family 👩‍👩‍👧‍👦, a flag 🇨🇭, 👋🏽, e\u0301 and 𝒳.\r\n\r\nA second line\r\nwith **bold 😀** "
    "and [a 😀 link](https://a.example/😀?b=c).\r\n\r\n```python\r\nprint('😀')\r\n```\r\n\r\n"
    "| 😀 | b |\r\n| - | - |\r\n| 👩‍👩‍👧‍👦 | $x^2$ |\r\n\r\n~~~\r\na 😀 fence\r\n~~~\r\n\r\nשלום 😀 中文。"
)


@pytest.mark.soak
def test_r16_deltas_may_be_cut_anywhere(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    """Each UTF-16 unit is a delta of its own; half a pair is written as its escape, as careless vendors do."""
    units = SPLIT.encode("utf-16-le")
    escapes = [f"\\u{units[at] + 256 * units[at + 1]:04x}" for at in range(0, len(units), 2)]
    deltas = [b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % one.encode() for one in escapes]
    vendor.play([*deltas, vendor.gate, openai_end()])
    alice = visit(cast.alice)
    alice.send("Show me")
    text = alice.replies.first.locator(".message__text")
    expect(text).to_contain_text("中文。")
    vendor.gate.set()
    alice.ended(alice.replies.first)
    live = text.evaluate(BARE)
    stored = Message.objects.get(role="assistant")
    assert stored.text.replace("\r\n", "\n") == SPLIT.replace("\r\n", "\n")
    alice.page.reload()
    alice.ended(alice.replies.first)
    assert text.evaluate(BARE) == live
    for piece in (
        "👩‍👩‍👧‍👦, a flag 🇨🇭, 👋🏽, e\u0301 and 𝒳.",
        "bold 😀",
        "print('😀')",
        "a 😀 fence",
        "שלום 😀 中文。",
    ):
        assert piece in live[1]
    assert "\ufffd" not in live[1]


# The elements and words of a text without what scripts put at its blocks.
BARE = """(text) => {
  const copy = text.cloneNode(true);
  for (const one of copy.querySelectorAll("code-tools, table-tools, .tools, button")) one.remove();
  const put = / (tabindex|data-[a-z-]+|title|role)="[^"]*"/g;
  return [copy.innerHTML.replace(/<\\/?span[^>]*>/g, "").replace(put, ""), copy.textContent];
}"""


def opened(cast: Cast, visit: Visit, reply: str) -> ChatPage:
    """Open a conversation with this reply."""
    conversation = Conversation.objects.create(owner=cast.alice, title="Torture", revision=1)
    answer(conversation, say(conversation, "Show me", author=cast.alice), reply)
    alice = visit(cast.alice, f"/conversations/{conversation.pk}/")
    alice.ended(alice.replies.first)
    return alice
