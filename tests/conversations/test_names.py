"""Names that look alike are one name, for people and teams, on every database and at the sign-in."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.confusable_names import skeleton
from conversations.errors import Refused
from conversations.models import Team, User
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import browser, enter, is_in

pytestmark = pytest.mark.usefixtures("static_files")

LIKE_ALICE = [
    "ALICE", "ａｌｉｃｅ", "al\u200bice", "al\u00adice", "\u202ealice", "аlice", "аliсе", "alιce", "ᴀlice",
    "alice\ufe0f", "\u3164alice", " alice ", "ᴀʟɪᴄᴇ",
    "ali\u2800ce", "alice\U0001d159", "ali\ufff9ce", "ali\ufffcce", "ali\U00013430ce", "ali\U000110bdce",
    "\U000e0061alice", "al\u0338ice", "alice\u0332", "al\u0361ice",
]  # fmt: skip
"""Names with capitals, full width, invisible characters, Cyrillic, Greek, small capitals, combining marks."""
UNLIKE = ["alicia", "alice2", "al-ice", "älice", "alíce", "艾丽丝", "Αλίκη", "Neil", "Nell"]


@pytest.mark.parametrize("name", LIKE_ALICE)
def test_names_that_look_like_another_are_that_name(name: str) -> None:
    assert skeleton(name) == skeleton("alice") != ""


def test_names_that_look_different_are_different() -> None:
    assert len({skeleton(name) for name in [*UNLIKE, "alice"]}) == len(UNLIKE) + 1
    assert skeleton("Ärger") == skeleton("ärger") == skeleton("A\u0308RGER")
    assert skeleton("A\u200b\u0308rger") == skeleton("A\u034f\u0308rger") == skeleton("Ärger")
    assert skeleton("\u200b\u3164") == skeleton("\u2800\u0301\U0001d159") == ""
    assert len({skeleton(name) for name in ("ạn", "an", "কে", "কি", "دُ", "دَ")}) == 6, "marks that make another letter"


@pytest.mark.parametrize("name", ["аlice", "ａlice", "ALICE", "al\u3164ice"])
def test_nobody_joins_under_a_name_like_anothers(cast: Cast, name: str) -> None:
    _, secret = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    visitor = Client()
    visitor.get(reverse("invitation", args=[secret]))
    assert visitor.post("/join/", {"name": name, "password": PASSWORD}).status_code == 422
    with pytest.raises(IntegrityError):
        User.objects.create_user(name)


@pytest.mark.parametrize("name", ["аlice", "Al\u200bice", "ＡＬＩＣＥ", "\u200b"])
def test_nobody_is_shown_under_a_name_like_anothers(cast: Cast, name: str) -> None:
    assert enter(cast.bob).post("/account/", {"display_name": name}).status_code == 422
    page = reverse("admin:conversations_user_change", args=[cast.bob.pk])
    given = {"username": "bob", "display_name": name, "language": "en", "is_active": "on"}
    answer = enter(cast.alice).post(page, given)
    assert "This name is taken." in answer.content.decode()
    assert User.objects.get(pk=cast.bob.pk).display_name == ""


def test_two_are_not_shown_under_names_that_look_alike(cast: Cast) -> None:
    assert enter(cast.bob).post("/account/", {"display_name": "Chief"}).status_code == 302
    assert enter(cast.carol).post("/account/", {"display_name": "Сhiеf"}).status_code == 422
    with pytest.raises(IntegrityError):
        User.objects.create_user("dora", display_name="CHIEF")
    assert enter(cast.bob).post("/account/", {"display_name": "Bob"}).status_code == 302, "one's own name"


@pytest.mark.parametrize("name", ["Сrew", "CREW", "Cr\u00adew", "\u200b"])
def test_no_team_is_called_like_another(cast: Cast, name: str) -> None:
    answer = enter(cast.carol).post("/teams/new/", {"name": name})
    assert "This name is taken." in answer.content.decode()
    other = actions.create_team(cast.alice, "Others")
    if skeleton(name):
        with pytest.raises(Refused):
            actions.change_team(cast.alice, other.pk, name=name)
    given = {"name": name, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    answer = enter(cast.alice).post(reverse("admin:conversations_team_add"), given)
    assert "This name is taken." in answer.content.decode()
    assert set(Team.objects.values_list("name", flat=True)) == {"Crew", "Others"}


@pytest.mark.parametrize("typed", ["Ärger", "ärger", "ÄRGER", "Ａ\u0308rger", " ärger "])
def test_a_name_is_found_however_it_is_typed(cast: Cast, typed: str) -> None:
    User.objects.create_user("Ärger", password=PASSWORD)
    visitor = browser()
    visitor.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    assert is_in(visitor)


def test_a_second_superuser_of_the_name_is_refused_in_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False, username="ALICE", email="")


def test_those_who_were_alike_before_stay_two(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(username="аlice")  # as it could be before: no key is computed
    User.objects.update(username_key=None)
    import_module("conversations.migrations.0015_name_keys").compute_keys(apps, None)
    assert User.objects.get(pk=cast.alice.pk).username_key == "alice"
    for person, name in ((cast.alice, "alice"), (cast.bob, "аlice")):
        assert User.objects.get_by_natural_key(name) == person
