"""The jobs that people come for, each with the clicks that it may take: typing and single keys are free.

One conversation serves all of it. An administrator's jobs are in test_administering.py, those of finding, order and
export in files of their own.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from conversations.models import Share, User
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_parts import SOURCES, stored
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, Step, close, default_reply, history, openai_event, openai_stream

COUNT = """addEventListener("click", ({ isTrusted, detail }) => {
  if (isTrusted && detail) sessionStorage.setItem("clicks", 1 + Number(sessionStorage.getItem("clicks") ?? 0));
}, true);"""
TAKEN = """() => {
  const taken = Number(sessionStorage.getItem("clicks") ?? 0);
  sessionStorage.removeItem("clicks");
  return taken;
}"""
LOOKS = [
    (390, "zh-hans"),
    *(pytest.param(*look, marks=pytest.mark.soak) for look in ((1400, "en"), (390, "en"), (1400, "zh-hans"))),
]
PIECES = """\
```python
print("你好")
```

| a | b |
| - | - |
| 1 | 2 |

$$x^2$$
"""
CITED: list[dict[str, Any]] = [
    {"kind": "text", "text": "The sky is blue."},
    {"kind": "citation", "sources": SOURCES[:1], "supports": [{"start": 0, "end": 16, "sources": [0]}]},
]
PERMISSIONS = ["clipboard-read", "clipboard-write"]
CLIPBOARD = "navigator.clipboard.readText()"


@dataclass
class Jobs:
    """The page on which they are done."""

    chat: ChatPage

    @contextmanager
    def job(self, number: int, most: int) -> Iterator[Page]:
        """Count the clicks inside; fails if they are more than this job may take."""
        page = self.chat.page
        page.evaluate(TAKEN)
        yield page
        taken = page.evaluate(TAKEN)
        assert taken <= most, f"job {number} takes {taken} clicks instead of {most}"


def answers(vendor: FakeVendor) -> Callable[[Received], list[Step]]:
    """Return the vendor's script: what is asked for by its name, else the question again."""

    def script(request: Received) -> list[Step]:
        question = history(request)[-1]
        if "pieces" in question:
            return [openai_stream([PIECES])]
        if question == "Break off":
            return [openai_event("The sun r"), close]
        if "slowly" in question:
            return [openai_event("Never "), vendor.gate]
        return list(default_reply(request))

    return script


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_jobs_of_a_conversation(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, width: int, language: str
) -> None:
    for name in ("alpha", "beta"):
        serve(vendor, "openai", name)
    alice = begin(cast, vendor, visit, width, language)
    jobs, reply = Jobs(alice), alice.replies.last

    with jobs.job(2, 0):
        alice.ask("Tea?")
    with jobs.job(1, 1) as page:
        page.locator("a[href='/']:visible:not(.brand)").first.click()
        page.wait_for_url(f"{alice.site}/")
    alice.ask("First")
    path = alice.wait_until_begun()
    with jobs.job(1, 0) as page:
        page.keyboard.press("Control+Shift+O")
        page.wait_for_url(f"{alice.site}/")
    alice.open(path)

    with jobs.job(3, 1):
        alice.send("Slowly and slowly")
        alice.ended(alice.replies.last, "streaming")
        alice.stop_button.click()
        alice.ended(alice.replies.last, "stopped")
    with jobs.job(4, 0) as page:
        alice.text.press("ArrowUp")
        editor = page.locator("message-editor textarea")
        editor.fill("What is red?")
        editor.press("Enter")
        expect(alice.questions.last.locator(".message__text")).to_have_text("What is red?")
        alice.ended(alice.replies.last)

    with jobs.job(5, 1):
        act(reply, "retry")
        expect(reply.locator(".switch__place")).to_have_text("2/2")
        alice.ended(alice.replies.last)
    with jobs.job(6, 2) as page:
        act(reply, "more")
        page.locator("message-menu [data-model]").last.click()
        expect(reply.locator(".switch__place")).to_have_text("3/3")
        alice.ended(alice.replies.last)
    alice.send("Break off")
    alice.ended(alice.replies.last, "interrupted")
    with jobs.job(7, 1):
        act(alice.replies.last, "continue")
        expect(alice.replies.last.locator(".seam")).to_be_visible()
        alice.ended(alice.replies.last)
    with jobs.job(10, 2) as page:
        act(reply, "more")
        page.locator("message-menu [data-act=details]").click()
        expect(page.locator(".details__compared")).to_be_visible()
    alice.page.keyboard.press("Escape")

    with jobs.job(9, 5) as page:
        page.locator("button[name=several]").click()
        for name in ("alpha", "beta"):
            row = alice.picker.get_by_role("option").filter(has_text=name)
            if row.get_attribute("aria-selected") != "true":
                row.click()
        parrot = alice.picker.get_by_role("option").filter(has_text="parrot")
        if parrot.get_attribute("aria-selected") != "true":
            parrot.click()
        page.keyboard.press("Escape")
        alice.text.fill("Who are you?")
        alice.text.press("Enter")
        columns = page.locator(".comparison > chat-message")
        expect(columns).to_have_count(3)
        for column in columns.all():
            alice.ended(column)
        columns.nth(1).locator("[data-act=choose]").click()
        expect(columns.nth(1)).to_have_attribute("data-current", "chosen")


@pytest.mark.soak
@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_jobs_with_a_reply_and_around_it(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, width: int, language: str
) -> None:
    alice = begin(cast, vendor, visit, width, language)
    jobs, reply = Jobs(alice), alice.replies.last
    alice.ask("The pieces, please")
    path = alice.wait_until_begun()
    for part, copied in ((reply.locator(":scope > .message__foot .copy"), "```python"), (code(reply), "print")):
        with jobs.job(11, 1) as page:
            part.click()
            page.wait_for_function(f"async () => (await {CLIPBOARD}).includes({copied!r})")
    with jobs.job(11, 1) as page:
        reply.locator("math").click()
        page.wait_for_function(f"async () => await {CLIPBOARD} === 'x^2'")
    with jobs.job(12, 2) as page:
        reply.locator("[data-tool=copy]").click()
        page.wait_for_function(f"async () => (await {CLIPBOARD}).includes('1\\t2')")
    with jobs.job(13, 1) as page:
        reply.locator(".code-block").hover()
        with page.expect_download() as saved:
            reply.locator("[data-tool=download]").click()
        assert saved.value.suggested_filename.endswith(".py")

    with jobs.job(16, 1) as page:
        alice.tune_button.click()
        prompt = alice.panel.locator("[name=system_prompt]")
        expect(prompt).to_be_enabled()
        prompt.fill("Answer in rhymes.")
        page.keyboard.press("Escape")
        expect(alice.tune_button).to_have_attribute("data-set", "")
    with jobs.job(17, 2) as page:
        alice.tune_button.click()
        slider = alice.panel.locator("[data-parameter=temperature] [type=range]")
        expect(slider).to_be_enabled()
        box = slider.bounding_box()
        assert box
        with page.expect_response("**/api/v1/conversations/*"):
            slider.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
        page.keyboard.press("Escape")

    with jobs.job(20, 1) as page:
        page.locator(".chat__rename").click()
        expect(page.locator(".title-field input")).to_be_focused()
        page.keyboard.type("Red things")
        page.keyboard.press("Enter")
        expect(page.locator(".chat__title")).to_have_text("Red things")
    with jobs.job(39, 1) as page:
        page.locator(".chip").click()
        expect(page.locator("audience-panel .audience__rule").first).to_be_visible()
    alice.page.keyboard.press("Escape")
    with jobs.job(41, 4) as page:
        page.locator(".chip").click()
        page.locator("audience-panel [name=share]").click()
        expect(page.locator("#share-days")).to_have_value("7")
        page.locator("#share-phrase").fill("eight pink bicycles")
        page.locator("share-panel .button--main").click()
        page.locator("share-panel [name=copy]").click()
        page.wait_for_function(f"async () => (await {CLIPBOARD}).includes('/s/')")
    alice.page.keyboard.press("Escape")
    with jobs.job(41, 2) as page:
        page.locator(".chip").click()
        page.locator(".audience__revoke button").click()
        expect(page.locator(".audience__revoke")).to_have_count(0)
    assert not Share.objects.open().exists()
    alice.page.keyboard.press("Escape")

    alice.open(stored(cast, CITED))
    with jobs.job(35, 1) as page:
        alice.replies.locator(".cite__link").first.click()
        expect(alice.replies.locator(".source:target")).to_be_in_viewport()

    with jobs.job(43, 2) as page:
        at_account(page).locator("[name=theme][value=dark]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    alice.open(path)
    with jobs.job(43, 2) as page:
        at_account(page).locator("[name=text_size][value=large]").click()
        expect(page.locator("html")).to_have_attribute("data-text-size", "large")
    alice.open(path)
    with jobs.job(43, 2) as page:
        other = "en" if language == "zh-hans" else "zh-hans"
        at_account(page).locator(f"[name=language][value={other}]").click()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(other[:2]))


def begin(cast: Cast, vendor: FakeVendor, visit: Visit, width: int, language: str) -> ChatPage:
    """Open a new conversation in a window that counts clicks."""
    User.objects.filter(pk=cast.alice.pk).update(language=language)
    vendor.script = answers(vendor)
    alice = visit(cast.alice, None, viewport={"width": width, "height": 844}, permissions=PERMISSIONS)
    alice.page.add_init_script(COUNT)
    return alice.open("/")


def act(reply: Locator, name: str) -> None:
    """Click one of the reply's own buttons."""
    reply.hover()
    reply.locator(f"[data-act={name}]").click()


def code(reply: Locator) -> Locator:
    return reply.locator(".code-block .copy").first


def at_account(page: Page) -> Locator:
    """Open what leads to the choices of language and appearance: a menu, on a phone the drawer that shows them."""
    opener = page.locator(".account")
    (opener if opener.is_visible() else page.locator(".chat__menu")).click()
    return page.locator("#account-menu")
