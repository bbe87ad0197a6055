"""Small screens, and what the first look costs."""

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Project, Team, User
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import KEYBOARD, NOTE_SOCKET, SCROLL_ASIDE, WIDE_ELEMENTS
from tests.browser.test_comparison import choose, models
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream

PHONE = {"width": 360, "height": 740}
REQUESTS, SCRIPTS, BYTES = 8, 4, 80_000
FAR_AWAY = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": -1,
    "uploadThroughput": -1,
}  # milliseconds; no limit
WIDE = f"""\
{"unbreakable" * 30}

https://example.test/{"path/" * 60}

| {" | ".join(f"column number {number}" for number in range(12))} |
|{"---|" * 12}
| {" | ".join("some text" for _ in range(12))} |
| {"unbreakable" * 30} {"| some text " * 11}|

```python
{"x = 1; " * 60}
```

`{"inline_code_" * 20}`

$$ {" + ".join(f"x_{{{number}}}" for number in range(60))} $$

1. {"字" * 200}
   > > > - {"nested" * 40}
"""


@pytest.mark.parametrize("locale", [pytest.param("en-US", marks=pytest.mark.soak), "zh-CN"])
def test_the_set_up_and_the_card_fit_a_phone(visit: Visit, locale: str) -> None:
    stranger = visit(viewport=PHONE, locale=locale)
    assert not stranger.scrolls_sideways()
    stranger.page.fill("[name=name]", "alice")
    stranger.page.fill("[name=password]", "a long enough passphrase")
    stranger.page.locator(".form button").click()
    stranger.page.locator("welcome-card [name=preset]").select_option("openai-compatible")
    assert not stranger.scrolls_sideways()
    assert stranger.page.evaluate(WIDE_ELEMENTS) == []


def test_the_sign_in_fits_a_phone(cast: Cast, visit: Visit) -> None:
    stranger = visit(viewport=PHONE)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not stranger.scrolls_sideways()


@pytest.mark.soak
def test_names_of_one_long_word_fit_a_phone(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    Team.objects.filter(pk=cast.team.pk).update(name="unbreakable" * 10)
    User.objects.filter(pk=cast.alice.pk).update(username="u" * 120, display_name="W" * 120)
    alice = visit(User.objects.get(pk=cast.alice.pk), viewport=PHONE)
    alice.ask("longest" * 30)
    alice.page.locator(".chip").click()
    alice.page.get_by_role("button", name="Share a link").click()
    alice.page.get_by_role("button", name="Make a link").click()
    link = alice.page.locator(".once__secret").input_value().removeprefix(alice.site)
    alice.open(f"/teams/{cast.team.pk}/invitations/").page.get_by_role("button", name="Make a link").click()
    invitation = alice.page.locator(".once__secret").input_value().removeprefix(alice.site)
    for path in ("/", "/teams/", f"/teams/{cast.team.pk}/", "/account/", "/account/security/", "/shares/", link):
        assert not alice.open(path).scrolls_sideways(), (path, alice.page.evaluate(WIDE_ELEMENTS))
    assert alice.open("/").page.locator("chat-transcript").evaluate(SCROLL_ASIDE) == 0, "a recent title is too long"
    alice.page.set_viewport_size({"width": 320, "height": 740})  # 1280 at 400 per cent
    assert not alice.open("/search/").scrolls_sideways()
    assert not visit(None, invitation, viewport=PHONE).scrolls_sideways()


def test_a_conversation_full_of_wide_things_fits_a_phone(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    LanguageModel.objects.update(name="a-vendor/with-a-very-long-model-name-" + "x" * 60)
    vendor.play([openai_stream([WIDE])])
    alice = visit(cast.alice, viewport=PHONE)
    alice.send("w" * 500)
    reply = alice.ended(alice.replies.first)
    assert not alice.scrolls_sideways()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    assert alice.page.locator("chat-transcript").evaluate(SCROLL_ASIDE) == 0
    for inner in ("pre", ".table-scroll"):
        box = reply.locator(inner)
        assert box.evaluate(SCROLL_ASIDE) == 50, f"what {inner} holds is cut off"
    cell = reply.locator("td", has_text="unbreakable")
    assert cell.evaluate("({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth"), "it lies over the next one"
    expect(alice.send_button).to_be_in_viewport()
    alice.page.emulate_media(media="print")
    alice.page.set_viewport_size({"width": 720, "height": 1000})
    assert reply.locator("table").evaluate("(table) => table.getBoundingClientRect().right <= innerWidth"), "on paper"


def test_the_sidebar_of_a_phone_opens_and_closes(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    project = Project.objects.create(owner=cast.alice, team=cast.team, name="机场航站楼导视系统改造" * 6)
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project, title="Signs", revision=1)
    alice = visit(cast.alice, f"/conversations/{talk.pk}/", viewport=PHONE)
    expect(alice.page.locator(".chip__name")).to_have_text(f"Crew · {project.name}")
    assert not alice.scrolls_sideways(), "a long name of those who read it is read out and takes no room"
    sidebar, button = alice.page.locator(".sidebar"), alice.page.locator(".chat__menu")
    expect(sidebar).to_be_hidden()
    button.click()
    expect(sidebar).to_be_in_viewport()
    assert alice.page.evaluate(WIDE_ELEMENTS) == [], "names of projects end within the sidebar"
    alice.page.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()
    button.click()
    expect(sidebar).to_be_visible()
    alice.page.mouse.click(PHONE["width"] - 10, 300)
    expect(sidebar).to_be_hidden()
    named = alice.open(f"/?project={project.pk}").page.locator(".composer__bar", has_text=project.name)
    box = named.locator(".composer__choice--team").bounding_box()
    assert box
    assert box["height"] < 48, "its name takes one line of the message box"
    Team.objects.update(name=project.name)
    recent = alice.open().page.locator(".start__link")
    expect(recent).to_contain_text("Signs")
    assert (box := recent.locator("span").first.bounding_box())
    assert box["width"] > 30, "a team's long name leaves the conversation's some room"


@pytest.mark.parametrize("screen", [PHONE, {"width": 1400, "height": 900}], ids=["phone", "desktop"])
def test_a_far_column_makes_no_high_rows_and_words_alone_fit_without_scrolling(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, screen: dict[str, int]
) -> None:
    far = "Takes what the others leave over and explains at length how it came to be so"
    many = "| Name | Vendor | Begun | Price | Context | Output | Licence | Note |\n" + "| --- " * 8 + "|\n"
    many += f"| model-one-large | vendor-one | 2025-01-01 | 12.50 | 1,000,000 | 64,000 | proprietary | {far} |\n"
    few = f"\nAnd\n\n| Name | Note |\n| --- | --- |\n| one | {far} |\n"
    vendor.play([openai_stream([many + few])])
    alice = visit(cast.alice, viewport=screen)
    reply = alice.ask("Compare")
    high, low = (table.locator("tbody tr").bounding_box() for table in reply.locator("table").all())
    assert high
    assert low
    assert high["height"] < 6 * 24, "the far column is pressed together"
    assert not alice.scrolls_sideways()
    if screen != PHONE:
        assert high["height"] < 4 * 24
        inner = reply.locator(".table-scroll").nth(1)
        assert inner.evaluate("(box) => box.scrollWidth <= box.clientWidth"), "two columns fit without scrolling"


@pytest.mark.soak
def test_a_list_within_a_list_is_as_close_as_its_items_and_a_heading_belongs_to_what_follows(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_stream(["Before\n\n## Heading\n\nText\n\n1. One\n   - inner\n2. Two\n3. Three\n"])])
    reply = visit(cast.alice).ask("A list")
    one, _, two, three = (item.bounding_box() for item in reply.locator("li").all())
    assert one
    assert two
    assert three
    inner_gap, gap = two["y"] - one["y"] - one["height"], three["y"] - two["y"] - two["height"]
    assert inner_gap == gap
    before, heading, text = (reply.locator(place).bounding_box() for place in ("p >> nth=0", "h2", "p >> nth=1"))
    assert before
    assert heading
    assert text
    assert heading["y"] - before["y"] - before["height"] > text["y"] - heading["y"] - heading["height"]


def test_the_button_to_send_stays_at_the_edge_of_a_phone_s_box(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    models(vendor, alpha=[], beta=[])
    alice = visit(cast.alice, viewport=PHONE)
    place = alice.send_button.bounding_box()
    choose(alice, "alpha", "beta")
    assert alice.send_button.bounding_box() == place


def test_long_names_of_models_are_read_to_their_ends_on_a_phone(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    """Vendors' names differ at their ends: the one that is asked, those that are compared, those of a list."""
    one, other = "a-vendor/thinks-well-4-5-20250929-thinking", "a-vendor/thinks-well-4-5-20250929-instruct"
    models(vendor, **{one: [], other: []})
    alice = visit(cast.alice, viewport={"width": 390, "height": 844})
    alice.page.locator(".composer__model").click()
    alice.page.get_by_role("option", name=one).click()
    expect(alice.page.locator(".composer__name")).to_have_text(one)
    is_whole = (
        "(all) => all.every((name) => name.scrollWidth <= name.clientWidth && name.scrollHeight <= name.clientHeight)"
    )
    assert alice.page.locator(".composer__name").evaluate_all(is_whole)
    choose(alice, one, other)
    alice.send("Compare")
    names = alice.page.locator(".comparison .message__name")
    expect(names).to_have_text([one, other])
    assert names.evaluate_all(is_whole)
    assert not alice.scrolls_sideways()


def test_a_wide_screen_shows_the_sidebar_at_once(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, viewport={"width": 1400, "height": 900})
    expect(alice.page.locator(".sidebar")).to_be_visible()
    expect(alice.page.locator(".chat__menu")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_first_load_stays_small(cast: Cast, model: LanguageModel, visit: Visit, language: str) -> None:
    cast.alice.language = language
    cast.alice.save()
    alice = visit(cast.alice, path=None, new=True)
    alice.page.context.new_cdp_session(alice.page).send("Network.emulateNetworkConditions", FAR_AWAY)
    alice.page.add_init_script(NOTE_SOCKET)
    with alice.page.expect_response("**/api/v1/conversations?archived=false"):  # asked once the websocket has answered
        alice.open()
    alice.page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in alice.watch.requests]
    transferred = sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)
    opened = alice.page.evaluate("socketOpenedAt")
    print(f"{len(sizes)} requests, {transferred:,} bytes with their headers, the websocket open after {opened:.0f} ms")
    assert len(sizes) <= REQUESTS
    assert sum(request.resource_type == "script" for request in alice.watch.requests) <= SCRIPTS
    assert 5_000 < transferred <= BYTES


def test_small_and_touched_screens_and_settings_of_the_system(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, viewport=PHONE, has_touch=True, is_mobile=True)
    alice.text.fill("Hello")
    alice.send_button.tap()
    alice.ended(alice.replies.first)
    fields = alice.page.locator("input:not([type=checkbox], [type=radio], [hidden]), select, textarea")
    sizes = fields.evaluate_all("(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    assert min(sizes) >= 16, "a phone zooms into smaller fields"
    for name in (".chip", ".message__foot > .copy"):
        box = alice.page.locator(name).last.bounding_box()
        assert box
        assert box["height"] >= 32, name
    for width, height, thread in ((640, 170, 48), (320, 256, 90)):
        alice.page.set_viewport_size({"width": width, "height": height})
        expect(alice.send_button).to_be_in_viewport(ratio=1)
        shown = alice.page.locator(".transcript").bounding_box()
        assert shown
        assert shown["height"] >= thread, (width, height)
        assert not alice.scrolls_sideways()

    alice.page.emulate_media(reduced_motion="reduce")
    assert alice.send_button.evaluate("(one) => getComputedStyle(one).transitionDuration") == "0s"
    alice.page.emulate_media(reduced_motion=None, forced_colors="active")
    row = alice.page.locator(".row__link[aria-current]")
    assert row.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    letter = alice.page.locator(".message__avatar:visible").first
    color, ground = letter.evaluate("(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]")
    assert color != ground


def test_a_keyboard_over_the_page_and_a_notch_hide_nothing(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, "/?title=A+page&text=https%3A%2F%2Fexample.org", viewport=PHONE)
    expect(alice.text).to_have_value("A page\nhttps://example.org")
    assert alice.page.url == f"{alice.site}/", "loaded again it would be put in twice"
    alice.page.reload()
    expect(alice.text).to_have_value("A page\nhttps://example.org")
    alice.page.evaluate(KEYBOARD, 400)
    box = alice.page.locator(".composer__box").bounding_box()
    assert box
    assert box["y"] + box["height"] < 400
    insets = {"top": 44, "bottom": 34}
    alice.page.context.new_cdp_session(alice.page).send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    for name, at_top in ((".chat__head", True), (".composer__box", False)):
        box = alice.page.locator(name).bounding_box()
        assert box
        assert box["y"] >= 44 if at_top else box["y"] + box["height"] <= 400 - 34, name


@pytest.mark.soak
def test_the_greeting_goes_with_the_first_message_even_unsent(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    greeting = alice.page.locator(".transcript__greeting")
    expect(greeting).to_be_visible()
    alice.page.context.set_offline(True)
    alice.page.evaluate("dispatchEvent(new Event('offline'))")
    alice.watch.expect("ERR_INTERNET_DISCONNECTED")
    alice.send("Hello")
    expect(alice.questions).to_have_count(1)
    expect(greeting).to_be_hidden()
    alice.page.context.set_offline(False)


@pytest.mark.soak
def test_rows_of_a_formula_stand_at_their_signs(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play(
        [openai_stream(["$$\\begin{aligned}a+b+c &= d\\\\ e &= f\\end{aligned}$$\n\n$\\boxed{x}$ $\\cancel{y}$"])]
    )
    reply = visit(cast.alice).ask("Solve")
    ends = reply.locator("mtd:first-child > :last-child").evaluate_all(
        "(all) => all.map((end) => Math.round(end.getBoundingClientRect().right))"
    )
    assert ends[0] == ends[1], ends
    look = "(element) => [getComputedStyle(element).borderTopWidth, getComputedStyle(element).backgroundImage]"
    box, strike = (element.evaluate(look) for element in reply.locator("menclose").all())
    assert box == ["1px", "none"]
    assert strike[1].startswith("linear-gradient")
