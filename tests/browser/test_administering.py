"""An administrator's jobs, each with the clicks that it may take: people come and go, models are offered, keys leak."""

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Budget, Team, User
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import NEW_KEY

COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", 1 + Number(sessionStorage.getItem("clicks") ?? 0));
}, true);"""
LOOKS = [(1400, "en"), pytest.param(390, "zh-hans", marks=pytest.mark.soak)]


def begin(cast: Cast, visit: Visit, width: int, language: str) -> Page:
    """Open the administration's first page, and count the clicks from there."""
    cast.alice.language = language
    cast.alice.save()
    alice = visit(cast.alice, None, viewport={"width": width, "height": 900})
    alice.page.add_init_script(COUNT)
    return alice.open("/admin/").page


def again(page: Page) -> None:
    """Return to the first page, and count anew."""
    page.evaluate("sessionStorage.removeItem('clicks')")
    page.evaluate("location.assign('/admin/')")


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('clicks') ?? 0)"))


def follow(page: Page, path: str) -> None:
    """Click the link to this path that is in sight."""
    page.locator(f"a[href='{path}']:visible").first.click()


@pytest.mark.soak
@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_thirty_people_come_and_one_leaves(cast: Cast, visit: Visit, width: int, language: str) -> None:
    page = begin(cast, visit, width, language)
    follow(page, "/admin/conversations/user/add-many/")
    page.locator("textarea").fill("\n".join(f"person-{number}" for number in range(30)))
    page.locator(".submit-row input").click()
    links = page.locator(".once__secret").input_value().splitlines()  # waits for the page
    assert (len(links), clicks(page)) == (30, 2)
    assert User.objects.filter(username__startswith="person-").count() == 30
    again(page)
    follow(page, "/admin/conversations/user/")
    follow(page, f"/admin/conversations/user/{cast.bob.pk}/change/")
    follow(page, f"/admin/conversations/user/{cast.bob.pk}/leaving/")
    page.locator("#id_heir").fill("carol")
    page.locator(".submit-row input").click()
    expect(page.locator(".notice--success")).to_contain_text("carol")
    assert clicks(page) == 4
    assert not User.objects.get(pk=cast.bob.pk).is_active
    assert cast.team.memberships.filter(user=cast.carol).exists()


@pytest.mark.parametrize(("width", "language"), LOOKS)
def test_models_are_offered_to_two_teams_and_a_leaked_key_is_replaced(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, width: int, language: str
) -> None:
    Team.objects.create(name="Moon")
    endpoint = model.deployments.get().endpoint
    vendor.script = lambda _: [200, MODELS]
    page = begin(cast, visit, width, language)
    follow(page, "/admin/providers/endpoint/")
    follow(page, f"/admin/providers/endpoint/{endpoint.pk}/change/")
    follow(page, f"/admin/providers/endpoint/{endpoint.pk}/models/")
    for number in range(100, 105):
        page.locator(f"input[value='model-{number}']").check()
    for box in page.locator("input[name=team]").all():
        box.check()
    page.locator(".submit-row input").click()
    expect(page.locator("input.price")).to_have_count(12)
    for price in page.locator("input.price").all():
        price.fill("2.5")
    page.locator("[name=_save]").click()
    expect(page.locator("input.price").last).to_have_value("2.5")
    expect(page.locator(".notice--success")).to_have_count(1)
    assert clicks(page) <= 12
    assert Deployment.objects.filter(input_price=2.5, output_price=2.5).count() == 6
    page.goto(page.url.partition("?")[0])
    second = page.locator("tbody tr").nth(1)
    name = second.locator("th").text_content()
    second.locator("button.place").first.press("Enter")
    expect(page.locator("tbody tr").first.locator("th")).to_have_text(name or "")
    expect(page.locator("tbody tr").first.locator("button.place").first).to_be_focused()
    assert LanguageModel.objects.in_order()[0].name == name
    assert all(one.teams.count() == 2 for one in LanguageModel.objects.filter(name__startswith="model-"))
    again(page)
    follow(page, "/admin/providers/apikey/")
    follow(page, f"/admin/keys/{ApiKey.objects.get().pk}/")
    page.locator("#id_new_key").fill(NEW_KEY)
    page.locator("[action$='/rotate/'] [type=submit]").click()
    expect(page.locator(".notice--success")).to_be_visible()
    assert clicks(page) == 3
    assert ApiKey.objects.get().secret.reveal() == NEW_KEY


@pytest.mark.soak
@pytest.mark.parametrize(("width", "language"), [(390, "en"), pytest.param(1400, "zh-hans", marks=pytest.mark.soak)])
def test_a_vendor_has_three_keys_and_a_team_a_hundred_a_month(
    cast: Cast, vendor: FakeVendor, visit: Visit, width: int, language: str
) -> None:
    page = begin(cast, visit, width, language)
    follow(page, "/admin/providers/endpoint/preset/")
    page.locator("a[href='?preset=openai-compatible']").click()
    for name, words in (("base_url", vendor.openai_url), ("key", CANARY), ("models", "parrot")):
        page.locator(f"#id_{name}").fill(words)
    page.locator(".submit-row input").click()
    page.locator(".facts a").click()
    endpoint = Endpoint.objects.get()
    follow(page, f"/admin/endpoints/{endpoint.pk}/keys/")
    page.locator("#id_keys").fill(f"{NEW_KEY}\n{NEW_KEY}-another")
    page.locator(".submit-row input").click()
    expect(page.locator("[href^='/admin/keys/']:not(.button)")).to_have_count(3)
    assert (clicks(page), endpoint.keys.count()) == (6, 3)
    again(page)
    follow(page, "/admin/budgets/")
    follow(page, "/admin/conversations/budget/add/")
    page.locator("#id_whose").select_option(label="Crew")  # a click more
    page.locator("#id_hard").fill("100")
    page.locator("[name=_save]").click()
    expect(page.locator(".notice--success")).to_be_visible()
    budget = Budget.objects.get()
    assert (clicks(page), budget.kind, budget.target, budget.period) == (3, "team", cast.team.pk, "month")
    LanguageModel.objects.get().teams.add(Team.objects.create(name="Moon"))
    again(page)
    follow(page, "/admin/access/")
    page.locator("#id_person").fill("bob")
    page.locator("#id_model").select_option(label="parrot")  # a click more
    page.locator("form:has(#id_person) [type=submit]").click()
    expect(page.locator("main")).to_contain_text("Moon")
    assert clicks(page) == 2


MODELS = b'{"data": [' + b", ".join(b'{"id": "model-%d"}' % number for number in range(200)) + b"]}"
