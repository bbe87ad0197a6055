"""Signing in: sessions that can be ended, second factors, forgotten passwords, limits on guesses."""

import base64
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations import actions
from conversations.accounts import password_guessing
from conversations.errors import NotFound
from conversations.models import PasswordLink, PersonalToken, Team, User
from conversations.models.links.password_link import may_reset
from conversations.workers import background
from providers.encryption import rotation
from providers.models.audit import AuditEntry
from tests.conftest import PASSWORD, Cast
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")

LINK = re.compile(r'value="http://127.0.0.1(/new-password/[^"]+)"')
TOKEN = re.compile(r'value="(chatsite_[^"]+)"')
NEW = "quite another passphrase"


def browser(**more: object) -> Client:
    return Client(**{"headers": {"host": "127.0.0.1"}, **more})


def enter(person: User, password: str = PASSWORD, **more: object) -> Client:
    """Return a browser in which this person has just given their password."""
    client = browser(**more)
    client.post("/accounts/login/", {"login": person.username, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/api/v1/me").status_code == 200


# --- Sessions ------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one(cast: Cast, connect: Callable[..., Socket]) -> None:
    here, there = enter(cast.bob), enter(cast.bob, HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    socket = connect(cast.bob, there)
    page = here.get("/account/security/").content.decode()
    assert "Firefox · Linux" in page
    assert page.count("this browser") == 1
    key = there.session.session_key
    assert here.post(reverse("end-session", args=[UserSession.objects.get(session_key=key).pk])).status_code == 302
    assert socket.closed_with() == 4401
    assert (is_in(here), is_in(there)) == (True, False)


def test_all_others_are_ended_at_once(cast: Cast) -> None:
    here, others = enter(cast.bob), [enter(cast.bob) for _ in range(2)]
    somebody = enter(cast.alice)
    here.post(reverse("end-other-sessions"))
    assert [is_in(client) for client in (here, somebody, *others)] == [True, True, False, False]


def test_nobody_sees_or_ends_the_sessions_of_others(cast: Cast) -> None:
    bob, carol = enter(cast.bob, HTTP_USER_AGENT="Bobs Browser"), enter(cast.carol)
    assert "Bobs Browser" not in carol.get("/account/security/").content.decode()
    theirs = UserSession.objects.get(user=cast.bob).pk
    assert [carol.post(reverse("end-session", args=[key])).status_code for key in (theirs, 987_654)] == [404, 404]
    assert is_in(bob)


def test_another_password_ends_all_other_sessions(cast: Cast, connect: Callable[..., Socket]) -> None:
    here, there = enter(cast.bob), enter(cast.bob)
    socket = connect(cast.bob, there)
    given = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/accounts/password/change/", given).status_code == 302
    assert socket.closed_with() == 4401
    assert (is_in(here), is_in(there)) == (True, False)


# --- Guesses -------------------------------------------------------------------------------------------------------


def guess(at: str = "bob", times: int = 1, path: str = "/accounts/login/", **more: object) -> None:
    for number in range(times):
        given = {"login": at, "username": at, "password": f"guess {number}"}
        browser(**more).post(path, given, follow=True)


def is_let_in(person: User, client: Client | None = None, **more: object) -> bool:
    client = client or browser(**more)
    client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    return is_in(client)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/?next=/admin/"])
def test_guesses_from_one_place_have_to_pause(cast: Cast, path: str) -> None:
    guess(times=password_guessing.FREE_TRIES, path=path)
    assert not is_let_in(cast.bob), "the right one has to wait as well"
    assert is_let_in(cast.alice)
    assert is_let_in(cast.bob, REMOTE_ADDR="10.0.0.9"), "elsewhere nobody is kept out"


def test_guesses_from_a_session_left_open_have_to_pause(cast: Cast) -> None:
    thief = enter(cast.bob)
    for number in range(password_guessing.FREE_TRIES):
        guessed = {"oldpassword": f"guess {number}", "password1": NEW, "password2": NEW}
        assert thief.post("/accounts/password/change/", guessed).status_code == 200
    assert AuditEntry.objects.filter(act="refused", subject=str(cast.bob.pk)).count() == password_guessing.FREE_TRIES
    assert thief.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 200, "has to wait"
    assert is_let_in(cast.bob), "its person is not kept out"


def test_a_pause_says_how_long_it_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    began, minutes = timezone.now(), [0.0]
    monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: began + timedelta(minutes=minutes[0]))
    monkeypatch.setattr(password_guessing.time, "time", lambda: began.timestamp() + 60 * minutes[0])
    for minute, said in ((0.0, "next one: 1<"), (1.1, "next one: 2<"), (3.2, "next one: 4<")):
        minutes[0] = minute
        guess(times=password_guessing.FREE_TRIES)
        answer = browser().post("/accounts/login/", {"login": "bob", "password": PASSWORD})
        assert said in answer.content.decode()


def test_guesses_by_other_spellings_and_names_of_the_site_count_together(cast: Cast) -> None:
    for number, name in enumerate(("BOB", "bob", "Bob", "BoB", "\uff22ob")):
        visitor = Client(headers={"host": f"localhost:{number}"})
        visitor.post("/accounts/login/", {"login": name, "password": f"guess {number}"})
    assert not is_let_in(cast.bob)


def test_a_pause_grows_and_ends_with_the_right_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    began, minutes = timezone.now(), [0.0]
    monkeypatch.setattr("django.core.cache.backends.db.tz_now", lambda: began + timedelta(minutes=minutes[0]))
    guess(times=password_guessing.FREE_TRIES)
    for minute, is_heard in ((0.9, False), (1.1, True), (1.9, False), (2.2, True), (3.9, False), (4.3, True)):
        minutes[0] = minute
        before = AuditEntry.objects.filter(act="refused").count()
        guess()
        assert (AuditEntry.objects.filter(act="refused").count() > before) == is_heard, minute
    minutes[0] = 9
    assert is_let_in(cast.bob)
    guess(times=password_guessing.FREE_TRIES - 1)
    assert is_let_in(cast.bob), "and all begins anew"


def test_nobody_is_locked_out_by_others(cast: Cast) -> None:
    known, dora = enter(cast.carol), browser()
    turn_on(enter(cast.bob))
    names = {"carol": cast.carol, "bob": cast.bob, "rita": cast.rita}
    for name in names:
        for number in range(password_guessing.FREE_TRIES_OF_NAME // password_guessing.FREE_TRIES + 1):
            guess(name, password_guessing.FREE_TRIES, REMOTE_ADDR=f"10.1.{number}.1")
    assert not is_let_in(cast.carol, REMOTE_ADDR="10.9.9.9"), "guesses from everywhere pause too"
    assert is_let_in(cast.carol, known), "but not where she has been before"
    halfway = browser(REMOTE_ADDR="10.9.9.9")
    answer = halfway.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    assert "/2fa/authenticate/" in answer.headers["Location"], "nor before a second factor"
    dora.get(make_link(enter(cast.alice), cast.rita))
    dora.post("/new-password/", {"password": NEW})
    dora.post("/accounts/login/", {"login": "rita", "password": NEW})
    assert is_in(dora), "nor behind a link"


def test_an_office_signs_in_at_nine(cast: Cast) -> None:
    assert all(is_let_in(cast.bob if number % 2 else cast.carol) for number in range(40))


def test_one_address_does_not_guess_at_everybody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(password_guessing.time, "time", lambda: now)  # no minute ends between two guesses
    for number in range(password_guessing.MAX_TRIES_OF_ADDRESS + 1):
        guess(f"somebody{number}")
    assert not is_let_in(cast.bob)
    assert is_let_in(cast.bob, REMOTE_ADDR="10.0.0.9")


def test_the_audit_log_has_sign_ins_refused_ones_and_ended_sessions(cast: Cast) -> None:
    enter(cast.bob)
    guess("bob")
    guess("a password typed into the wrong field")
    here = enter(cast.bob)
    here.post(reverse("end-other-sessions"))
    entries = AuditEntry.objects.order_by("id").values_list("act", "actor_name", "subject_name", "address")
    assert AuditEntry.objects.filter(act="signed_in", after={"with": ["password"]}).count() == 2
    assert list(entries) == [
        ("signed_in", "bob", "bob", "127.0.0.1"),
        ("refused", "", "bob", "127.0.0.1"),
        ("signed_in", "bob", "bob", "127.0.0.1"),
        ("removed", "bob", "127.0.0.1", "127.0.0.1"),
    ]


# --- The second factor ---------------------------------------------------------------------------------------------


NOW = 1_000_000


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock: a code lives for half a minute, which may end in the middle of a test."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([NOW]))


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, NOW)))


def turn_on(client: Client) -> str:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="totp-key" readonly value="([A-Z2-7]+)"', page)
    assert found
    assert re.search(r'<svg class="qr"[^>]*><path d="M', page)
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])}).status_code == 302
    return found[1]


def test_a_second_factor_is_asked_for_and_nothing_is_open_before(cast: Cast, site: str) -> None:
    secret = turn_on(enter(cast.bob))
    halfway = enter(cast.bob)
    assert not is_in(halfway)
    for path in ("/", "/admin/", "/account/", f"/teams/{cast.team.pk}/"):
        assert "/login/" in halfway.get(path).headers["Location"], path
    session = halfway.cookies["sessionid"].value
    assert Socket(site, session).closed_with() == 4401
    cache.clear()  # the code of the turning on counts as used
    assert halfway.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(halfway)
    code = code_of(secret)
    halfway.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_in(halfway)
    again = enter(cast.bob)
    again.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_in(again), "a code counts once"


def test_a_recovery_code_opens_once(cast: Cast) -> None:
    bob = enter(cast.bob)
    turn_on(bob)
    page = bob.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"<li>(\w[\w-]+)</li>", page)
    assert len(codes) == 10
    for expected in (True, False):
        visitor = enter(cast.bob)
        visitor.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert is_in(visitor) is expected


def test_its_pages_say_in_plain_words_what_to_do(cast: Cast) -> None:
    cast.bob.language = "zh-hans"
    cast.bob.save()
    bob = enter(cast.bob)
    off = bob.get("/accounts/2fa/").content.decode()
    proof = bob.get("/accounts/reauthenticate/").content.decode()
    turn_on(bob)
    on = [
        bob.get(f"/accounts/2fa/{path}").content.decode()
        for path in ("", "totp/deactivate/", "recovery-codes/generate/")
    ]
    asked = enter(cast.bob, headers={"host": "127.0.0.1", "accept-language": "zh-hans"})
    code = asked.get("/accounts/2fa/authenticate/").content.decode()
    wrong = asked.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "未启用：登录只需要密码" in off
    assert re.search(r'<label[^>]*for="id_password">密码</label>\s*<input[^>]* autofocus', proof)
    assert re.search(r'<label[^>]*for="id_code">验证码</label>\s*<input[^>]* autofocus', code)
    assert "验证码不正确" in wrong
    for page in (off, proof, *on, code, wrong):
        assert not re.search("[您帐]|账户|双因素|[Tt]wo-[Ff]actor", page)


def test_whoever_is_switched_off_is_told_who_helps(cast: Cast) -> None:
    cast.bob.is_active = False
    cast.bob.save()
    page = browser().post("/accounts/login/", {"login": "bob", "password": PASSWORD}, follow=True).content.decode()
    assert "An administrator can switch it on again." in page
    assert 'href="/accounts/login/"' in page


def test_seeds_are_sealed(cast: Cast) -> None:
    secret = turn_on(enter(cast.bob))
    stored = str(list(Authenticator.objects.values()))
    assert "sealed1:" in stored
    assert secret not in stored
    assert secret[-4:] not in stored
    shown = enter(cast.alice).get(reverse("admin:mfa_authenticator_change", args=[Authenticator.objects.first().pk]))
    assert shown.status_code == 200
    assert "sealed1:" not in shown.content.decode()


def test_seeds_follow_the_encryption_keys(cast: Cast, settings: object) -> None:
    secret = turn_on(enter(cast.bob))
    old = settings.CHATSITE_ENCRYPTION_KEYS  # type: ignore[attr-defined]
    new = base64.urlsafe_b64encode(b"n" * 32).decode()
    settings.CHATSITE_ENCRYPTION_KEYS = [new, *old]  # type: ignore[attr-defined]
    assert rotation.rotate().sealed == 2
    settings.CHATSITE_ENCRYPTION_KEYS = [new]  # type: ignore[attr-defined]
    cache.clear()
    visitor = enter(cast.bob)
    visitor.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(visitor)


# --- Forgotten passwords -------------------------------------------------------------------------------------------


def test_who_may_make_a_link_for_whom(cast: Cast) -> None:
    lead = User.objects.create_user("lena")
    cast.team.memberships.create(user=lead, role="lead")
    assert not may_reset(lead, cast.bob), "nobody whose account was there before"
    User.objects.filter(pk__in=[cast.alice.pk, cast.bob.pk]).update(made_in=cast.team)
    cast.bob.refresh_from_db()
    cast.alice.refresh_from_db()
    assert may_reset(lead, cast.bob)
    assert not may_reset(lead, cast.alice), "never for staff"
    assert not may_reset(lead, cast.carol), "not for outsiders"
    assert not may_reset(lead, lead)
    assert not may_reset(cast.bob, cast.rita)
    Team.objects.create(name="Others").memberships.create(user=cast.bob, role="reader")
    assert not may_reset(lead, cast.bob), "not into a team that is not theirs"
    assert may_reset(cast.alice, cast.bob), "an administrator may"


def make_link(maker: Client, person: User) -> str:
    found = LINK.search(maker.post(reverse("new-password-link", args=[person.pk])).content.decode())
    assert found
    return found[1]


def test_a_link_sets_one_password_once_and_ends_all_sessions(cast: Cast) -> None:
    before = enter(cast.bob)
    path = make_link(enter(cast.alice), cast.bob)
    assert path.split("/")[2] not in str(list(PasswordLink.objects.values()))
    one, other = browser(), browser()
    for visitor in (one, other):
        assert visitor.get(path).headers["Location"] == "/new-password/"
    assert one.post("/new-password/", {"password": "bob"}).status_code == 422
    assert one.post("/new-password/", {"password": NEW}).headers["Location"] == "/accounts/login/"
    assert other.post("/new-password/", {"password": "a third long passphrase"}).status_code == 404
    assert browser().get(path).status_code == 404
    assert not is_in(before)
    assert is_in(enter(cast.bob, NEW))


def test_who_follows_a_link_learns_the_name_to_sign_in_with(cast: Cast) -> None:
    visitor = browser()
    visitor.get(make_link(enter(cast.alice), cast.bob))
    assert "You sign in as bob." in visitor.get("/new-password/").content.decode()
    page = visitor.post("/new-password/", {"password": NEW}, follow=True).content.decode()
    assert re.search(r'name="login"[^>]* value="bob"', page)
    assert 'name="login"' in browser().get("/accounts/login/").content.decode()
    assert 'value="bob"' not in browser().get("/accounts/login/").content.decode()


def test_of_two_who_use_a_link_at_once_one_does(cast: Cast) -> None:
    make_link(enter(cast.alice), cast.bob)
    one, other = PasswordLink.objects.get(), PasswordLink.objects.get()
    assert [one.use(), other.use()] == [True, False]
    with pytest.raises(NotFound):
        actions.use_password_link(other, NEW)
    cast.bob.refresh_from_db()
    assert not cast.bob.check_password(NEW)


def test_a_link_closes_by_time_by_another_and_by_a_change(cast: Cast) -> None:
    alice = enter(cast.alice)
    first = make_link(alice, cast.bob)
    second = make_link(alice, cast.bob)
    assert [browser().get(path).status_code for path in (first, second)] == [404, 302]
    cast.bob.set_password(NEW)
    cast.bob.save()
    assert browser().get(second).status_code == 404
    third = make_link(alice, cast.bob)
    PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser().get(third).status_code == 404


def test_nobody_else_finds_the_page(cast: Cast) -> None:
    for person in (cast.bob, cast.rita, cast.carol):
        answers = [enter(person).post(f"/new-password/for/{key}/").status_code for key in (cast.rita.pk, cast.team.pk)]
        assert answers == [404, 404]
    assert not PasswordLink.objects.exists()


def test_without_mail_the_page_says_who_helps(cast: Cast) -> None:
    shown = browser().get("/accounts/password/reset/").content.decode()
    assert "Ask the lead of your team" in shown
    browser().post("/accounts/password/reset/", {"email": "bob@example.test"})
    assert mail.outbox == []


def test_with_mail_a_letter_leads_to_a_new_password(cast: Cast, settings: object) -> None:
    settings.CHATSITE_SENDS_MAIL = True  # type: ignore[attr-defined]
    cast.bob.change_address("bob@example.test")
    browser().post("/accounts/password/reset/", {"email": "stranger@example.test"})
    background.wait()
    assert mail.outbox == [], "a stranger's address gets nothing"
    browser().post("/accounts/password/reset/", {"email": "BOB@example.test"})
    background.wait()
    (letter,) = mail.outbox
    assert letter.to == ["bob@example.test"]
    found = re.search(r"http://127.0.0.1(\S+)", letter.body)
    assert found
    visitor = browser()
    visitor.get(found[1])
    assert visitor.post("/new-password/", {"password": NEW}).status_code == 302
    assert is_in(enter(cast.bob, NEW))
    assert browser().get(found[1]).status_code == 404


# --- The account ---------------------------------------------------------------------------------------------------


def test_a_name_that_others_see_is_nobody_elses(cast: Cast) -> None:
    bob = enter(cast.bob)
    assert bob.post("/account/", {"display_name": " Bob \u202ethe Builder"}).status_code == 302
    assert User.objects.get(pk=cast.bob.pk).name == "Bob  the Builder"
    assert bob.post("/account/", {"display_name": "ALICE"}).status_code == 422


def test_a_token_is_made_with_the_password_at_hand_and_shown_once(cast: Cast) -> None:
    bob = browser()
    bob.force_login(cast.bob)  # signed in, but when?
    given = {"name": "my <script>", "days": "30"}
    first = bob.post("/account/tokens/", given)
    assert "/accounts/reauthenticate/" in first.headers["Location"]
    assert not PersonalToken.objects.exists()
    answer = bob.post("/accounts/reauthenticate/", {"password": PASSWORD}, follow=True)
    found = TOKEN.search(answer.content.decode()) or TOKEN.search(bob.post("/account/tokens/", given).content.decode())
    assert found
    program = Client(headers={"host": "127.0.0.1", "authorization": f"Bearer {found[1]}"})
    assert program.get("/api/v1/me").json()["name"] == "bob"
    page = bob.get("/account/tokens/").content.decode()
    assert found[1] not in page
    assert found[1][-4:] in page
    token = PersonalToken.objects.get()
    assert enter(cast.alice).post(reverse("revoke-token", args=[token.pk])).status_code == 404
    assert bob.post(reverse("revoke-token", args=[token.pk])).status_code == 302
    assert program.get("/api/v1/me").status_code == 401
