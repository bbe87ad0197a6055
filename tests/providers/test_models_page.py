"""The page on which models are picked from a vendor's list."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from providers.endpoints import model_sync
from providers.models import AuditEntry, Deployment, Endpoint, LanguageModel
from providers.types import CatalogueEntry
from tests.conftest import Cast
from tests.conversations.test_teams import enter
from tests.providers.administering import staff

pytestmark = pytest.mark.usefixtures("static_files")

LISTED = ("gpt-6", "gpt-6-mini", "text-embedding-4", "bge-m3", "gpt-rerank", "gpt-tts", "whisper-2", "statts-chat")


@pytest.fixture
def page(cast: Cast, model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, str]:
    monkeypatch.setattr(model_sync, "offered", lambda endpoint: [CatalogueEntry(name, "") for name in LISTED])
    return enter(cast.alice), reverse("admin:providers_endpoint_models", args=[Endpoint.objects.get().pk])


def boxes(html: str) -> dict[str, bool]:
    """Return the models that can be picked, and whether they are."""
    return {name: bool(tick) for name, tick in re.findall(r'name="model" value="([^"]+)"( checked)?', html)}


def test_what_is_no_model_for_a_chat_is_offered_only_when_asked_for(page: tuple[Client, str]) -> None:
    client, address = page
    assert set(boxes(client.get(address).content.decode())) == {"gpt-6", "gpt-6-mini", "statts-chat"}
    assert set(boxes(client.get(f"{address}?everything=yes").content.decode())) == set(LISTED)


def test_ticks_stay_with_the_filter_and_all_can_be_picked(page: tuple[Client, str]) -> None:
    client, address = page
    filtered = client.post(address, {"model": ["gpt-6", "bge-m3"], "q": "stat", "show": "Filter"}).content.decode()
    assert boxes(filtered) == {"gpt-6": True, "bge-m3": True, "statts-chat": False}
    everything = client.post(address, {"model": ["bge-m3"], "q": "gpt", "all": "Select all shown"}).content.decode()
    assert boxes(everything) == {"gpt-6": True, "gpt-6-mini": True, "bge-m3": True}
    assert Deployment.objects.count() == 1, "nothing is served before it is asked for"
    client.post(address, {"model": ["gpt-6", "bge-m3"]})
    assert Deployment.objects.count() == 3


def test_what_is_picked_for_a_team_is_its_alone_and_gets_its_prices_in_the_table(
    page: tuple[Client, str], cast: Cast
) -> None:
    client, address = page
    table = client.post(address, {"model": ["gpt-6"], "team": [str(cast.team.pk)]}, follow=True)
    made = LanguageModel.objects.get(name="gpt-6")
    assert list(made.teams.all()) == [cast.team]
    rows = table.context["cl"].formset
    given = {field.html_name: field.value() for form in (rows.management_form, *rows) for field in form}
    place = next(form.prefix for form in rows if form.instance == made)
    given |= {f"{place}-input_price": "1.25", f"{place}-output_price": "10", f"{place}-description": "Quick."}
    given.pop(f"{place}-enabled")
    kept = {name: value for name, value in given.items() if value not in (None, False)}
    assert client.post(table.redirect_chain[-1][0], {**kept, "_save": "Save"}).status_code == 302
    prices = Deployment.objects.get(model=made)
    assert (prices.input_price, prices.output_price) == (Decimal("1.25"), Decimal(10))
    shown = [*client.get(reverse("admin:providers_languagemodel_changelist")).context["cl"].formset]
    row = next(form for form in shown if form.instance == made)
    assert [str(row[name].value()) for name in ("input_price", "output_price")] == ["1.25", "10"]
    own = client.get(reverse("admin:providers_deployment_change", args=[prices.pk])).content.decode()
    assert 'name="output_price" value="10"' in own
    assert not LanguageModel.objects.get(pk=made.pk).enabled
    told = {entry.subject_type: entry.after for entry in AuditEntry.objects.filter(act="changed")}
    assert told["providers.deployment"]["input_price"] == "1.250000"
    assert told["providers.languagemodel"] == {"enabled": False, "description": "Quick."}


def test_prices_are_for_who_may_change_them(page: tuple[Client, str], cast: Cast) -> None:
    clerk = staff(cast, "view_languagemodel", "change_languagemodel")
    rows = clerk.get(reverse("admin:providers_languagemodel_changelist")).context["cl"].formset
    assert {name for form in rows for name in form.fields} == {"id", "description", "enabled"}
