"""A deployment's page says in words what it was found to refuse, and lets an administrator forget it."""

import pytest
from django.test import Client
from django.urls import reverse

from providers.admin.lessons import described
from providers.models import AuditEntry, Deployment, LanguageModel


@pytest.fixture
def deployment(model: LanguageModel) -> Deployment:
    deployment = model.deployments.get()
    deployment.learn(["no:temperature", "range:max_tokens=1..8192"], (), {"no:temperature": "temperature: <no>"})
    return deployment


@pytest.mark.usefixtures("static_files")
def test_the_page_says_it_and_forgets_one_or_all(admin_client: Client, deployment: Deployment) -> None:
    page = reverse("admin:providers_deployment_change", args=[deployment.pk])
    told = admin_client.get(page).content.decode()
    assert "“temperature” is left out." in told
    assert "“max_tokens” is kept within 1 – 8192." in told
    assert "temperature: &lt;no&gt;" in told
    forget = reverse("admin:providers_deployment_forget", args=[deployment.pk])
    for quirk, left in (("no:temperature", ["range:max_tokens=1..8192"]), ("all", [])):
        assert admin_client.post(forget, {"quirk": quirk}).headers["Location"] == page
        deployment.refresh_from_db()
        assert (deployment.learnt, list(deployment.lessons)) == (left, left)
    assert [entry.after for entry in AuditEntry.objects.filter(subject=str(deployment.pk)).order_by("id")] == [
        {"learnt": ["range:max_tokens=1..8192"]},
        {"learnt": []},
    ]
    assert admin_client.get(forget).status_code == 405


def test_every_quirk_has_words() -> None:
    quirks = ("no:seed=3", "levels:reasoning_effort=low,high", "either:temperature,top_p", "no:system", "unheard-of")
    assert described("range:n=..4") == "“n” is kept within ≤ 4."
    assert described("levels:reasoning_effort=low,high").endswith("nearest of these: low, high.")
    assert all("%" not in described(quirk) and described(quirk) for quirk in quirks)
