"""Theme and size of text: kept with the account, and carried by every page that the server writes."""

import re
from pathlib import Path

import pytest
from django.test import Client

from conversations.accounts.preferences import LOOK_COOKIE, PAGE_COLORS
from conversations.models import User
from tests.conftest import Cast
from tests.conversations.sharing import content_of, share, talk
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")
SYSTEM = ("system", "normal", "light dark")
DARK = ("dark", "large", "dark")
COLORS = Path(__file__).resolve().parents[2] / "static" / "css" / "colors.css"


def look(page: str) -> tuple[str, str, str]:
    """Return theme, size and color schemes that a page carries."""
    root = re.search(r'<html lang="[^"]+" data-theme="([^"]*)" data-text-size="([^"]*)"[^>]*>', page)
    scheme = re.search(r'<meta name="color-scheme" content="([^"]*)">', page)
    assert root
    assert scheme
    return root[1], root[2], scheme[1]


def choose(client: Client, **choice: str) -> None:
    response = client.post("/appearance/", {"next": "/account/", **choice})
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")


def dark(person: User) -> Client:
    client = enter(person)
    choose(client, theme="dark")
    choose(client, text_size="large")
    return client


def test_a_choice_is_kept_with_the_account(cast: Cast) -> None:
    dark(cast.bob)
    assert look(enter(cast.bob).get("/").content.decode()) == DARK
    assert look(enter(cast.alice).get("/").content.decode()) == SYSTEM


def test_every_page_carries_it(cast: Cast) -> None:
    _, shared = share(cast.alice, talk(cast.alice))
    client = dark(cast.alice)
    paths = ["/", "/account/", "/account/tokens/", "/accounts/2fa/", "/accounts/logout/", "/teams/", "/shares/", shared]
    for path in [*paths, f"/teams/{cast.team.pk}/", "/nowhere/", "/s/nothing/"]:
        assert look(content_of(client.get(path))) == DARK, path


def test_pages_before_the_sign_in_and_of_errors_follow_the_browser(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = dark(cast.bob)
    client.post("/accounts/logout/")
    assert look(client.get("/accounts/login/").content.decode()) == DARK
    assert look(enter(None).get("/accounts/login/").content.decode()) == SYSTEM
    client.raise_request_exception = False
    assert look(client.get("/", headers={"host": "elsewhere.example"}).content.decode()) == DARK
    monkeypatch.setattr("conversations.views.site.static", lambda name: 1 / 0)
    assert look(client.get("/favicon.ico").content.decode()) == DARK
    client.cookies[LOOK_COOKIE] = '"><script>.huge'
    assert look(client.get("/accounts/login/").content.decode()) == SYSTEM


def test_an_unknown_choice_changes_nothing_and_leads_nowhere_else(cast: Cast) -> None:
    client = dark(cast.bob)
    response = client.post("/appearance/", {"theme": "mauve", "text_size": "9", "next": "https://elsewhere.example/"})
    assert response.headers["Location"] == "/"
    assert look(client.get("/").content.decode()) == DARK


def test_the_administration_follows_the_same_choice_and_has_no_other(cast: Cast) -> None:
    page = dark(cast.alice).get("/admin/").content.decode()
    assert look(page) == DARK
    assert not re.search(r"theme\.[\w.]*js|dark_mode|theme-toggle", page)


def test_the_choice_says_what_is_chosen(cast: Cast) -> None:
    page = dark(cast.bob).get("/").content.decode()
    pressed = r'name="(theme|text_size)" value="([^"]+)"[^>]* aria-pressed="true"'
    assert re.findall(pressed, page) == [("theme", "dark"), ("text_size", "large")]


def test_the_frame_of_the_browser_has_the_color_of_the_page(cast: Cast) -> None:
    light, night = PAGE_COLORS["light"], PAGE_COLORS["dark"]
    assert f"--paper: light-dark({light}, {night});" in COLORS.read_text()
    page = dark(cast.bob).get("/").content.decode()
    assert f'<meta name="theme-color" content="{night}" media="all">' in page
    assert f'<meta name="theme-color" content="{light}" media="not all">' in page
