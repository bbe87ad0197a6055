"""A key's page: its timeline, and tests, rotation and switching that hold at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from conversations.admin.keys.timeline import timeline
from conversations.models import UsageRecord, User
from conversations.reporting.names import OUTCOMES
from conversations.reporting.periods import Period
from conversations.usage.daily_sums import SUCCESS_OUTCOMES
from providers import errors
from providers.errors import KeyRefused, RateLimited
from providers.models import ApiKey, Deployment, HealthEvent, LanguageModel, Trouble
from providers.pool import cooldown
from tests.clock import Clock
from tests.conftest import CANARY, Cast
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import hold, openai_end, openai_event, openai_stream

NEW_KEY = "sk-test-another-0123456789wxyz"
Kind = HealthEvent.Kind

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def key(model: LanguageModel) -> ApiKey:
    return ApiKey.objects.select_related("endpoint").get()


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def kinds(key: ApiKey) -> list[str]:
    return list(HealthEvent.objects.filter(subject=key.pk).order_by("id").values_list("kind", flat=True))


def address(key: ApiKey, deed: str = "") -> str:
    return reverse(f"{deed}-key" if deed else "key", args=[key.pk])


@pytest.mark.parametrize("deed", ["test", "rotate", "switch"])
def test_who_may_only_look_changes_nothing(cast: Cast, key: ApiKey, vendor: FakeVendor, deed: str) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    bob = Client()
    bob.force_login(cast.bob)
    assert bob.get(address(key)).status_code == 403
    cast.bob.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    page = bob.get(address(key))
    assert page.status_code == 200
    assert b'<form method="post" action="/admin/keys/' not in page.content
    assert bob.post(address(key, deed), {"new_key": NEW_KEY, "on": "no"}).status_code == 403
    assert bob.get(address(key, deed)).status_code in (403, 405)
    key.refresh_from_db()
    assert (key.enabled, key.secret.reveal()) == (True, CANARY)
    assert vendor.requests == []


def test_a_key_is_rotated_in_place(alice: Client, key: ApiKey) -> None:
    cooldown.mark_failed(key.pk, KeyRefused("no"), key.pk)
    response = alice.post(address(key, "rotate"), {"new_key": NEW_KEY}, follow=True)
    assert response.status_code == 200
    assert NEW_KEY not in response.content.decode()
    before = key.fingerprint
    key.refresh_from_db()
    assert (key.secret.reveal(), str(key.secret)) == (NEW_KEY, "••••wxyz")
    assert key.fingerprint not in ("", before)
    assert not Trouble.objects.exists()
    assert kinds(key) == [Kind.COOLED, Kind.RETURNED, Kind.ROTATED]
    assert LogEntry.objects.get().object_id == str(key.pk)


@pytest.mark.parametrize("value", ["", "two words", "schlüssel", "x" * 5000])
def test_what_is_no_key_changes_nothing(alice: Client, key: ApiKey, value: str) -> None:
    response = alice.post(address(key, "rotate"), {"new_key": value})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    key.refresh_from_db()
    assert key.secret.reveal() == CANARY


def test_the_key_of_another_row_is_refused(alice: Client, key: ApiKey) -> None:
    ApiKey.objects.create(endpoint=key.endpoint, name="twin", secret=NEW_KEY)
    response = alice.post(address(key, "rotate"), {"new_key": NEW_KEY})
    assert "stored here already" in response.content.decode()


def test_the_next_reply_uses_the_new_value(
    cast: Cast,
    sign_in: Callable[[User], Client],
    key: ApiKey,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
) -> None:
    sign_in(cast.alice).post(address(key, "rotate"), {"new_key": NEW_KEY})
    socket = connect(cast.alice)
    ask(socket, model)
    socket.event("message.finished")
    assert vendor.requests[-1].headers["Authorization"] == f"Bearer {NEW_KEY}"


def test_a_key_is_switched_off_and_on(alice: Client, key: ApiKey) -> None:
    alice.post(address(key, "switch"), {"on": "no"})
    key.refresh_from_db()
    assert not key.enabled
    alice.post(address(key, "switch"), {"on": "yes"})
    key.refresh_from_db()
    assert key.enabled
    assert kinds(key) == [Kind.DISABLED, Kind.ENABLED]


def test_changes_in_the_form_are_on_the_timeline(alice: Client, key: ApiKey) -> None:
    form = {"name": "main", "new_key": NEW_KEY, "priority": 1, "weight": 1}
    assert alice.post(reverse("admin:providers_apikey_change", args=[key.pk]), form).status_code == 302
    assert kinds(key) == [Kind.ROTATED, Kind.DISABLED]


def test_the_timeline_tells_what_happened(
    cast: Cast,
    sign_in: Callable[[User], Client],
    key: ApiKey,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
) -> None:
    vendor.play([429, {"Retry-After": "0"}, b"{}"], [openai_stream(["Hello"])])
    socket = connect(cast.alice)
    ask(socket, model)
    socket.event("message.finished")
    entries = timeline(key, Period.until_today())
    assert [entry.event.kind for entry in entries if entry.event] == [Kind.RETURNED, Kind.COOLED]
    (day,) = (entry.day for entry in entries if entry.day)
    assert (day.calls, day.errors) == (2, 1)
    page = sign_in(cast.alice).get(address(key)).content.decode()
    assert "requests 2, errors 1" in page
    assert "••••nary" in page
    assert CANARY not in page


def test_events_are_forgotten_after_some_months(key: ApiKey, clock: Clock) -> None:
    HealthEvent.note(key.pk, Kind.ROTATED)
    HealthEvent.remove_old()
    assert kinds(key) == [Kind.ROTATED]
    clock.turn(timedelta(days=91).total_seconds())
    HealthEvent.remove_old()
    assert kinds(key) == []


def test_only_a_change_of_state_is_an_event(key: ApiKey, clock: Clock) -> None:
    cooldown.reset([key.pk])
    assert kinds(key) == []
    cooldown.mark_failed(key.pk, RateLimited(), key.pk)
    cooldown.mark_failed(key.pk, RateLimited(), key.pk)
    assert kinds(key) == [Kind.COOLED], "the second call had begun before the first failed"


# --- Test now -------------------------------------------------------------------------------------------------------


@pytest.fixture
def test_now(site: str, sign_in: Callable[[User], Client], cast: Cast, key: ApiKey) -> Callable[..., requests.Response]:
    """Ask for a test as a browser does; the answer is read as it comes."""
    cookies = {
        django_settings.SESSION_COOKIE_NAME: sign_in(cast.alice).cookies["sessionid"].value,
        "csrftoken": "a" * 32,
    }

    def post(**fields: Any) -> requests.Response:
        form = {"deployment": str(Deployment.objects.get().pk), "csrfmiddlewaretoken": "a" * 32, **fields}
        return requests.post(site + address(key, "test"), form, cookies=cookies, stream=True, timeout=20)

    return post


def test_the_answer_appears_as_it_comes(
    test_now: Callable[..., requests.Response], key: ApiKey, vendor: FakeVendor, cast: Cast
) -> None:
    vendor.play([openai_event("Hel<b>"), vendor.gate, openai_event("lo"), openai_end()])
    page = test_now()
    seen = b""
    for piece in page.iter_content(chunk_size=None):
        seen += piece
        if b"Hel&lt;b&gt;" in seen and not vendor.gate.is_set():
            assert b"It works" not in seen
            vendor.gate.set()
    text = seen.decode()
    assert vendor.gate.is_set()
    assert page.status_code == 200
    assert "Hel&lt;b&gt;lo" in text
    assert "It works" in text
    assert text.rstrip().endswith("</html>")
    assert CANARY not in text
    assert "unsafe-" not in page.headers["Content-Security-Policy"]
    row = UsageRecord.objects.get()
    assert (row.user, row.key_id, row.outcome, row.conversation.int) == (cast.alice, key.pk, "complete", 0)
    event = HealthEvent.objects.get()
    assert (event.kind, event.code, event.by) == (Kind.TESTED, "", cast.alice)


def test_a_key_that_works_is_back_at_once(
    test_now: Callable[..., requests.Response], key: ApiKey, vendor: FakeVendor
) -> None:
    cooldown.mark_failed(key.pk, KeyRefused(), key.pk)
    assert "It works" in test_now().text
    assert not Trouble.objects.exists()
    assert kinds(key) == [Kind.COOLED, Kind.RETURNED, Kind.TESTED]


def test_a_refusal_is_shown_and_remembered(
    test_now: Callable[..., requests.Response], key: ApiKey, vendor: FakeVendor
) -> None:
    vendor.play([401, b'{"error": {"message": "no such key <i>"}}'])
    text = test_now().text
    assert "The vendor refused the key. It said: no such key &lt;i&gt;" in text
    assert "It works" not in text
    assert Trouble.objects.get().subject == key.pk
    assert (kinds(key), HealthEvent.objects.last().code) == ([Kind.COOLED, Kind.TESTED], "key_refused")  # type: ignore[union-attr]
    assert UsageRecord.objects.get().outcome == "key_refused"


def test_how_a_call_ended_is_said_in_words(
    cast: Cast,
    test_now: Callable[..., requests.Response],
    key: ApiKey,
    vendor: FakeVendor,
    sign_in: Callable[[User], Client],
) -> None:
    assert set(OUTCOMES) == {*errors.CODES, *SUCCESS_OUTCOMES, "server_restarted", "unavailable"}
    vendor.play([401, b"{}"])
    assert "refused the key" in test_now().text
    cast.alice.language = "zh-hans"
    cast.alice.save()
    ledger = reverse("admin:conversations_usagerecord_changelist")
    one = reverse("admin:conversations_usagerecord_change", args=[UsageRecord.objects.get().pk])
    for page in (address(key), ledger, f"{ledger}?outcome=failed", one):
        shown = sign_in(cast.alice).get(page).content.decode()
        assert "密钥被拒绝" in shown, page
        assert "key_refused<" not in shown


@pytest.mark.parametrize("deployment", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_model_that_is_not_served_is_said(
    test_now: Callable[..., requests.Response], vendor: FakeVendor, deployment: str
) -> None:
    assert "serves no such model" in test_now(deployment=deployment).text
    assert vendor.requests == []


def test_who_leaves_hangs_up(test_now: Callable[..., requests.Response], vendor: FakeVendor, key: ApiKey) -> None:
    """Even while the vendor says nothing, and no piece of the page is made that would notice it."""
    vendor.play([openai_event("Hello"), hold])
    page = test_now()
    assert any(b"Hello" in piece for piece in page.iter_content(chunk_size=None))
    page.close()
    assert vendor.requests[0].hung_up.wait(10)
    until(lambda: HealthEvent.objects.filter(code="stopped").exists())
    assert UsageRecord.objects.get().outcome == "stopped"


def test_what_happened_is_told_in_the_language_of_who_reads_it(cast: Cast, key: ApiKey, alice: Client) -> None:
    cast.alice.language = "zh-hans"
    cast.alice.save()
    said = errors.KeyRefused(quote="no such key")
    cooldown.mark_failed(key.pk, said, holder=key.pk)
    cooldown.mark_failed(key.endpoint_id, errors.VendorDown(), holder=key.pk)
    for page in (address(key), "/admin/"):
        shown = alice.get(page).content.decode()
        assert "服务商拒绝了密钥。" in shown, page
        assert "no such key" in shown
        assert said.reason() not in shown
    assert errors.VendorDown().text not in alice.get("/admin/").content.decode()
