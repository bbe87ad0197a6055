"""The quotas of a person: bytes of files, conversations a minute, models of an estimate, strangers' sessions."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations import actions, sweeper
from conversations.errors import Refused
from conversations.models import Conversation, File, Invitation, Message, Team, User
from conversations.protocol.commands import Command, Fork
from conversations.usage import quotas
from tests.conftest import PASSWORD, Cast
from tests.conversations.calling import Api
from tests.conversations.sharing import last, share, talk
from tests.conversations.test_signing_in import enter as signed_in
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")

MEGABYTE = 2**20
PLACES = ("/", "/accounts/login/", "/accounts/password/reset/", "/join/a/", "/new-password/a/", "/setup/", "/nope")


@pytest.fixture
def small(settings: object) -> None:
    """Limit a person's files to one megabyte."""
    settings.CHATSITE_FILES_PER_PERSON = 1  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def upload(person: User, length: int) -> tuple[int, dict[str, object]]:
    answer = enter(person).post("/api/v1/files", {"file": SimpleUploadedFile("a.txt", b"x" * length)})
    return answer.status_code, answer.json()


def test_a_persons_files_take_so_much_and_no_more(cast: Cast, small: None) -> None:
    assert upload(cast.bob, MEGABYTE // 2)[0] == 201
    status, told = upload(cast.bob, MEGABYTE // 2 + 1)
    assert (status, told["error"]["code"]) == (413, "no_room")  # type: ignore[index]
    assert File.objects.bytes_of(cast.bob) == MEGABYTE // 2
    assert upload(cast.bob, MEGABYTE // 2)[0] == 201
    assert upload(cast.carol, MEGABYTE)[0] == 201, "others have their own"


def test_it_is_said_before_there_is_no_room(cast: Cast, small: None) -> None:
    assert upload(cast.bob, MEGABYTE // 2)[1]["left"] is None
    assert upload(cast.bob, MEGABYTE // 2 - 1000)[1]["left"] == 1000
    page = enter(cast.bob).get("/account/usage/").content.decode()
    assert "Your files take 1023.0\xa0KB of 1.0\xa0MB." in page


def test_nobody_begins_conversations_without_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MAX_CONVERSATIONS_A_MINUTE", 3)
    for _ in range(3):
        assert Api(cast.bob).call("POST", "/conversations", {"title": "a"})[0] == 201
    assert Api(cast.bob).refusal("POST", "/conversations", {"title": "a"}) == (429, "rate_limited")
    assert Api(cast.carol).call("POST", "/conversations", {"title": "a"})[0] == 201
    Conversation.objects.filter(owner=cast.bob).update(created_at=timezone.now() - timedelta(minutes=2))
    assert Api(cast.bob).call("POST", "/conversations", {"title": "a"})[0] == 201


def test_a_copy_is_a_conversation_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, _ = share(cast.bob, talk(cast.bob))
    monkeypatch.setattr(quotas, "MAX_CONVERSATIONS_A_MINUTE", 1)
    actions.copy_share(cast.carol, shared.pk, uuid4().hex)
    with pytest.raises(Refused, match="conversations a minute"):
        actions.copy_share(cast.carol, shared.pk, uuid4().hex)


def test_an_estimate_is_of_as_many_models_as_a_question(cast: Cast) -> None:
    some = [str(uuid4()) for _ in range(9)]
    for models in (some, some * 2667):
        assert Api(cast.bob).refusal("POST", "/estimate", {"models": models}) == (400, "bad_field")
    assert Api(cast.bob).refusal("POST", "/estimate", {"models": some[:8], "text": "Hi"}) == (400, "no_model")
    assert Api(cast.bob).refusal("POST", "/estimate", {"text": "x" * 100_001}) == (400, "bad_field")
    assert Api(cast.bob).refusal("POST", "/estimate", {"files": some[:1] * 11}) == (400, "bad_field")


def test_strangers_leave_no_sessions_behind(cast: Cast) -> None:
    _, path = share(cast.bob, talk(cast.bob))
    _, locked = share(cast.bob, talk(cast.bob), pass_phrase="eight pink bicycles")
    Session.objects.all().delete()
    for place in (path, f"{path}copy/", locked, f"{locked}copy/", "/shares/copy/", *PLACES):
        Client(SERVER_NAME="127.0.0.1").get(place)
    assert not Session.objects.exists()


def fork(person: User, conversation: Conversation) -> None:
    actions.fork_conversation(person, Command(str(uuid4()), Fork(last(conversation).pk), "digest"))


def length_of(conversation: Conversation) -> int:
    return sum(size for _, size in Message.objects.sizes_of_branch(last(conversation).pk))


def test_so_much_is_copied_in_a_day_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = talk(cast.bob, team=cast.team)
    shared, _path = share(cast.bob, conversation)
    monkeypatch.setattr(quotas, "MAX_COPIED_A_DAY", 2 * length_of(conversation) + 1)
    fork(cast.bob, conversation)
    actions.copy_share(cast.bob, shared.pk, uuid4().hex)
    begun = Conversation.objects.count()
    for once_more in (lambda: fork(cast.bob, conversation), lambda: actions.copy_share(cast.bob, shared.pk, "again")):
        with pytest.raises(Refused) as refused:
            once_more()
        assert refused.value.code == "rate_limited"
    assert Conversation.objects.count() == begun
    fork(cast.alice, conversation)  # others have their own
    monkeypatch.setattr(timezone, "localdate", lambda **_: date(2099, 1, 1))
    fork(cast.bob, conversation)  # and there is another day


def test_nobody_has_teams_links_and_tokens_without_number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MAX_TEAMS", 2)
    monkeypatch.setattr(quotas, "MAX_INVITATIONS", 1)
    monkeypatch.setattr(quotas, "MAX_TOKENS", 1)
    carol = signed_in(cast.carol)
    carol.post("/accounts/reauthenticate/", {"password": PASSWORD})
    names = ("One", "Two", "Three")
    answers = [carol.post("/teams/new/", {"name": name}) for name in names]
    assert [answer.status_code for answer in answers] == [302, 302, 200]
    assert "You have too many of these already." in answers[-1].content.decode()
    link = {"role": "reader", "days": "1", "is_single_use": "1"}
    invite = reverse("invite", args=[Team.objects.get(name="One").pk])
    assert [carol.post(invite, link).status_code for _ in range(2)] == [201, 302]
    token = {"name": "a program", "days": "30"}
    assert [carol.post("/account/tokens/", token).status_code for _ in range(2)] == [201, 422]
    assert (Invitation.objects.count(), cast.carol.tokens.count()) == (1, 1)


def test_what_says_which_link_was_followed_cannot_be_made_up(cast: Cast) -> None:
    conversation = talk(cast.bob)
    shared, path = share(cast.bob, conversation)
    browser = enter(cast.carol)
    browser.cookies["share"] = shared.digest
    assert browser.get("/shares/copy/").status_code == 404
    assert browser.get(f"{path}copy/", follow=True).status_code == 200
    assert browser.cookies["share"]["httponly"]
    assert last(conversation).pk == shared.message_id


def test_sessions_whose_time_is_over_are_swept(cast: Cast) -> None:
    keys = {}
    for name, age in (("over", -1), ("valid", 3600)):
        session = SessionStore()
        session.set_expiry(age)
        session.create()
        keys[name] = session.session_key
        UserSession.objects.create(user=cast.bob, ip="127.0.0.1", session_key=session.session_key, user_agent="x")
    sweeper.go_round()
    left = Session.objects.values_list("session_key", flat=True)
    assert keys["valid"] in left
    assert keys["over"] not in left
    assert list(UserSession.objects.filter(user=cast.bob).values_list("session_key", flat=True)) == [keys["valid"]]
