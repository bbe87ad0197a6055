"""The administration's own pages, Detect and Sync models, and the reports, on a phone and on a desk."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conversations.models import Budget, Team, UsageRecord
from conversations.usage import daily_sums
from providers.audit import log
from providers.audit.log import Act
from providers.models import ApiKey, AuditEntry, Endpoint, LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.canaries import PASSWORD
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

LOOKS = [
    (360, "light", "en"),
    pytest.param(1400, "dark", "zh-hans", marks=pytest.mark.soak),
    pytest.param(360, "dark", "zh-hans", marks=pytest.mark.soak),
    pytest.param(1400, "light", "en", marks=pytest.mark.soak),
    pytest.param(1400, "dark", "en", marks=pytest.mark.soak),
    pytest.param(1400, "light", "zh-hans", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_they_fit_and_read_well(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    visit: Visit,
    width: int,
    scheme: str,
    language: str,
) -> None:
    cast.alice.language = language
    cast.alice.save()
    page = f"/admin/providers/endpoint/{Endpoint.objects.get().pk}"
    alice = visit(cast.alice, f"{page}/detect/", viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name in ("proof", "detect", "detected", "models"):
        if name == "models":
            alice.open(f"{page}/models/")
        elif name == "detect":
            alice.page.locator("#id_password").fill(PASSWORD)
            alice.page.keyboard.press("Enter")
            expect(alice.page.locator("#id_model")).to_be_visible()
        elif name == "detected":
            alice.page.locator("#id_model").fill("parrot")
            alice.page.locator("form .submit-row input").click()
            expect(alice.page.locator(".success")).to_be_visible()
        assert not alice.scrolls_sideways(), name
        assert alice.page.evaluate(WIDE_ELEMENTS) == [], name


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_the_audit_log_fits_and_reads_well(
    cast: Cast, model: LanguageModel, visit: Visit, width: int, scheme: str, language: str
) -> None:
    cast.alice.language = language
    cast.alice.save()
    endpoint = Endpoint.objects.get()
    with log.coming_from(lambda: "203.0.113.7"):
        log.added(cast.alice, endpoint)
        log.added(cast.alice, endpoint.keys.get())
        log.note(
            cast.bob, Act.CHANGED, cast.team, before={"system_prompt": ""}, after={"system_prompt": "Be brief. " * 40}
        )
        log.removed(cast.alice, cast.team.memberships.get(user=cast.rita))
    alice = visit(
        cast.alice, "/admin/providers/auditentry/", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    for name in ("list", "entry"):
        if name == "entry":
            longest = AuditEntry.objects.get(act=Act.CHANGED)
            alice.open(f"/admin/providers/auditentry/{longest.pk}/change/")
        assert not alice.scrolls_sideways(), name


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.soak), "zh-hans"])
def test_what_matters_in_a_long_row_is_in_sight(cast: Cast, model: LanguageModel, visit: Visit, language: str) -> None:
    cast.alice.language = language
    cast.alice.save()
    Endpoint.objects.update(name="An-endpoint-with-a-long-name-in-one-word")
    with log.coming_from(lambda: "2001:db8:1234:5678:9abc:def0:1234:5678"):
        log.added(cast.alice, Endpoint.objects.get())
    with log.by_command("checkendpoint"):
        log.added(None, Endpoint.objects.get())
    log.note(None, Act.REFUSED, cast.bob)
    UsageRecord.objects.create(
        user=cast.alice, conversation=cast.team.pk, message=cast.team.pk, model_name="a-model-with-a-longer-name-3",
        endpoint_name="An endpoint", key_name="••••1234", outcome="rate_limited", cost=1_234_567, total_ms=1,
    )  # fmt: skip
    alice = visit(cast.alice, None, viewport={"width": 1400, "height": 800})
    for path, cell in (("conversations/usagerecord", ".field-price"), ("providers/auditentry", ".field-summary")):
        alice.open(f"/admin/{path}/")
        place = alice.page.locator(f"#result_list {cell}").first.bounding_box()
        frame = alice.page.locator(".results").bounding_box()
        assert place
        assert frame
        assert place["x"] + place["width"] <= frame["x"] + frame["width"] + 1, path
    Team.objects.update(
        name="A team whose name is as long as a team may have it, and no window of a tablet is as wide as that"
    )
    alice.page.set_viewport_size({"width": 768, "height": 800})
    assert not alice.open("/admin/conversations/budget/add/").scrolls_sideways()
    expect(alice.page.locator('.frame__up a[href="/admin/budgets/"]')).to_be_visible()


REPORTS = {
    "overview": "/admin/",
    "usage": "/admin/usage/?by=model&show=calls",
    "scoreboard": "/admin/scoreboard/",
    "budgets": "/admin/budgets/",
    "vendors": "/admin/providers/endpoint/preset/",
    "vendor": "/admin/providers/endpoint/preset/?preset=google",
}


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_reports_fit_and_read_well(
    cast: Cast, model: LanguageModel, visit: Visit, width: int, scheme: str, language: str
) -> None:
    cast.alice.language = language
    cast.alice.display_name = "A name as long as somebody may want it, and then some more of it without an end"
    cast.alice.save()
    _spend(cast, model)
    alice = visit(cast.alice, None, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name, address in {**REPORTS, "key": f"/admin/keys/{ApiKey.objects.get().pk}/"}.items():
        alice.open(address)
        assert not alice.scrolls_sideways(), name
        assert alice.page.evaluate(WIDE_ELEMENTS) == [], name


def _spend(cast: Cast, model: LanguageModel) -> None:
    """Record a call yesterday and one today; the second one goes over the budget."""
    Budget.objects.create(kind="person", period="month", hard=1)
    key = ApiKey.objects.select_related("endpoint").get()
    for days in (1, 0):
        record = UsageRecord.objects.create(
            created_at=timezone.now() - timedelta(days=days),
            user=cast.alice,
            conversation=cast.team.pk,
            message=cast.team.pk,
            model=model,
            model_name=model.name,
            endpoint=key.endpoint,
            endpoint_name=key.endpoint.name,
            key=key,
            key_name=str(key),
            input_tokens=1_000_000,
            output_tokens=20_000,
            cost=700_000,
            outcome="complete",
            first_token_ms=400,
            total_ms=4400,
        )
        daily_sums.add(record)


def test_an_administrator_adds_a_vendor_tests_its_key_and_switches_it_off(
    cast: Cast, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice, "/admin/")
    page = alice.page
    page.get_by_role("link", name="Vendors", exact=True).click()
    expect(page.locator(".frame__page[aria-current=page]")).to_have_text("Vendors")
    page.locator(".object-tools .addlink").first.click()
    page.get_by_text("OpenAI-compatible (any address)").click()
    page.locator("#id_base_url").fill(vendor.openai_url)
    page.locator("#id_key").fill(CANARY)
    page.locator(".submit-row input").click()
    page.locator("input[value=parrot]").check()
    page.locator(".submit-row input").click()
    expect(page.locator(".notice--success")).to_contain_text("parrot")
    alice.open(f"/admin/keys/{ApiKey.objects.get().pk}/")
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    page.locator("[action$='/test/'] input[type=submit]").click(no_wait_after=True)
    expect(page.locator(".trial__words")).to_have_text("Hel")
    expect(page.locator(".success")).to_have_count(0)
    vendor.gate.set()
    expect(page.locator(".trial__words")).to_have_text("Hello")
    expect(page.locator(".success")).to_be_visible()
    page.locator(".downloads a").click()
    expect(page.locator(".timeline__entry--tested")).to_be_visible()
    page.locator("[action$='/switch/'] button").click()
    expect(page.locator(".state")).to_have_text("switched off")
    assert not ApiKey.objects.get().enabled
