"""The switch of theme and size of text: at once, in every tab, and for good."""

from playwright.sync_api import Page, expect

from conversations.models import User
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
ROOT_SIZE = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
LIGHT, DARK = "rgb(253, 254, 253)", "rgb(19, 24, 22)"


def choose(page: Page, name: str) -> None:
    with page.expect_response("**/appearance/"):
        page.locator(".appearance").get_by_role("button", name=name, exact=True).click()


def test_the_switch_takes_effect_in_every_tab_and_lasts(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, color_scheme="light")
    account = alice.page.context.new_page()
    account.goto(f"{alice.site}/account/appearance/")
    alice.text.fill("half a question")
    alice.page.locator(".account").click()
    choose(alice.page, "Dark")
    choose(alice.page, "Very large")
    for page in (alice.page, account):
        page.wait_for_function(f"() => {BACKGROUND} === '{DARK}' && {ROOT_SIZE} === 21")
        expect(page.locator(".appearance [aria-pressed=true]")).to_have_text(["Dark", "AVery large"])
    expect(alice.text).to_have_value("half a question")
    choose(account, "System")
    alice.page.wait_for_function(f"() => {BACKGROUND} === '{LIGHT}'")
    assert (User.objects.get(pk=cast.alice.pk).theme, alice.page.evaluate(ROOT_SIZE)) == ("system", 21)
    choose(account, "Dark")
    for path in ("/", "/admin/", "/admin/conversations/user/"):
        alice.open(path)
        assert (alice.page.evaluate(BACKGROUND), alice.page.evaluate(ROOT_SIZE)) == (DARK, 21), path
    alice.page.emulate_media(media="print")
    assert alice.page.evaluate(BACKGROUND) == LIGHT
