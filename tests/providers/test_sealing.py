"""Keys at rest: sealed, bound to their row, shown by their last characters only."""

import base64
import copy
import io
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.forms.models import model_to_dict

from providers.encryption import sealing
from providers.encryption.fields import Secret
from providers.encryption.sealing import Locked
from providers.models import ApiKey, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.sockets import Socket

OTHER = "sk-test-another-0123456789abcd"


def ring_key(byte: bytes) -> str:
    return base64.urlsafe_b64encode(byte * 32).decode().rstrip("=")


@pytest.fixture
def key(transactional_db: None) -> ApiKey:
    endpoint = Endpoint.objects.create(name="E", wire="openai", base_url="https://vendor.example/v1")
    return ApiKey.objects.create(endpoint=endpoint, secret=CANARY)


def stored(key: ApiKey) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM providers_apikey WHERE id = %s", [key.pk.hex])
        return str(cursor.fetchone()[0])


def store(key: ApiKey, token: str) -> ApiKey:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_apikey SET secret = %s WHERE id = %s", [token, key.pk.hex])
    return ApiKey.objects.get(pk=key.pk)


def test_a_key_is_sealed_at_rest_and_opens_again(key: ApiKey) -> None:
    token = stored(key)
    assert token.startswith("sealed1:")
    assert CANARY not in token
    assert ApiKey.objects.get().secret.reveal() == CANARY


def test_the_same_key_is_sealed_differently_each_time(key: ApiKey) -> None:
    first = stored(key)
    key.secret = CANARY
    key.save()
    assert stored(key) != first


def test_k05_swapped_rows_do_not_open(key: ApiKey) -> None:
    other = ApiKey.objects.create(endpoint=key.endpoint, secret=OTHER)
    mine, theirs = stored(key), stored(other)
    for row, token in ((key, theirs), (other, mine)):
        with pytest.raises(Locked):
            store(row, token).secret.reveal()
    assert store(key, mine).secret.reveal() == CANARY


def test_k05_no_flipped_bit_goes_unnoticed() -> None:
    token = sealing.seal(CANARY, "here")
    header, encoded = token.rsplit(":", 1)
    box = base64.b64decode(encoded)
    for at in range(len(box)):
        broken = box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]
        with pytest.raises(Locked):
            sealing.unseal(f"{header}:{base64.b64encode(broken).decode()}", "here")


def test_k05_a_changed_hint_goes_not_unnoticed() -> None:
    token = sealing.seal(CANARY, "here")
    assert sealing.hint(token) == "nary"
    with pytest.raises(Locked):
        sealing.unseal(token.replace(":nary:", ":yran:"), "here")


def test_k05_no_truncated_token_opens_or_breaks_anything() -> None:
    token = sealing.seal(CANARY, "here")
    for length in range(len("sealed1:"), len(token)):
        with pytest.raises(Locked):
            sealing.unseal(token[:length], "here")
        assert str(Secret(token[:length], "here")) in ("••••", "••••nary")


def test_k05_an_unknown_key_id_does_not_open(settings: Any) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"a")]
    token = sealing.seal(CANARY, "here")
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"b")]
    with pytest.raises(Locked):
        sealing.unseal(token, "here")


def test_an_older_key_of_the_ring_still_opens_and_the_newest_seals(settings: Any) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"a")]
    old = sealing.seal(CANARY, "here")
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"b"), ring_key(b"a")]
    assert sealing.unseal(old, "here") == CANARY
    new = sealing.seal(CANARY, "here")
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"b")]
    assert sealing.unseal(new, "here") == CANARY


@pytest.mark.parametrize("ring", [[], ["short"], ["!" * 43], [ring_key(b"a"), ""]])
def test_k07_a_ring_that_is_none_is_said_to_be_none(settings: Any, ring: list[str]) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = ring
    with pytest.raises(ImproperlyConfigured):
        sealing.seal(CANARY, "here")


def test_k04_no_copy_of_a_row_shows_the_key(key: ApiKey) -> None:
    key = ApiKey.objects.get()
    shown = [
        repr(key.secret),
        str(key),
        f"{key.secret!s} {key.secret!r}",
        repr(model_to_dict(key)),
        repr(list(ApiKey.objects.values())),
        repr(list(ApiKey.objects.values_list("secret", flat=True))),
        repr(vars(key)),
        repr(vars(copy.deepcopy(key))),
        repr(pickle.dumps(key)),
        repr(pickle.dumps(key.secret)),
        repr(pickle.dumps(list(ApiKey.objects.values()))),
        json.dumps(model_to_dict(key), default=str),
    ]
    assert not [text for text in shown if CANARY in text]
    assert str(key.secret) == "••••nary"


def test_k04_a_handle_outside_its_row_never_opens(key: ApiKey) -> None:
    handle = ApiKey.objects.values_list("secret", flat=True).get()
    with pytest.raises(Locked):
        handle.reveal()


def test_k08_a_short_key_shows_nothing_of_itself(key: ApiKey) -> None:
    key.secret = "short-key"
    assert str(key.secret) == "••••"


def test_a_key_that_looks_sealed_is_sealed_all_the_same(key: ApiKey) -> None:
    key.secret = "sealed1:not-really"
    key.save()
    read = ApiKey.objects.get()
    assert str(read.secret).startswith("••••")
    assert read.secret.reveal() == "sealed1:not-really"


def test_k04_a_dump_holds_no_key_and_can_be_loaded_again(key: ApiKey, tmp_path: Any) -> None:
    dump = io.StringIO()
    call_command("dumpdata", "providers", stdout=dump)
    assert CANARY not in dump.getvalue()
    (tmp_path / "dump.json").write_text(dump.getvalue())
    Endpoint.objects.all().delete()
    call_command("loaddata", tmp_path / "dump.json", verbosity=0)
    assert ApiKey.objects.get(pk=key.pk).secret.reveal() == CANARY


def test_k07_with_the_wrong_ring_the_site_runs_and_replies_say_why(
    cast: Cast, model: LanguageModel, connect: Callable[..., Socket], sign_in: Callable[..., Any], settings: Any
) -> None:
    before = stored(ApiKey.objects.get())
    settings.CHATSITE_ENCRYPTION_KEYS = [ring_key(b"wrong")[:43]]
    assert sign_in(cast.alice).get("/admin/providers/apikey/").status_code == 200
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="Hi", models=[model.id])
    finished = alice.event("message.finished")["message"]
    assert (finished["status"], finished["error"]["code"]) == ("failed", "key_refused")
    assert stored(ApiKey.objects.get()) == before
