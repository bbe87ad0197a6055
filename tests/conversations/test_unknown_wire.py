"""An endpoint whose wire, or place of the key, only a later version knows, whose code was then taken back."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from conversations.models import User
from conversations.usage.explain_access import why
from providers.checks import By, findings
from providers.models import Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast, serve
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.providers.administering import page
from tests.sockets import Socket
from tests.vendor_replies import openai_stream

SignIn = Callable[[User], Client]
UNKNOWN = pytest.mark.parametrize("field", ["wire", "key_placement"])


@pytest.fixture
def later(model: LanguageModel, field: str) -> Endpoint:
    """Return the model's endpoint as a later version may leave it."""
    Endpoint.objects.update(**{field: "pigeon"})
    return Endpoint.objects.get()


@pytest.mark.usefixtures("static_files")
@UNKNOWN
def test_the_pages_are_there(cast: Cast, later: Endpoint, field: str) -> None:
    client = Client()
    client.force_login(cast.alice)
    assert "parrot" in client.get("/").content.decode()
    for address in (page(Endpoint, "changelist"), page(Endpoint, "change", later.pk), reverse("admin:index")):
        assert client.get(address).status_code == 200
    listed = client.get(reverse("admin:providers_endpoint_models", args=[later.pk])).content.decode()
    assert "This version of Chatsite does not know “pigeon”, the" in listed


@UNKNOWN
def test_a_question_is_told_so(
    cast: Cast, later: Endpoint, vendor: FakeVendor, connect: Callable[..., Socket], field: str
) -> None:
    alice = connect(cast.alice)
    ask(alice, LanguageModel.objects.get())
    error = alice.event("message.finished")["message"]["error"]
    assert error["code"] == "vendor_down"
    assert "does not know “pigeon”" in error["text"]
    assert vendor.requests == []


@UNKNOWN
def test_another_endpoint_answers(
    cast: Cast, later: Endpoint, vendor: FakeVendor, connect: Callable[..., Socket], field: str
) -> None:
    other = serve(vendor, "openai", "other").deployments.get()
    Deployment.objects.filter(pk=other.pk).update(model=later.deployments.get().model, priority=2)
    vendor.script = lambda request: [openai_stream(["Here"])]
    alice = connect(cast.alice)
    ask(alice, LanguageModel.objects.get(name="parrot"))
    assert alice.event("message.finished")["message"]["text"] == "Here"


@UNKNOWN
def test_the_administration_says_so(cast: Cast, later: Endpoint, field: str) -> None:
    said = f"{later.name}: This version of Chatsite does not know “pigeon”, the"
    assert said in " ".join(why(cast.alice, LanguageModel.objects.get()))
    for caller in (By.START, By.OVERVIEW, By.DOCTOR):
        assert any(str(finding.text).startswith(said) for finding in findings(caller))


@UNKNOWN
def test_the_commands_say_it(later: Endpoint, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("checkendpoint", later.name)
    said = capsys.readouterr().out
    assert "does not know “pigeon”" in said
    assert CANARY not in said
