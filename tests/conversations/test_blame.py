"""A refused question concerns its author alone: no other person waits for it, or reads the vendor's message."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client

from conversations import site_checks
from conversations.models import UsageRecord, User
from conversations.usage import key_probes
from providers import clock
from providers.client.route import route_of
from providers.endpoints.detection import QUESTION
from providers.errors import KeyRefused, VendorTimeout
from providers.models import ApiKey, Deployment, Endpoint, HealthEvent, LanguageModel, Trouble
from providers.pool import checks, cooldown
from tests.conftest import Cast
from tests.conversations.paying import Connect, finished
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, Step, close, default_reply, history

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}
SECRET = "the merger with Initech"
Answer = Callable[[Received], Sequence[Step]]

pytestmark = pytest.mark.usefixtures("_anew")


@pytest.fixture
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(key_probes, "_asked", {})
    yield
    until(lambda: not key_probes._calls._work_queue.qsize())


def refusal(status: int, message: str, code: str = "", head: dict[str, str] = JSON) -> Sequence[Step]:
    return [status, head, json.dumps({"error": {"message": message, "code": code}}).encode()]


REFUSALS: dict[str, Sequence[Step]] = {
    "no permission": refusal(403, f"You may not ask about {SECRET}", "permission_denied"),
    "no word of the key": refusal(403, f"You may not ask about {SECRET}"),
    "too large for what is left": refusal(403, f"{SECRET}: too large", "pre_consume_token_quota_failed"),
    "a fault of a server": refusal(500, "Internal server error", "server_error"),
    "a page of a server's fault": [500, HTML, f"<html>Error at: {SECRET}</html>".encode()],
    "a server that falls over": [200, {"Content-Type": "text/event-stream"}, close],
    "a firewall's page": [403, HTML, f"<html>Forbidden: {SECRET}</html>".encode()],
    "a firewall's line": [403, {"Content-Type": "text/plain"}, b"error code: 1010"],
    "a page to sign in": [401, HTML, b"<!DOCTYPE html><title>Sign in</title>"],
    "a key of the gateway's own": refusal(
        401, f"litellm.AuthenticationError: OpenAIException - {SECRET}: wrong API key"
    ),
    "a line that names the key": [401, {"Content-Type": "text/plain"}, b"Invalid API key"],
}


def only(refused: Sequence[Step], when: str = SECRET) -> Answer:
    """Refuse questions with this text, and answer all others."""
    return lambda request: refused if when in history(request)[-1] else default_reply(request)


def plain(vendor: FakeVendor) -> list[Received]:
    return [request for request in vendor.requests if history(request) == [QUESTION]]


LIMITS: dict[str, str] = {
    "Groq": "Rate limit reached for model `parrot` in organization `org_x` on tokens per minute (TPM): Limit 100.",
    "OpenRouter, Aculeasis/openrouter-proxy#1": "parrot is temporarily rate-limited upstream. Please retry shortly.",
    "Mistral, without the model's name": "Requests rate limit exceeded",
}
"""A vendor's sentences of a limit that is a model's."""


@pytest.mark.parametrize("sentence", LIMITS.values(), ids=LIMITS)
def test_a_limit_of_one_model_delays_no_other_model(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sentence: str
) -> None:
    owl, endpoint = LanguageModel.objects.create(name="owl"), Endpoint.objects.get()
    Deployment.objects.create(model=owl, endpoint=endpoint, vendor_id="owl")
    limited: Sequence[Step] = [
        429,
        {**JSON, "Retry-After": "500"},
        json.dumps({"error": {"message": sentence}}).encode(),
    ]
    vendor.script = lambda call: limited if call.json["model"] == "parrot" else default_reply(call)
    alice, bob = connect(cast.alice), connect(cast.bob)
    ask(alice, model)
    assert finished(alice)["error"]["code"] == "rate_limited"
    ask(bob, owl)
    assert finished(bob)["status"] == "complete"
    ask(bob, model)
    assert finished(bob)["error"]["code"] == "rate_limited", "the model's limit is everybody's"
    assert len(vendor.requests) == 2
    parrot = Deployment.objects.get(model=model)
    assert Trouble.objects.get().subject == cooldown.pair_of(ApiKey.objects.get().pk, parrot.pk)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_question_that_is_refused_is_nobody_elses_outage(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    vendor.script = only(REFUSALS[name])
    alice, bob = connect(cast.alice), connect(cast.bob)
    ask(alice, model, f"What of {SECRET}?")
    assert finished(alice)["error"]["code"] in ("key_refused", "quota", "vendor_down", "cut_off")
    until(lambda: UsageRecord.objects.filter(user=None).exists())
    ask(bob, model, "Hello")
    assert finished(bob)["status"] == "complete"
    assert not Trouble.objects.exists()
    assert not HealthEvent.objects.exists()
    assert len(plain(vendor)) == 1
    assert SECRET not in plain(vendor)[0].body.decode()


def test_words_of_a_question_that_a_refusal_quotes_take_no_key(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    words = "rate limit: insufficient balance, try again in 9h"
    vendor.script = only(refusal(400, f"Cannot read: {words}"), words)
    alice, bob = connect(cast.alice), connect(cast.bob)
    ask(alice, model, f"What is {words}?")
    assert finished(alice)["status"] == "failed"
    until(lambda: UsageRecord.objects.filter(user=None).exists())
    ask(bob, model, "Hello")
    assert finished(bob)["status"] == "complete"
    assert not Trouble.objects.exists()
    assert not HealthEvent.objects.exists()
    assert len(plain(vendor)) == 1


@pytest.mark.parametrize("name", ["no permission", "too large for what is left"])
def test_what_a_plain_call_is_refused_too_rests_with_that_model_only(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    refused = REFUSALS[name]
    vendor.script = lambda request: refused if request.json["model"] == "parrot" else default_reply(request)
    other = LanguageModel.objects.create(name="owl")
    Deployment.objects.create(model=other, endpoint=Endpoint.objects.get(), vendor_id="owl")
    alice, bob = connect(cast.alice), connect(cast.bob)
    ask(alice, model, f"What of {SECRET}?")
    finished(alice)
    until(Trouble.objects.exists)
    pair = cooldown.pair_of(ApiKey.objects.get().pk, Deployment.objects.get(model=model).pk)
    assert Trouble.objects.get().subject == pair
    ask(bob, other)
    assert finished(bob)["status"] == "complete"
    asked = len(vendor.requests)
    ask(bob, model)
    assert finished(bob)["error"]["code"] in ("key_refused", "quota")
    assert len(vendor.requests) == asked


@pytest.mark.parametrize("name", ["a firewall's page", "a firewall's line", "a page to sign in"])
def test_a_page_that_everybody_gets_rests_the_endpoint_and_never_a_key(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    vendor.script = lambda _: REFUSALS[name]
    alice = connect(cast.alice)
    ask(alice, model)
    told = finished(alice)["error"]
    assert told["code"] == "vendor_down"
    assert "page came instead" in told["text"]
    until(Trouble.objects.exists)
    assert (Trouble.objects.get().subject, Trouble.objects.get().code) == (Endpoint.objects.get().pk, "vendor_down")


def test_a_page_that_tells_to_wait_rests_the_endpoint(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: [429, {**HTML, "Retry-After": "500"}, b"<html>slowly</html>"]
    alice = connect(cast.alice)
    ask(alice, model)
    assert finished(alice)["error"]["code"] == "rate_limited"
    assert Trouble.objects.get().subject == Endpoint.objects.get().pk


def test_a_key_that_is_plainly_refused_rests_at_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: refusal(401, "Incorrect API key provided", "invalid_api_key")
    alice = connect(cast.alice)
    ask(alice, model)
    finished(alice)
    assert Trouble.objects.get().subject == ApiKey.objects.get().pk
    assert plain(vendor) == []


@pytest.mark.parametrize("answer", [refusal(401, "Incorrect API key provided"), refusal(402, "You have no money")])
def test_the_last_key_is_asked_again_by_the_next_question_some_seconds_later(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, answer: Sequence[Step]
) -> None:
    vendor.script = lambda _: answer
    alice, bob = connect(cast.alice), connect(cast.bob)
    ask(alice, model)
    finished(alice)
    ask(bob, model)
    assert finished(bob)["status"] == "failed"
    assert len(vendor.requests) == 1, "not at once: others may ask in the same second"
    HealthEvent.objects.update(at=clock.now() - timedelta(seconds=11))
    ask(bob, model)
    assert finished(bob)["status"] == "failed"
    assert (len(vendor.requests), Trouble.objects.get().failures) == (2, 2)
    HealthEvent.objects.update(at=clock.now() - timedelta(seconds=11))
    vendor.script = default_reply
    ask(bob, model)
    assert finished(bob)["status"] == "complete"
    assert not Trouble.objects.exists()


def test_many_refused_questions_make_one_plain_call_a_minute(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = only(REFUSALS["no permission"])
    alice = connect(cast.alice)
    for number in range(5):
        ask(alice, model, f"{number}: what of {SECRET}?")
        finished(alice)
    until(lambda: UsageRecord.objects.filter(user=None).exists())
    assert len(plain(vendor)) == 1


QUESTION_OF_ONE = "What of it?"
TROUBLES: dict[str, tuple[Sequence[Step], str, bool]] = {
    "refused": (refusal(401, f"No key for {SECRET}"), "key_refused", True),
    "refused, perhaps for this question": (REFUSALS["no permission"], "", False),
    "quota": (refusal(402, f"No money for {SECRET}"), "quota", True),
    "quota, perhaps for this question": (REFUSALS["too large for what is left"], "", False),
    "limited": ([429, {**JSON, "Retry-After": "800"}, refusal(429, f"Too much of {SECRET}")[2]], "rate_limited", False),
    "no such model": (refusal(404, f"No model for {SECRET}"), "", False),
    "too slow": (refusal(504, f"No time for {SECRET}", "deadline_exceeded"), "vendor_timeout", False),
    "blocked": (refusal(400, f"Not about {SECRET}", "content_filter"), "", False),
    "a bad request": (refusal(400, f"Do not understand {SECRET}"), "", False),
}
"""The vendor's answer to one question, the code of what rests then, and whether administrators read the answer."""


@pytest.mark.parametrize("name", TROUBLES)
def test_what_a_vendor_said_of_a_question_is_shown_to_who_asked_and_to_nobody_else(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    sign_in: Callable[[User], Client],
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    answer, code, is_shown = TROUBLES[name]
    vendor.script = only(answer, QUESTION_OF_ONE)
    carol, bob = connect(cast.carol), connect(cast.bob)
    ask(carol, model, QUESTION_OF_ONE)
    assert SECRET in finished(carol)["error"]["text"]
    assert [trouble.code for trouble in Trouble.objects.all()] == [code] * bool(code)
    ask(bob, model)
    told = finished(bob)
    if code == "vendor_timeout":  # no key's fault: the next question tries the only endpoint, and ends its trouble
        cooldown.mark_failed(Endpoint.objects.get().pk, VendorTimeout(SECRET), cast.bob.pk)
    elif code:
        assert told["error"]["code"] == code
    assert (told["status"] == "complete") == (code in ("", "vendor_timeout"))
    assert SECRET not in json.dumps(bob.frames)
    kept = {"providers_trouble.text", "providers_healthevent.text"} if is_shown else set()
    assert columns_with(SECRET) == {"conversations_message.error_text", *kept}
    pages = "".join(read(sign_in(cast.alice), page) for page in pages_of_administrators(model))
    assert (SECRET in pages) == is_shown
    findings = str([check.answer() for check in (*site_checks.CHECKS, *checks.CHECKS)])
    assert (SECRET in findings) == is_shown
    assert SECRET not in caplog.text + str([str(letter.message()) for letter in mail.outbox])


def columns_with(words: str) -> set[str]:
    """Return the columns of the whole database that hold these words."""
    return {
        f"{kind._meta.db_table}.{name}"
        for kind in apps.get_models()
        for row in kind._default_manager.values()
        for name, value in row.items()
        if words in str(value)
    }


def pages_of_administrators(model: LanguageModel) -> list[str]:
    return [
        "/admin/",
        f"/admin/keys/{ApiKey.objects.get().pk}/",
        "/admin/providers/trouble/",
        "/admin/providers/auditentry/",
        "/admin/conversations/usagerecord/",
        "/admin/scoreboard/",
        f"/admin/access/?person=bob&model={model.pk}&team=",
    ]


def read(client: Client, page: str) -> str:
    response = client.get(page)
    assert response.status_code == 200, page
    return response.content.decode()


def test_what_was_kept_before_is_forgotten_by_an_upgrade(cast: Cast, model: LanguageModel) -> None:
    reason, endpoint = "The vendor is not available at the moment.", Endpoint.objects.get()
    for kind in (HealthEvent.Kind.COOLED, HealthEvent.Kind.TESTED):
        HealthEvent.note(endpoint.pk, kind, code="vendor_down", text=f"{reason} It said: {SECRET}")
    HealthEvent.note(endpoint.pk, HealthEvent.Kind.COOLED, code="vendor_down", text=reason)
    now = clock.now()
    Trouble.objects.create(subject=endpoint.pk, text=f"{reason} It said: {SECRET}", since=now, cooling_until=now)
    import_module("providers.migrations.0014_forget_words_about_questions").forget_quotes(apps, None)
    assert Trouble.objects.get().text == reason
    texts = HealthEvent.objects.order_by("pk").values_list("text", flat=True)
    assert list(texts) == [reason, f"{reason} It said: {SECRET}", reason], "a test has nobody's words"


def test_a_key_that_rests_with_one_model_is_told_to_administrators(
    cast: Cast, model: LanguageModel, sign_in: Callable[[User], Client]
) -> None:
    key, deployment = ApiKey.objects.get(), Deployment.objects.get()
    other = ApiKey.objects.create(endpoint=key.endpoint, secret="sk-test-second-0123456789")
    for one in (key, other):
        refused = KeyRefused(f"no access with {one.pk}").doubted(True)
        cooldown.mark_refused_plainly(route_of(deployment, one), refused, one.pk)
    admin = sign_in(cast.alice)
    for page in ("/admin/", "/admin/providers/trouble/", f"/admin/keys/{key.pk}/"):
        assert f"no access with {key.pk}" in admin.get(page).content.decode(), page
    cooldown.reset([key.pk])
    assert Trouble.objects.get().subject == cooldown.pair_of(other.pk, deployment.pk)
    cooldown.reset([deployment.pk])
    assert not Trouble.objects.exists()
