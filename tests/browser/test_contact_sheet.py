"""One contact sheet of every page and state: two languages, three themes, three widths; to be looked at, not judged.

    python3 manage.py test --soak -n 0 tests/browser/test_contact_sheet.py

The pictures are in the folder that CONTACT_SHEET names, else in one of the run. A sheet shows the looks of a page side
by side, and names it.
"""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Error, Page, expect

from conversations.models import Conversation, Team, User
from providers.models import Endpoint
from tests.authorisation.roles import R, Role
from tests.authorisation.world import World
from tests.browser import states
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.places import Place, enter, places
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_event

WIDTHS = {390: 844, 768: 1024, 1400: 900}
LANGUAGES = ("en", "zh-hans")
THEMES = {
    "light": {"color_scheme": "light", "contrast": "no-preference"},
    "dark": {"color_scheme": "dark", "contrast": "no-preference"},
    "contrast": {"color_scheme": "light", "contrast": "more"},
}
HIGHEST = 1_800
"""Pixels of a page above which it is cut off."""
THUMBS, COLUMNS, ROWS = {390: 250, 768: 370, 1400: 500}, {390: 2, 768: 1, 1400: 1}, 4
TITLE = 18

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_contact_sheet(
    world: World, vendor: FakeVendor, visit: Visit, tmp_path: Path, width: int, language: str
) -> None:
    folder = Path(os.environ.get("CONTACT_SHEET") or tmp_path) / f"{language}-{width}"
    folder.mkdir(parents=True, exist_ok=True)
    User.objects.update(language=language)
    Endpoint.objects.update(base_url=vendor.openai_url)
    names = {R.OWNER: "Ann Owner", R.MEMBER: "王芳", R.LEAD: "Ben", R.SUPERUSER: "Root"}
    for role, name in names.items():
        User.objects.filter(pk=world.people[role].pk).update(display_name=name)
    shared = states.furnish(world.people["owner"], Team.objects.get(name="Crew"))
    options = {
        "viewport": {"width": width, "height": WIDTHS[width]},
        "locale": "zh-CN" if language != "en" else "en-US",
    }
    visitors: dict[Role, ChatPage] = {}

    def at(role: Role) -> ChatPage:
        if role not in visitors:
            visitors[role] = enter(visit, world, role, **options)
            visitors[role].watch.expect(".*")
        return visitors[role]

    streaming(at(R.OWNER), vendor, folder)  # First: what is written without a connection is sent later.
    for name, state, path in chat_states(shared):
        chat = at(R.OWNER)
        try:
            chat.open(path)
            states.nothing(chat)
            state(chat)
        except (Error, AssertionError) as problem:
            print(f"{name} at {width} in {language}: {str(problem).splitlines()[0]}")
        take(chat.page, folder, f"chat-{name}")
        if chat.page.evaluate("navigator.onLine") is False or name == "offline":
            chat.page.context.set_offline(False)
        Conversation.objects.get(pk=shared.pk).shares.update(revoked_at="2026-01-01T00:00Z")
    for place in seen(world):
        visitor = at(place.role)
        if place.after:
            visitor.open(place.after)
        visitor.open(place.path)
        take(visitor.page, folder, re.sub(r"[^\w]+", "-", place.name), whole=True)
    sheets(folder, width)


def chat_states(thread: Conversation) -> Iterator[tuple[str, states.State, str]]:
    for state in states.ON_START:
        yield f"start-{state.__name__}", state, "/"
    for state in (*states.ON_THREAD, states.offline):
        yield state.__name__, state, f"/conversations/{thread.pk}/"


def seen(world: World) -> Iterator[Place]:
    """Yield the pages that look different: one for each template, as a rule."""
    known: set[str] = set()
    for place in places(world):
        kind = place.name.partition(" ")[0] + ("?" if "?" in place.path else "")
        if kind not in known and place.name.partition(" ")[0] not in ("chat", "conversation"):
            known.add(kind)
            yield place


def streaming(chat: ChatPage, vendor: FakeVendor, folder: Path) -> None:
    """Take a reply that thinks, one that is being written, and one that failed."""
    words, rest = threading.Event(), threading.Event()
    vendor.play(
        [openai_event(None, reasoning_content="First I count.\nThen"), words, openai_event("It is **3** and"), rest],
        [429, {"Content-Type": "application/json"}, b'{"error":{"message":"No credit","code":"insufficient_quota"}}'],
    )
    chat.open("/")
    chat.send("How many are there?")
    expect(chat.replies.last.locator(".thought__summary")).to_contain_text("Then")
    take(chat.page, folder, "chat-thinking")
    words.set()
    expect(chat.replies.last.locator(".message__text")).to_contain_text("It is")
    take(chat.page, folder, "chat-streaming")
    chat.stop_button.click()
    chat.ended(chat.replies.last, "stopped")
    chat.send("And now?")
    expect(chat.replies).to_have_count(2)
    chat.ended(chat.replies.last, "failed")
    take(chat.page, folder, "chat-failed")


def take(page: Page, folder: Path, name: str, *, whole: bool = False) -> None:
    """Write a picture of the page as it is now in each theme."""
    width = page.viewport_size or {}
    for theme, media in THEMES.items():
        page.emulate_media(**media, reduced_motion="reduce")  # type: ignore[arg-type]
        height = page.evaluate("document.documentElement.scrollHeight") if whole else 0
        clip = {"x": 0, "y": 0, "width": width["width"], "height": min(max(height, width["height"]), HIGHEST)}
        page.screenshot(path=folder / f"{name}-{theme}.png", full_page=whole, clip=clip if whole else None)  # type: ignore[arg-type]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            print(f"{name} at {width['width']} scrolls sideways")


def sheets(folder: Path, width: int) -> None:
    """Put the pictures of a folder together, some pages on a sheet, each in its three themes."""
    names = sorted({path.stem.rpartition("-")[0] for path in folder.glob("*.png") if not path.stem.startswith("sheet")})
    columns = COLUMNS[width]
    for number, begin in enumerate(range(0, len(names), ROWS * columns)):
        cells = [
            joined([thumbnail(folder / f"{name}-{theme}.png", name, THUMBS[width]) for theme in THEMES])
            for name in names[begin : begin + ROWS * columns]
        ]
        heights = [max(cell.height for cell in cells[at : at + columns]) for at in range(0, len(cells), columns)]
        sheet = Image.new("RGB", (columns * (3 * THUMBS[width] + 8), sum(heights)), "white")
        for place, cell in enumerate(cells):
            row, column = divmod(place, columns)
            sheet.paste(cell, (column * (3 * THUMBS[width] + 8), sum(heights[:row])))
        sheet.save(folder / f"sheet-{number:02}.png", optimize=True)


def thumbnail(path: Path, name: str, width: int) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    picture = picture.resize((width, picture.height * width // picture.width))
    framed = Image.new("RGB", (picture.width, picture.height + TITLE), "white")
    framed.paste(picture, (0, TITLE))
    ImageDraw.Draw(framed).text((2, 3), name, fill="black")
    return framed


def joined(row: list[Image.Image]) -> Image.Image:
    cell = Image.new("RGB", (sum(one.width for one in row), max(one.height for one in row)), "white")
    for place, one in enumerate(row):
        cell.paste(one, (place * one.width, 0))
    return cell
