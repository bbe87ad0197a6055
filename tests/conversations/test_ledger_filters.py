"""The ledger filtered by person, team, model and key; a filter keeps the others."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations.models import UsageRecord
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_reports import call
from tests.providers.administering import alice, assert_is_safe

__all__ = ["alice", "call"]

pytestmark = pytest.mark.usefixtures("static_files")
LEDGER = reverse("admin:conversations_usagerecord_changelist")
FIELDS = ["user", "team", "model", "key"]


def listed(client: Client, **query: str) -> set[UsageRecord]:
    return set(client.get(LEDGER, query).context["cl"].result_list)


@pytest.mark.parametrize("field", FIELDS)
def test_it_is_filtered_by_each(
    alice: Client, cast: Cast, model: LanguageModel, call: Callable[..., Any], field: str
) -> None:
    one = call(user=cast.bob, team=cast.team)
    others = {"user": cast.carol, "team": None, "model": None, "key": None}
    call(**{"user": cast.bob, "team": cast.team, field: others[field]})
    name = f"{field}__id__exact"
    shown = alice.get(LEDGER)
    assert_is_safe(shown)
    text = shown.content.decode()
    value = str(getattr(one, f"{field}_id"))
    assert f'<select name="{name}"' in text
    assert f'<option value="{value}"' in text
    assert listed(alice, **{name: value}) == {one}
    assert listed(alice, **{name: str(uuid4())}) == listed(alice, **{name: "nonsense"}) == set()


def test_nothing_is_counted_for_each_choice(alice: Client, cast: Cast, call: Callable[..., Any]) -> None:
    call(user=cast.bob)
    with CaptureQueriesContext(connection) as asked:
        alice.get(LEDGER, {"_facets": "True"})
    counting = [one["sql"] for one in asked if 'COUNT("conversations_usagerecord"' in one["sql"]]
    assert counting == []


def test_a_filter_keeps_the_others(alice: Client, cast: Cast, call: Callable[..., Any]) -> None:
    call(user=cast.bob, team=cast.team)
    text = alice.get(LEDGER, {"days": "7", "user__id__exact": str(cast.bob.pk)}).content.decode()
    assert f'<option value="{cast.bob.pk}" selected' in text
    assert text.count('<input type="hidden" name="days" value="7">') == len(FIELDS)
    assert text.count(f'<input type="hidden" name="user__id__exact" value="{cast.bob.pk}">') == len(FIELDS) - 1
