"""The switch of web search: offered where every deployment has a form for it, chosen by an administrator."""

import pytest
from django.core.exceptions import ValidationError

from conversations.views import composer
from providers.client.route import route_of
from providers.models import Deployment, Endpoint, LanguageModel

pytestmark = pytest.mark.django_db


def deployment(model: LanguageModel, name: str, base_url: str) -> Deployment:
    endpoint = Endpoint.objects.create(name=name, wire="openai", base_url=base_url)
    return model.deployments.create(endpoint=endpoint, vendor_id="qwen-plus")


def offers(model: LanguageModel) -> bool:
    return "web_search" in composer._choice(LanguageModel.objects.get(pk=model.pk))["parameters"]


def test_a_model_offers_it_where_all_its_deployments_can() -> None:
    model = LanguageModel.objects.create(name="qwen")
    deployment(model, "Alibaba", "https://dashscope.aliyuncs.com/compatible-mode/v1")
    assert offers(model)
    other = deployment(model, "Elsewhere", "https://gateway.example/v1")
    assert not offers(model)
    other.web_search = "tools:web_search"
    other.full_clean()
    other.save()
    assert offers(model)
    assert route_of(other).address.web_search == "tools:web_search"
    Deployment.objects.filter(pk=other.pk).update(web_search="off")
    assert not offers(model)
    Deployment.objects.filter(pk=other.pk).update(web_search="", wire="responses")
    assert offers(model)


def test_a_form_of_another_protocol_is_refused() -> None:
    made = deployment(LanguageModel.objects.create(name="qwen"), "Elsewhere", "https://gateway.example/v1")
    for form in ("googleSearch", "no such form"):
        made.web_search = form
        with pytest.raises(ValidationError) as refused:
            made.full_clean()
        assert set(refused.value.message_dict) == {"web_search"}
