"""A new ring of encryption keys: everything is resealed, nothing is lost, and locked keys are reported."""

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from providers.encryption import rotation, sealing
from providers.models import ApiKey, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event


def ring_key(byte: bytes) -> str:
    return base64.urlsafe_b64encode(byte * 32).decode().rstrip("=")


OLD, NEW = ring_key(b"a"), ring_key(b"b")


@pytest.fixture
def keys(transactional_db: None, settings: Any, request: pytest.FixtureRequest) -> int:
    """Create many keys under the old encryption key, and return their number."""
    settings.CHATSITE_ENCRYPTION_KEYS = [OLD]
    count = 10_000 if request.config.getoption("--soak") else 500
    endpoint = Endpoint.objects.create(name="E", wire="openai", base_url="https://vendor.example/v1")
    ApiKey.objects.bulk_create(ApiKey(endpoint=endpoint, secret=f"{CANARY}{number}") for number in range(count))
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW, OLD]
    return count


def plain(key: ApiKey) -> str:
    return key.secret.reveal()  # type: ignore[no-any-return]


def rotate() -> str:
    said = io.StringIO()
    call_command("rotatekeys", stdout=said)
    return said.getvalue()


def test_k06_rotated_keys_open_without_the_old_encryption_key(keys: int, settings: Any) -> None:
    before = {key.pk: plain(key) for key in ApiKey.objects.all()}
    said = rotate()
    assert said.startswith(f"{keys} keys re-encrypted in ")
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW]
    assert {key.pk: plain(key) for key in ApiKey.objects.all()} == before
    assert rotation.problem() == ""
    assert ApiKey.objects.same_as(f"{CANARY}7").count() == 1
    assert rotate().startswith("0 keys")


def test_k06_a_rotation_that_was_killed_is_resumed(keys: int, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, rounds = rotation._store, []

    def killed(*arguments: Any) -> int:
        if rounds:
            raise KeyboardInterrupt
        rounds.append(1)
        return real(*arguments)

    monkeypatch.setattr(rotation, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    assert {plain(key)[: len(CANARY)] for key in ApiKey.objects.all()} == {CANARY}, "all open half-way"
    monkeypatch.undo()
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW, OLD]
    assert rotate().startswith(f"{keys - rotation.BATCH} keys re-encrypted")
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW]
    assert len([plain(key) for key in ApiKey.objects.all()]) == keys


def test_k06_a_key_that_is_changed_meanwhile_stays_changed(
    keys: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, first = rotation._store, ApiKey.objects.order_by("pk")[0]

    def late(*arguments: Any) -> int:
        first.secret = "a-newer-key-of-the-administrator"
        first.save()
        return real(*arguments)

    monkeypatch.setattr(rotation, "_store", late)
    rotate()
    assert plain(ApiKey.objects.get(pk=first.pk)) == "a-newer-key-of-the-administrator"


def test_k06_replies_stream_on_while_keys_are_rotated(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket], settings: Any
) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW, *settings.CHATSITE_ENCRYPTION_KEYS]
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    ask(alice, model)
    alice.event("message.delta")
    rotate()
    vendor.gate.set()
    assert alice.event("message.finished")["message"]["text"] == "Hello"
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW]
    ask(alice, model)
    assert alice.event("message.finished")["message"]["status"] == "complete"


def test_k07_what_no_encryption_key_opens_is_left_alone_and_told(keys: int, settings: Any, cast: Cast) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM providers_apikey ORDER BY id")
        before = cursor.fetchall()
        with pytest.raises(CommandError, match="cannot be opened"):
            rotate()
        cursor.execute("SELECT secret FROM providers_apikey ORDER BY id")
        assert cursor.fetchall() == before
    assert str(keys) in rotation.problem()
    settings.CHATSITE_ENCRYPTION_KEYS = [OLD]
    assert rotation.problem() == ""


@pytest.mark.parametrize("ring", [[], ["short"], ["!" * 43], [NEW]])
def test_k07_the_admin_says_that_keys_are_locked_and_stores_nothing_it_cannot_seal(
    cast: Cast, model: LanguageModel, sign_in: Callable[..., Client], settings: Any, ring: list[str]
) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = ring
    client = sign_in(cast.alice)
    for page in ("/admin/", "/admin/providers/apikey/"):
        assert "CHATSITE_ENCRYPTION_KEYS" in client.get(page).content.decode()
    endpoint = Endpoint.objects.get()
    form = {"endpoint": endpoint.pk, "name": "second", "new_key": "sk-test-second-0123456789", "enabled": "on"}
    stored = client.post("/admin/providers/apikey/add/", form).status_code == 302
    assert stored == (ring == [NEW])
    assert ApiKey.objects.filter(name="second").exists() == stored


@pytest.mark.parametrize("ring", [[], ["short"], [NEW]])
def test_k07_with_locked_keys_replies_fail_in_words(
    cast: Cast, model: LanguageModel, connect: Callable[..., Socket], settings: Any, ring: list[str]
) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = ring
    alice = connect(cast.alice)
    ask(alice, model)
    assert alice.event("message.finished")["message"]["error"]["code"] == "key_refused"


def test_k08_the_same_key_twice_is_noticed(
    cast: Cast, model: LanguageModel, sign_in: Callable[..., Client], settings: Any
) -> None:
    client, endpoint = sign_in(cast.alice), Endpoint.objects.get()
    form = {"endpoint": endpoint.pk, "name": "twin", "new_key": CANARY, "enabled": "on"}
    page = client.post("/admin/providers/apikey/add/", form).content.decode()
    assert "stored here already" in page
    assert CANARY not in page
    settings.CHATSITE_ENCRYPTION_KEYS = [NEW, *settings.CHATSITE_ENCRYPTION_KEYS]
    assert ApiKey.objects.same_as(CANARY).count() == 1, "under another encryption key, too"


def test_k08_a_fingerprint_tells_nothing_without_the_ring(keys: int) -> None:
    known = set(ApiKey.objects.values_list("fingerprint", flat=True))
    assert len(known) == keys
    assert not known & {sealing.hashlib.sha256(f"{CANARY}{number}".encode()).hexdigest()[:32] for number in range(keys)}
