"""Personal tokens: a program's way in, with the rights of its person and not a moment longer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from conversations.accounts import rate_limits
from conversations.hashed_tokens import new_token, token_digest
from conversations.models import Conversation, PersonalToken, User
from tests.conftest import Cast
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")

Change = Callable[[QuerySet[PersonalToken]], object]
ENDS: dict[str, Change] = {
    "revoked": lambda tokens: tokens.update(revoked_at=timezone.now()),
    "expired": lambda tokens: tokens.update(expires_at=timezone.now()),
    "deleted": lambda tokens: tokens.delete(),
    "deactivated": lambda tokens: User.objects.filter(tokens__in=tokens).update(is_active=False),
}


def give(person: User) -> str:
    secret = new_token(PersonalToken.PREFIX)
    PersonalToken.objects.create(
        user=person,
        name="script",
        digest=token_digest(secret),
        hint=secret[-4:],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return secret


def bearer(secret: str, **more: object) -> Client:
    return Client(headers={"host": "127.0.0.1", "authorization": f"Bearer {secret}"}, **more)


def test_a_token_does_what_its_person_may(cast: Cast) -> None:
    program = bearer(give(cast.bob), enforce_csrf_checks=True)
    assert program.get("/api/v1/me").json()["name"] == "bob"
    made = program.post("/api/v1/conversations", {"team": str(cast.team.pk)}, "application/json")
    assert made.status_code == 201
    foreign = Conversation.objects.create(owner=cast.alice)
    assert program.get(f"/api/v1/conversations/{foreign.pk}").status_code == 404
    assert program.get("/").headers["Location"].startswith("/accounts/login/"), "pages take no token"


def test_a_cookie_needs_its_csrf_token_beside_a_token_that_is_none(cast: Cast) -> None:
    browser = bearer("x", enforce_csrf_checks=True)
    browser.force_login(cast.bob)
    assert browser.post("/api/v1/conversations", {}, "application/json").status_code == 403
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("end", ENDS)
def test_a_token_that_has_ended_opens_nothing(cast: Cast, end: str) -> None:
    program = bearer(give(cast.bob))
    assert program.get("/api/v1/me").status_code == 200
    ENDS[end](PersonalToken.objects.all())
    answer = program.get("/api/v1/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed_out")


def test_guesses_are_limited_and_the_right_token_is_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    right = bearer(give(cast.bob))
    tries = [bearer(f"x{number}").get("/api/v1/me").status_code for number in range(rate_limits.MAX_BAD_TOKENS + 3)]
    assert tries == [401] * rate_limits.MAX_BAD_TOKENS + [429] * 3
    assert right.get("/api/v1/me").status_code == 200


def test_its_use_is_noted_now_and_then(cast: Cast) -> None:
    program = bearer(give(cast.bob))
    program.get("/api/v1/me")
    first = PersonalToken.objects.get().last_used_at
    assert first
    program.get("/api/v1/me")
    assert PersonalToken.objects.get().last_used_at == first
    PersonalToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    program.get("/api/v1/me")
    later = PersonalToken.objects.get().last_used_at
    assert later
    assert later >= first


def test_only_a_digest_is_stored(cast: Cast) -> None:
    secret = give(cast.bob)
    row = PersonalToken.objects.values().get()
    assert secret not in str(row)
    assert secret.startswith("chatsite_")


# --- The websocket -------------------------------------------------------------------------------------------------


def test_a_program_opens_a_socket_without_an_origin(cast: Cast, site: str) -> None:
    program = Socket(site, "", token=give(cast.bob))
    conversation = Conversation.objects.create(owner=cast.bob)
    foreign = Conversation.objects.create(owner=cast.alice)
    assert program.ask("conversation.open", conversation=conversation.pk)["type"] == "ack"
    assert program.ask("conversation.open", conversation=foreign.pk)["code"] == "not_found"
    assert PersonalToken.objects.get().last_used_at
    program.close()


def test_a_cookie_without_an_origin_opens_none(cast: Cast, site: str, sign_in: Callable[[User], Client]) -> None:
    session = sign_in(cast.bob).cookies["sessionid"].value
    with pytest.raises(InvalidStatus, match="403"):
        Socket(site, session, origin="https://elsewhere.test")


def test_a_token_counts_before_a_cookie(cast: Cast, site: str) -> None:
    assert Socket(site, "", token="x").closed_with() == 4401


@pytest.mark.parametrize("end", ENDS)
def test_a_socket_ends_with_its_token(cast: Cast, site: str, end: str) -> None:
    program = Socket(site, "", token=give(cast.bob))
    assert program.ask("ping")["type"] == "ack"
    begun = timezone.now()
    ENDS[end](PersonalToken.objects.all())
    assert program.closed_with() == 4401
    assert timezone.now() - begun < timedelta(seconds=5)
