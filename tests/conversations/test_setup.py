"""The first run: everything leads to the set-up, and exactly one visitor becomes the administrator."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client

from conversations import actions
from conversations.accounts import first_run
from conversations.errors import NotFound
from conversations.models import Installation, User
from tests.conftest import PASSWORD

WORDS = {"name": "alice", "password": PASSWORD, "language": "en"}
CODE = "the-code-that-was-printed"
ELSEWHERE = "203.0.113.9"

pytestmark = pytest.mark.usefixtures("static_files", "transactional_db")


@pytest.fixture(autouse=True)
def _known(settings: Any) -> None:
    settings.CHATSITE_SETUP_CODE = CODE


def visitor(**place: str) -> Client:
    """Return a browser that asks for localhost, from 127.0.0.1 unless `place` differs."""
    return Client(**{"SERVER_NAME": "localhost", **place})


@pytest.mark.parametrize(
    "path",
    ["/", "/conversations/01900000-0000-7000-8000-000000000000/", "/accounts/login/", "/admin/", "/admin/login/",
     "/api/v1/me", "/api/v1/openapi.json", "/local-model/", "/no/such/page/", "/setup"],
)  # fmt: skip
def test_every_page_leads_to_the_set_up(path: str) -> None:
    for response in (visitor().get(path), visitor().post(path)):
        assert (response.status_code, response.headers["Location"]) == (302, "/setup/")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_health_pages_answer_before_the_set_up(path: str) -> None:
    assert visitor().get(path).json()["status"] == "ok"


def test_a_visitor_from_this_machine_becomes_the_administrator_and_is_signed_in() -> None:
    client = visitor()
    assert 'name="code"' not in client.get("/setup/").content.decode()
    response = client.post("/setup/", WORDS)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    person = User.objects.get()
    assert (person.username, person.is_superuser, person.is_staff, person.language) == ("alice", True, True, "en")
    assert Installation.objects.get().administrator == person
    assert client.get("/").status_code == 200
    assert visitor().login(username="alice", password=PASSWORD)


def test_afterwards_the_page_is_not_there() -> None:
    visitor().post("/setup/", WORDS)
    for response in (visitor().get("/setup/"), visitor().post("/setup/", WORDS | {"name": "mallory"})):
        assert response.status_code == 404
    assert first_run.code() is None
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "place",
    [
        {"REMOTE_ADDR": ELSEWHERE},
        {"REMOTE_ADDR": "fd00::9"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": ELSEWHERE},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "::1", "HTTP_FORWARDED": f"for={ELSEWHERE}"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": ELSEWHERE},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"},
        {"REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "testserver"},
    ],
)
def test_a_visitor_from_elsewhere_needs_the_code(place: dict[str, str]) -> None:
    _needs_the_code(visitor(**place))


@pytest.mark.parametrize("origin", ["https://chat.example.org", "http://192.0.2.7:8000"])
def test_a_site_that_others_reach_asks_for_the_code_at_loopback_too(settings: Any, origin: str) -> None:
    """A forwarder of connections is a loopback peer, and its visitors name what host they like."""
    settings.CHATSITE_ORIGINS = [*settings.CHATSITE_ORIGINS, origin]
    _needs_the_code(visitor())


def _needs_the_code(client: Client) -> None:
    assert 'name="code"' in client.get("/setup/").content.decode()
    for wrong in ("", "wrong", CODE[:-1], CODE.upper(), "ｃｏｄｅ"):
        assert client.post("/setup/", WORDS | {"code": wrong}).status_code == 200
    assert not User.objects.exists()
    assert client.post("/setup/", WORDS | {"code": CODE}).status_code == 302
    assert User.objects.get().is_superuser


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_needs_no_code(address: str) -> None:
    assert visitor(REMOTE_ADDR=address).post("/setup/", WORDS).status_code == 302


def test_the_link_that_is_printed_fills_in_the_code() -> None:
    shown = visitor(REMOTE_ADDR=ELSEWHERE).get(f"/setup/?code={CODE}").content.decode()
    assert f'value="{CODE}"' in shown


def test_a_wrong_code_says_so_and_a_hostile_one_is_escaped() -> None:
    response = visitor(REMOTE_ADDR=ELSEWHERE).post("/setup/", WORDS | {"code": '"><script>'})
    assert "This is not the code that was printed." in response.content.decode()
    assert "<script>" not in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "short"}, "too short"),
        ({"password": "password123"}, "too common"),
        ({"name": "benjamin-franklin", "password": "benjamin-franklin"}, "too similar"),
        ({"password": ""}, "required"),
        ({"name": ""}, "required"),
        ({"name": "a b<c>"}, "valid username"),
        ({"name": "a" * 151}, "150"),
        ({"name": "a\0b"}, "Null characters"),
        ({"language": "xx"}, "valid choice"),
    ],
)
def test_what_does_not_do_is_refused_with_words(wrong: dict[str, str], words: str) -> None:
    response = visitor().post("/setup/", WORDS | wrong, headers={"accept-language": "en"})
    assert response.status_code == 200
    shown = response.content.decode()
    if "language" not in wrong:  # the page has a list for it
        assert words in shown
    assert PASSWORD not in shown
    assert not User.objects.exists()


def test_the_form_needs_its_token() -> None:
    assert visitor(enforce_csrf_checks=True).post("/setup/", WORDS).status_code == 403
    assert not User.objects.exists()


def test_the_page_speaks_the_language_that_was_chosen() -> None:
    client = visitor(headers={"accept-language": "en"})
    client.post("/setup/", WORDS | {"language": "zh-hans"})
    assert 'lang="zh-hans"' in client.get("/").content.decode().lower()


def test_of_eight_who_race_exactly_one_wins() -> None:
    together = threading.Barrier(8)

    def race(number: int) -> int:
        client = visitor()
        client.get("/livez")
        together.wait()
        try:
            return client.post("/setup/", WORDS | {"name": f"racer{number}"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as racers:
        results = sorted(racers.map(race, range(8)))
    assert results == [302] + [404] * 7
    assert User.objects.count() == Installation.objects.count() == 1


def test_createsuperuser_ends_the_first_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "root")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "root@site.example")
    call_command("createsuperuser", interactive=False, verbosity=0)
    assert visitor().get("/setup/").status_code == 404
    assert visitor().get("/").headers["Location"] == "/accounts/login/?next=/"
    assert visitor().login(username="root", password=PASSWORD)
    with pytest.raises(NotFound):  # a person who had the form open until then
        actions.create_administrator("mallory", PASSWORD, "en")
    assert User.objects.count() == 1


def test_who_deletes_the_first_administrator_does_not_open_the_set_up_again() -> None:
    visitor().post("/setup/", WORDS)
    User.objects.all().delete()
    assert visitor().get("/setup/").status_code == 404
