"""The owner of a request is known before its body is read, and an invented proof has no owner."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.clients.senders import People, Proof, people
from chatsite.server.request_bodies import MAX_BODY_BYTES
from conversations.hashed_tokens import new_token, token_digest
from conversations.models import PersonalToken, User
from tests.conftest import Cast

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def nobody_is_known() -> Iterator[None]:
    """Forget all known persons, as after a start of the server."""
    people._known.clear()
    yield
    people._known.clear()


def upload(site: str, **headers: str) -> int:
    """Send the head and a little of a long upload, as a slow client does.

    Returns the status of an early answer, or 0.
    """
    connection = HTTPConnection(site.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/api/v1/files")
    for name, value in {**headers, "Content-Length": str(MAX_BODY_BYTES + 1)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b"x" * (MAX_BODY_BYTES + 1))
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "sessionid=made-up"}, {"Authorization": "Bearer chatsite_made-up"}, {"Cookie": "sessionid="}, {}],
)
def test_a_made_up_proof_buys_no_larger_body(site: str, cast: Cast, headers: dict[str, str]) -> None:
    assert upload(site, **headers) == 413


def test_a_person_whom_the_server_does_not_know_yet_may_upload(site: str, cast: Cast, sign_in: SignIn) -> None:
    session = sign_in(cast.bob).cookies["sessionid"].value
    assert upload(site, Cookie=f"sessionid={session}") == 403, "that is Django's, which asks for the CSRF token"
    secret, ends = new_token(PersonalToken.PREFIX), timezone.now() + timedelta(days=1)
    PersonalToken.objects.create(user=cast.bob, name="mine", digest=token_digest(secret), expires_at=ends)
    assert upload(site, Authorization=f"Bearer {secret}") == 400, "that is the API's, which found no file in it"


def test_a_person_who_is_signed_out_may_not(site: str, cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.bob)
    session = browser.cookies["sessionid"].value
    browser.session.flush()
    assert upload(site, Cookie=f"sessionid={session}") == 413


def test_only_the_latest_are_remembered_and_not_for_ever(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    monkeypatch.setattr("chatsite.clients.senders.MAX_KNOWN", 2)
    some = People()
    proofs = [Proof(session=name) for name in "abc"]
    for proof in (*proofs[:2], proofs[0], proofs[2]):
        some.note(proof, cast.bob.pk)
    assert [bool(some.find(proof)) for proof in proofs] == [True, False, True]
    monkeypatch.setattr("chatsite.clients.senders.TRUSTED_SECONDS", 0.0)
    assert some.find(proofs[0]) == ""
