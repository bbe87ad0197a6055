"""Small screens, and what the first look costs."""

import pytest
from playwright.sync_api import expect

from conversations.models import Team, User
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import NOTE_SOCKET, SCROLL_ASIDE, WIDE_ELEMENTS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream

PHONE = {"width": 360, "height": 740}
REQUESTS, SCRIPTS, BYTES = 8, 4, 60 * 1024
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

```python
{"x = 1; " * 60}
```

`{"inline_code_" * 20}`

$$ {" + ".join(f"x_{{{number}}}" for number in range(60))} $$

1. {"字" * 200}
   > > > - {"nested" * 40}
"""


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
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


def test_names_of_one_long_word_fit_a_phone(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    Team.objects.filter(pk=cast.team.pk).update(name="unbreakable" * 10)
    User.objects.filter(pk=cast.alice.pk).update(username="u" * 120, display_name="W" * 120)
    alice = visit(User.objects.get(pk=cast.alice.pk), viewport=PHONE)
    alice.ask("longest" * 30)
    alice.page.locator(".chip").click()
    alice.page.get_by_role("button", name="Share a link").click()
    alice.page.get_by_role("button", name="Make a link").click()
    link = alice.page.locator(".once__secret").input_value().removeprefix(alice.site)
    alice.open(f"/teams/{cast.team.pk}/").page.get_by_role("button", name="Make a link").click()
    invitation = alice.page.locator(".once__secret").input_value().removeprefix(alice.site)
    for path in ("/", "/teams/", f"/teams/{cast.team.pk}/", "/account/", "/account/notices/", "/shares/", link):
        assert not alice.open(path).scrolls_sideways(), (path, alice.page.evaluate(WIDE_ELEMENTS))
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
    expect(alice.send_button).to_be_in_viewport()


def test_the_sidebar_of_a_phone_opens_and_closes(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, viewport=PHONE)
    sidebar, button = alice.page.locator(".sidebar"), alice.page.locator(".chat__menu")
    expect(sidebar).to_be_hidden()
    button.click()
    expect(sidebar).to_be_in_viewport()
    alice.page.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()
    button.click()
    expect(sidebar).to_be_visible()
    alice.page.mouse.click(PHONE["width"] - 10, 300)
    expect(sidebar).to_be_hidden()


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
    with alice.page.expect_response("**/api/v1/conversations"):  # the page asks once its websocket has answered
        alice.open()
    alice.page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in alice.watch.requests]
    transferred = sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)
    opened = alice.page.evaluate("socketOpenedAt")
    print(f"{len(sizes)} requests, {transferred:,} bytes with their headers, the websocket open after {opened:.0f} ms")
    assert len(sizes) <= REQUESTS
    assert sum(request.resource_type == "script" for request in alice.watch.requests) <= SCRIPTS
    assert 5_000 < transferred <= BYTES
