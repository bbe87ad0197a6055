"""The list of a person's models: its order, favourites, and what rests."""

from datetime import timedelta

import pytest
from django.test import Client

from conversations.models import Conversation
from providers import clock
from providers.families import family_of
from providers.models import ApiKey, LanguageModel, Trouble
from tests.conftest import Cast
from tests.conversations.test_teams import enter


def listed(person: Client, query: str = "") -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in person.get(f"/api/v1/models{query}").json()}


def rest(subject: object) -> None:
    now = clock.now()
    fields = {"code": "vendor_down", "text": "", "since": now, "cooling_until": now + timedelta(minutes=5)}
    Trouble.objects.create(subject=getattr(subject, "pk", subject), **fields)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-5-mini", "GPT"),
        ("o3", "GPT"),
        ("Pro/deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "DeepSeek"),
        ("aws-claude-opus-4", "Claude"),
        ("parrot", ""),
    ],
)
def test_a_family_is_told_by_its_first_known_word(name: str, family: str) -> None:
    assert family_of(name) == family


def test_names_stand_in_natural_order(cast: Cast, model: LanguageModel) -> None:
    endpoint = model.deployments.get().endpoint
    for name in ("gpt-10", "GPT-9", "gpt-9-mini", "4o"):
        LanguageModel.objects.create(name=name).deployments.create(endpoint=endpoint, vendor_id=name)
    assert list(listed(enter(cast.alice))) == ["4o", "GPT-9", "gpt-9-mini", "gpt-10", "parrot"]


def test_a_favourite_is_one_person_s(cast: Cast, model: LanguageModel) -> None:
    alice, bob = enter(cast.alice), enter(cast.bob)
    assert alice.put(f"/api/v1/models/{model.pk}/favourite").status_code == 204
    assert listed(alice)["parrot"]["favourite"]
    assert not listed(bob)["parrot"]["favourite"]
    assert alice.delete(f"/api/v1/models/{model.pk}/favourite").status_code == 204
    assert not listed(alice)["parrot"]["favourite"]
    model.enabled = False
    model.save()
    assert alice.put(f"/api/v1/models/{model.pk}/favourite").status_code == 404


def test_a_model_rests_when_no_way_to_it_is_open(cast: Cast, model: LanguageModel) -> None:
    alice, endpoint = enter(cast.alice), model.deployments.get().endpoint
    other = ApiKey.objects.create(endpoint=endpoint, secret="other")
    rest(endpoint.keys.exclude(pk=other.pk).get())
    assert listed(alice)["parrot"]["rests_until"] is None
    rest(other)
    assert listed(alice)["parrot"]["rests_until"]
    key = ApiKey.objects.create(endpoint=endpoint, secret="the team's")
    cast.team.api_keys.add(key)
    assert listed(alice)["parrot"]["rests_until"]
    assert listed(alice, f"?team={cast.team.pk}")["parrot"]["rests_until"] is None


def test_the_models_of_late_are_the_conversations(cast: Cast, model: LanguageModel) -> None:
    other = LanguageModel.objects.create(name="zebra")
    for one in (other, model, model):
        Conversation.objects.create(owner=cast.alice, model=one)
    Conversation.objects.create(owner=cast.bob, model=other)
    assert Conversation.objects.recent_models_of(cast.alice) == [model.pk, other.pk]
