"""Passkeys: who may add one, what it opens, and what is refused."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from conversations.accounts import rate_limits
from conversations.forms.passkeys import MAX_PASSKEYS
from conversations.models import User
from providers.models.audit import AuditEntry
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import is_in
from tests.conversations.test_taking_over import letters
from tests.software_passkey import PRESENT, SoftwarePasskey

pytestmark = pytest.mark.usefixtures("static_files")

ADD, SIGN_IN = "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/login/"
AGAIN, SECOND = "/accounts/2fa/webauthn/reauthenticate/", "/accounts/2fa/authenticate/"
OPTIONS = re.compile(r'<script type="application/json">(.+?)</script>')


@pytest.fixture(autouse=True)
def _at_localhost(settings: Any) -> None:
    """Serve the site by a name: a browser makes no passkey for an address."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]


def browser() -> Client:
    return Client(headers={"host": "localhost"})


def enter(person: User) -> Client:
    client = browser()
    client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    return client


def confirmed(person: User) -> Client:
    """Return a browser whose person has just given their password once more."""
    client = browser()
    client.force_login(person)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def options(client: Client, path: str) -> Any:
    found = OPTIONS.search(client.get(path).content.decode())
    assert found
    return json.loads(found[1])


def add(client: Client, passkey: SoftwarePasskey, name: str = "Laptop") -> Any:
    return client.post(ADD, {"name": name, "credential": passkey.made(options(client, ADD))})


def sign_in(client: Client, passkey: SoftwarePasskey, **more: str) -> Any:
    asked = client.get(SIGN_IN, headers={"accept": "application/json"}).json()["request_options"]
    return client.post(SIGN_IN, {"credential": passkey.used(asked), **more})


def test_a_passkey_opens_the_account_alone_and_its_coming_and_going_is_told(cast: Cast, settings: Any) -> None:
    settings.CHATSITE_SENDS_MAIL = True
    User.objects.filter(pk=cast.bob.pk).update(email="bob@mail.example")
    passkey, bob = SoftwarePasskey(), confirmed(cast.bob)
    assert add(bob, passkey, "Laptop\u202e").headers["Location"] == "/accounts/2fa/recovery-codes/"
    row = Authenticator.objects.get(type="webauthn")
    assert (row.user, str(row), row.last_used_at) == (cast.bob, "Laptop", None)
    visitor = browser()
    answer = sign_in(visitor, passkey, next="/account/")
    assert answer.headers["Location"] == "/account/notices/?next=%2Faccount%2F"
    assert is_in(visitor)
    page = visitor.get("/account/security/").content.decode()
    assert "Laptop" in page
    assert "last used" in page
    bob.post(f"/accounts/2fa/webauthn/keys/{row.pk}/edit/", {"name": "Phone"})
    assert str(Authenticator.objects.get(type="webauthn")) == "Phone"
    assert bob.post(f"/accounts/2fa/webauthn/keys/{row.pk}/remove/").headers["Location"] == "/accounts/2fa/webauthn/"
    assert not Authenticator.objects.exists(), "the recovery codes go with the last factor"
    assert [letter.body.split("\n")[0] for letter in letters()] == ["A passkey was added.", "A passkey was removed."]
    entries = AuditEntry.objects.filter(subject_type="mfa.authenticator").order_by("id")
    assert [(entry.act, entry.before or entry.after) for entry in entries] == [
        ("added", {"type": "webauthn"}),
        ("removed", {"type": "webauthn"}),
    ]
    entry = AuditEntry.objects.get(act="signed_in", actor=cast.bob.pk)
    assert entry.changes() == [("signed in with", "", "passkey")]
    assert not is_in(browser())
    stranger = browser()
    sign_in(stranger, passkey)
    assert not is_in(stranger), "a removed one opens nothing"


def test_a_session_left_open_neither_adds_nor_renames_nor_removes_one(cast: Cast) -> None:
    passkey, bob = SoftwarePasskey(), confirmed(cast.bob)
    add(bob, passkey)
    row = Authenticator.objects.get(type="webauthn")
    thief = browser()
    thief.force_login(cast.bob)
    for path in (ADD, f"/accounts/2fa/webauthn/keys/{row.pk}/edit/", f"/accounts/2fa/webauthn/keys/{row.pk}/remove/"):
        for answer in (thief.get(path), thief.post(path, {"name": "Mine", "credential": "{}"})):
            assert "/reauthenticate/" in answer.headers["Location"], path
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    thief.post(AGAIN, {"credential": passkey.used(options(thief, AGAIN))})
    assert thief.get(ADD).status_code == 200, "the passkey itself is proof"
    carol = confirmed(cast.carol)
    for act in ("edit", "remove"):
        assert carol.post(f"/accounts/2fa/webauthn/keys/{row.pk}/{act}/", {"name": "Hers"}).status_code == 404


def test_after_a_password_a_passkey_is_asked_for(cast: Cast) -> None:
    passkey = SoftwarePasskey()
    add(confirmed(cast.bob), passkey)
    visitor = enter(cast.bob)
    assert not is_in(visitor)
    page = visitor.get(SECOND).content.decode()
    assert "Use your passkey" in page
    foreign = SoftwarePasskey(person=passkey.person)
    refused = visitor.post(SECOND, {"credential": foreign.used(json.loads(OPTIONS.findall(page)[0]))})
    assert "This passkey was not accepted." in refused.content.decode()
    visitor.post(SECOND, {"credential": passkey.used(options(visitor, SECOND))})
    assert is_in(visitor)
    assert AuditEntry.objects.get(act="signed_in").after == {"with": ["password", "webauthn"]}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"flags": PRESENT}, "nobody was asked for a PIN or a finger"),
        ({"origin": "http://evil.localhost"}, "it was asked for by a subdomain"),
        ({"origin": "http://localhost:81"}, "it was asked for by another port"),
    ],
)
def test_what_proves_no_person_here_is_refused(cast: Cast, changed: dict[str, Any], what: str) -> None:
    other = SoftwarePasskey(**changed)
    assert "This passkey was not accepted." in add(confirmed(cast.bob), other).content.decode(), what
    passkey = SoftwarePasskey()
    add(confirmed(cast.bob), passkey)
    passkey.__dict__ |= changed
    visitor = browser()
    assert sign_in(visitor, passkey, next="/bin/").headers["Location"] == "/accounts/login/?next=%2Fbin%2F"
    assert not is_in(visitor), what
    assert "This passkey was not accepted." in visitor.get("/accounts/login/").content.decode()


def test_an_answer_counts_once_and_a_switched_off_account_stays_shut(cast: Cast) -> None:
    passkey = SoftwarePasskey()
    add(confirmed(cast.bob), passkey)
    visitor = browser()
    asked = visitor.get(SIGN_IN, headers={"accept": "application/json"}).json()["request_options"]
    answer = passkey.used(asked)
    for client, opens in ((browser(), False), (visitor, True)):
        client.post(SIGN_IN, {"credential": answer})
        assert is_in(client) is opens, "it belongs to the session that was asked"
    visitor.post("/accounts/logout/")
    visitor.post(SIGN_IN, {"credential": answer})
    assert not is_in(visitor)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert sign_in(visitor, passkey).headers["Location"] == "/accounts/inactive/"
    assert not is_in(visitor)


@pytest.mark.parametrize(
    "given", ["", "{", "[]", "null", "7", '{"response": {}}', "[" * 5000, '{"response": {"clientDataJSON": "e30"}}']
)
def test_what_is_no_answer_of_a_browser_breaks_nothing(cast: Cast, given: str) -> None:
    visitor, bob = browser(), confirmed(cast.bob)
    passkey = SoftwarePasskey()
    visitor.get(SIGN_IN, headers={"accept": "application/json"})
    assert visitor.post(SIGN_IN, {"credential": given}).status_code == 302
    assert not is_in(visitor)
    whole = json.loads(passkey.made(options(bob, ADD)))
    whole["response"]["attestationObject"] = "gYGBgYGBgQ"
    for credential in (given, json.dumps(whole)):
        assert bob.post(ADD, {"credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()


def test_there_are_limits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bob = confirmed(cast.bob)
    add(bob, SoftwarePasskey())
    told = Authenticator.objects.get(type="webauthn").data
    Authenticator.objects.bulk_create(
        Authenticator(user=cast.bob, type="webauthn", data=told) for _ in range(1, MAX_PASSKEYS)
    )
    assert "You have many passkeys." in add(bob, SoftwarePasskey()).content.decode()
    monkeypatch.setattr(rate_limits, "MAX_PASSKEYS", 3)
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
    asked = [browser().get(SIGN_IN, headers={"accept": "application/json"}).status_code for _ in range(3)]
    assert [*asked, browser().post(SIGN_IN).status_code] == [200, 200, 200, 429]


def test_an_administrator_takes_a_lost_passkey_away_and_the_codes_with_it(cast: Cast) -> None:
    passkey = SoftwarePasskey()
    add(confirmed(cast.bob), passkey)
    alice = confirmed(cast.alice)
    row = Authenticator.objects.get(type="webauthn")
    page = alice.get(reverse("admin:conversations_user_change", args=[cast.bob.pk])).content.decode()
    removal = reverse("admin:mfa_authenticator_delete", args=[row.pk])
    assert removal in page
    assert "Remove the passkey “Laptop”" in page
    assert alice.post(removal, {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.exists()
    assert cast.bob.notices.filter(kind="factor_removed", by="alice").exists()


def test_at_an_address_without_a_name_there_are_none(cast: Cast) -> None:
    bob = Client(headers={"host": "127.0.0.1"})
    bob.force_login(cast.bob)
    assert bob.get(ADD).headers["Location"] == "/account/security/"
    assert "Passkeys need an address with a name and HTTPS." in bob.get("/account/security/").content.decode()
    assert "passkey" not in Client(headers={"host": "127.0.0.1"}).get("/accounts/login/").content.decode().replace(
        "passkeys.", ""
    )
    allowed = browser().get("/accounts/login/")
    assert "Sign in with a passkey" in allowed.content.decode()
    assert "publickey-credentials-get=(self)" in allowed.headers["Permissions-Policy"]
