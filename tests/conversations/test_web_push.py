"""Browsers that are told while no page is open: what is sent is theirs alone to read, and ends with their sign-in."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from conversations import actions
from conversations.actions.staff.leavers import end_access
from conversations.models import Installation, Message, Target, User
from conversations.models.notifications import notification
from conversations.notifications import web_push
from conversations.notifications.web_push import CURVE, decoded, encoded
from tests.conftest import Cast
from tests.conversations.test_own_keys import client_of
from tests.conversations.test_targets import mention, work
from tests.conversations.test_targets import target as webhook
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")
AUTH = bytes(range(16))
GONE = [410, b""]


class Subscribed:
    """A browser's side: its key, and how it reads what comes."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(CURVE)
        self.point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def fields(self, vendor: FakeVendor) -> dict[str, str]:
        return {"address": f"http://{vendor.host}/push/1", "key": encoded(self.point), "auth": encoded(AUTH)}

    def read(self, body: bytes) -> Any:
        """Decrypt as RFC 8291 has a browser do it."""
        salt, size, sender, record = body[:16], int.from_bytes(body[16:20]), body[21:86], body[86:]
        assert len(record) <= size == 4096
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        key = _derived(shared, AUTH, b"WebPush: info\0" + self.point + sender, 32)
        content = AESGCM(_derived(key, salt, b"Content-Encoding: aes128gcm\0", 16))
        text = content.decrypt(_derived(key, salt, b"Content-Encoding: nonce\0", 12), record, None)
        assert text[-1:] == b"\x02"
        return json.loads(text[:-1])


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)


@pytest.fixture
def bob(cast: Cast, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(notification, "GRACE", timedelta(0))
    vendor.script = lambda _request: [201, b""]
    return client_of(cast.bob)


def turn_on(client: Client, vendor: FakeVendor, **other: str) -> Subscribed:
    browser = Subscribed()
    answer = client.post("/account/notifications/browser/", browser.fields(vendor) | other, headers=CHROME)
    assert answer.headers["Location"] == "/account/notifications/"
    return browser


CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36"}


def test_the_published_example_is_encrypted_as_published() -> None:
    """Source: RFC 8291, section 5."""
    sender = ec.derive_private_key(int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), CURVE)
    receiver = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    salt, auth = decoded("DGv6ra1nlYgDCS1FRnbzlw"), decoded("BTBZMqHH6r4Tts7J_aSIgg")
    made = web_push.encrypted(b"When I grow up, I want to be a watermelon", decoded(receiver), auth, sender, salt)
    assert encoded(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_is_told_what_only_it_can_read_signed_by_the_site(
    bob: Client, cast: Cast, vendor: FakeVendor
) -> None:
    browser = turn_on(bob, vendor)
    conversation = mention(cast.alice, cast.bob, cast.team)
    work()
    (request,) = vendor.requests
    assert browser.read(request.body) == {
        "title": "alice mentioned you in “A plan”",
        "body": "",
        "tag": str(conversation.pk),
        "url": f"{settings.CHATSITE_ORIGINS[0]}/conversations/{conversation.pk}/{place_of(conversation.pk)}",
    }
    assert (request.headers["Content-Encoding"], request.headers["TTL"]) == ("aes128gcm", "86400")
    assert len(request.headers["Topic"]) == 32
    token, key = request.headers["Authorization"].removeprefix("vapid t=").split(", k=")
    assert f'data-push-key="{key}"' in bob.get("/account/notifications/").content.decode()
    signed, _dot, signature = token.rpartition(".")
    numbers = decoded(signature)
    site = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(key))
    r, s = int.from_bytes(numbers[:32]), int.from_bytes(numbers[32:])
    site.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
    claims = json.loads(decoded(signed.split(".")[1]))
    assert claims["aud"] == f"http://{vendor.host}"
    assert 0 < claims["exp"] - timezone.now().timestamp() < 24 * 3600


def place_of(conversation: object) -> str:
    said = Message.objects.get(conversation_id=conversation)
    return f"?at={said.pk}#message-{said.pk}"


def test_a_longest_title_and_text_in_any_script_fit_into_one_record() -> None:
    browser = Subscribed()
    fields = {"title": "🀄" * 999, "body": "🀄" * 999, "tag": "0" * 36, "url": "https://chat.example/" + "0" * 200}
    made = web_push.request("https://push.example/1", f"{encoded(browser.point)} {encoded(AUTH)}", fields, "t", 0)
    assert browser.read(made.body)["title"] == "🀄" * web_push.MAX_TITLE


@pytest.mark.parametrize(
    "how", ["signs out", "is ended elsewhere", "expires", "has another password", "was switched off and on"]
)
def test_a_sign_in_that_is_over_is_told_nothing(bob: Client, cast: Cast, vendor: FakeVendor, how: str) -> None:
    turn_on(bob, vendor)
    key = bob.session.session_key
    if how == "signs out":
        bob.post("/accounts/logout/")
    elif how == "has another password":
        cast.bob.replace_password(make_password(None))
    elif how == "was switched off and on":
        end_access(cast.alice, cast.bob)
        User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    elif how == "expires":
        Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    else:
        Session.objects.filter(session_key=key).delete()
    mention(cast.alice, cast.bob, cast.team)
    work()
    assert vendor.requests == []
    assert not Target.objects.exists()


def test_a_browser_is_one_place_until_its_service_says_that_it_has_gone(
    bob: Client, cast: Cast, vendor: FakeVendor
) -> None:
    turn_on(bob, vendor)
    turn_on(bob, vendor)
    (target,) = Target.objects.all()
    assert (target.form, target.name, target.person_id) == ("push", "Chrome · Linux", cast.bob.pk)
    page = bob.get("/account/notifications/").content.decode()
    assert " data-told" in page
    assert '<option value="push"' not in page, "only a browser itself can say where it is told"
    assert "data-told" not in client_of(cast.bob).get("/account/notifications/").content.decode(), "another browser"
    vendor.script = lambda _request: GONE
    mention(cast.alice, cast.bob, cast.team)
    assert work() == []
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"key": "no point"}, "This browser gave no address"),
        ({"key": encoded(b"\x04" + bytes(64))}, "This browser gave no address"),
        ({"auth": encoded(bytes(15))}, "This browser gave no address"),
        ({"address": ""}, "This browser gave no address"),
        ({"address": "https://10.0.0.1/push"}, "10.0.0.1 is a private address"),
        ({"address": "https://push.example/" + "0" * 1000}, "This browser gave no address"),
    ],
)
def test_what_is_no_subscription_is_refused(
    bob: Client, vendor: FakeVendor, other: dict[str, str], sentence: str
) -> None:
    turn_on(bob, vendor, **other)
    assert sentence in bob.get("/account/notifications/").content.decode()
    assert not Target.objects.exists()


def test_a_site_that_tells_nothing_outside_tells_no_browser(bob: Client, cast: Cast, vendor: FakeVendor) -> None:
    turn_on(bob, vendor)
    Installation.objects.update_or_create(defaults={"tells_outside": False})
    mention(cast.alice, cast.bob, cast.team)
    work()
    assert vendor.requests == []
    assert "data-push-key" not in bob.get("/account/notifications/").content.decode()
    Target.objects.all().delete()
    turn_on(bob, vendor)
    assert not Target.objects.exists()


@pytest.mark.parametrize(("told", "least", "most"), [("600", 590, 600), ("1", 9, 10), ("9" * 9, 3590, 3600)])
def test_whoever_says_when_to_come_back_is_left_alone_until_then(
    bob: Client, cast: Cast, vendor: FakeVendor, told: str, least: int, most: int
) -> None:
    assert bob
    made = webhook(User.objects.get(pk=cast.bob.pk), f"http://{vendor.host}/hook")
    vendor.script = lambda _request: [429, {"Retry-After": told}, b""]
    mention(cast.alice, cast.bob, cast.team)
    assert [row.status for row in work()] == ["waiting"]
    made.refresh_from_db()
    assert made.rests_until
    assert least < (made.rests_until - timezone.now()).total_seconds() <= most


@pytest.mark.parametrize(
    ("answer", "status", "outcome"),
    [
        ([413, b""], "failed", "413"),
        ([403, b"BadJwtToken"], "failed", "403"),
        ([429, b""], "waiting", "429"),
        ([500, b"no" * 10_000_000], "waiting", "500"),
        ([301, {"Location": "http://127.0.0.1:9/"}, b""], "waiting", "301"),
        ([201, b"0" * 10_000_000], "sent", "201"),
    ],
)
def test_a_push_service_may_answer_what_it_likes(
    bob: Client, cast: Cast, vendor: FakeVendor, answer: list[Any], status: str, outcome: str
) -> None:
    turn_on(bob, vendor)
    vendor.script = lambda _request: answer
    mention(cast.alice, cast.bob, cast.team)
    assert [(row.status, row.outcome, row.attempts) for row in work()] == [(status, outcome, 1)]
    assert len(vendor.requests) == 1


def test_what_was_read_before_another_try_is_not_shown(bob: Client, cast: Cast, vendor: FakeVendor) -> None:
    turn_on(bob, vendor)
    vendor.play([503, b""])
    mention(cast.alice, cast.bob, cast.team)
    assert [row.status for row in work()] == ["waiting"]
    actions.read_notifications(cast.bob)
    Target.objects.update(rests_until=None)
    assert [row.status for row in work()] == ["dropped"]


def test_a_place_that_was_switched_off_is_offered_again(bob: Client, vendor: FakeVendor) -> None:
    turn_on(bob, vendor)
    Target.objects.update(is_on=False)
    assert "data-told" not in bob.get("/account/notifications/").content.decode()
    turn_on(bob, vendor)
    assert Target.objects.get().is_on


def test_the_site_names_itself_by_an_address_that_every_service_takes(settings: Any) -> None:
    """Source: https://developer.apple.com/documentation/usernotifications (403 BadJwtToken: no URL as the subject)."""
    settings.CHATSITE_ORIGINS = ["http://10.0.0.5:8000", "https://chat.example.org"]
    keys = web_push.subscription(encoded(Subscribed().point), encoded(AUTH))
    made = web_push.request("https://push.example/1", keys, {"title": "", "body": ""}, "t", 0)
    claims = dict(made.own_headers)["Authorization"].split(".")[1]
    assert json.loads(decoded(claims))["sub"] == "https://chat.example.org"


def test_the_script_that_shows_it_may_run_and_has_one_address(bob: Client) -> None:
    script = bob.get("/service-worker.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in script.content
    assert script.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in bob.get("/account/notifications/").headers["Content-Security-Policy"]
