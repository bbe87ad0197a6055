"""A form keeps a row's value, even if it could no longer be chosen."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.forms import ChoiceField, ModelChoiceField
from django.test import Client
from django.urls import reverse

from conversations.models import Budget, Team
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.providers.administering import alice, form, page, save

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.mark.parametrize("kind", Budget.Kind.values)
def test_a_budget_whose_target_is_gone_stays_that_targets(alice: Client, kind: str) -> None:
    gone = uuid4()
    budget = Budget.objects.create(kind=kind, target=gone, period="day", hard=5)
    address = page(Budget, "change", budget.pk)
    shown = alice.get(address)
    chosen = shown.context["adminform"].form["whose"]
    assert f'value="{kind}:{gone}" selected' in str(chosen)
    save(alice, address, form(shown) | {"hard": "7"})
    budget.refresh_from_db()
    assert (budget.kind, budget.target, budget.hard) == (kind, gone, 7)


def test_another_target_that_is_gone_is_refused(alice: Client) -> None:
    budget = Budget.objects.create(kind="team", target=uuid4(), period="day", hard=5)
    address = page(Budget, "change", budget.pk)
    refused = alice.post(address, form(alice.get(address)) | {"whose": f"team:{uuid4()}"})
    assert refused.context["adminform"].form.errors["whose"]


def test_what_a_teams_conversations_begin_with_stays(
    alice: Client, cast: Cast, model: LanguageModel, settings: Any
) -> None:
    LanguageModel.objects.update(enabled=False)
    Team.objects.filter(pk=cast.team.pk).update(model=model, parameters={"thinking": {"budget": 500}, "top_p": 0.5})
    shown = alice.get(reverse("team-defaults", args=[cast.team.pk])).context["defaults_form"]
    fields = {field.name: field.value() for field in shown if field.value() not in (None, False)}
    alice.post(reverse("team-defaults", args=[cast.team.pk]), {**fields, "system_prompt": "Be brief."})
    cast.team.refresh_from_db()
    assert (cast.team.model, cast.team.system_prompt) == (model, "Be brief.")
    assert cast.team.parameters == {"thinking": {"budget": 500}, "top_p": 0.5}


def test_every_choice_in_the_administration_is_among_those_offered(
    alice: Client, cast: Cast, model: LanguageModel
) -> None:
    Budget.objects.create(kind="key", target=uuid4(), period="month", hard=1)
    fields = [
        field
        for registered in admin.site._registry
        if (row := registered._default_manager.first())
        for field in alice.get(page(registered, "change", row.pk)).context["adminform"].form
        if isinstance(field.field, ChoiceField) and not isinstance(field.field, ModelChoiceField) and field.value()
    ]
    assert len(fields) >= 4
    assert [field.name for field in fields if not field.field.valid_value(field.value())] == []
