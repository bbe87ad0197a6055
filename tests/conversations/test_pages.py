"""The properties of every page: health, language, headers, and the redirect to the sign-in."""

import re
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from conversations.models import Conversation, Installation, User
from conversations.readiness import Readiness
from conversations.text import title_of
from providers.models import LanguageModel
from tests.conftest import CANARY, PASSWORD, Cast, serve
from tests.fake_vendor import FakeVendor

NOBODY = "01900000-0000-7000-8000-000000000000"

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def enter() -> Callable[[User], Client]:
    def client_of(person: User, **more: Any) -> Client:
        client = Client(**more)
        client.force_login(person)
        return client

    return client_of


# --- Health --------------------------------------------------------------------------------------------------------


def test_health_is_told_to_anybody_and_tells_nothing_else(cast: Cast) -> None:
    assert Client().get("/livez").json() == {"status": "ok"}
    assert Client().get("/readyz").json() == {"status": "ok", "version": "0.1.0"}
    for path in ("/livez", "/readyz"):  # many a monitor asks for the head alone
        assert (Client().head(path).status_code, Client().head(path).content) == (200, b"")


def test_without_a_database_the_site_is_alive_and_not_ready(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError(f"connection to postgres://u:{CANARY}@db failed")

    monkeypatch.setattr("conversations.views.site.readiness", Readiness())
    monkeypatch.setattr("chatsite.health.checks._write_a_row", refuse)
    assert Client().get("/livez").status_code == 200
    response = Client().get("/readyz")
    told = {"status": "unavailable", "code": "database_failing", "version": "0.1.0"}
    assert (response.status_code, response.json()) == (503, told)


# --- Language ------------------------------------------------------------------------------------------------------


def test_the_browser_chooses_the_language(cast: Cast) -> None:
    for accepted, language in (("zh-CN,zh;q=0.9", "zh-hans"), ("en-GB", "en"), ("fr", "en"), ("", "en")):
        response = Client(headers={"accept-language": accepted}).get("/accounts/login/")
        assert response.headers["Content-Language"] == language
    assert "登录" in Client(headers={"accept-language": "zh"}).get("/accounts/login/").content.decode()


def test_a_person_keeps_the_language_they_choose(cast: Cast, enter: Callable[..., Client]) -> None:
    client = enter(cast.alice)
    client.post("/language/", {"language": "zh-hans", "next": "/"})
    cast.alice.refresh_from_db()
    assert cast.alice.language == "zh-hans"
    elsewhere = enter(cast.alice, headers={"accept-language": "en"})
    assert elsewhere.get("/").headers["Content-Language"] == "zh-hans"


def test_a_visitor_keeps_it_too(cast: Cast) -> None:
    client = Client(headers={"accept-language": "en"})
    client.post("/language/", {"language": "zh-hans", "next": "/accounts/login/"})
    assert client.get("/accounts/login/").headers["Content-Language"] == "zh-hans"


def test_an_unknown_language_changes_nothing(cast: Cast, enter: Callable[..., Client]) -> None:
    for unknown in ("xx", "", "zh-hans\r\nX-A: b", "../../etc"):
        response = enter(cast.alice).post("/language/", {"language": unknown})
        assert response.status_code == 302
        assert not response.cookies
    cast.alice.refresh_from_db()
    assert cast.alice.language == "en"


OPEN_REDIRECTS = ["//evil.test", "\\\\evil.test", "/\\evil.test", "https://evil.test/", "javascript:alert(1)",
                  "///evil", "http:evil.test", "https:///evil.test", "\t//evil.test", "/\t/evil.test", ""]  # fmt: skip


@pytest.mark.parametrize("target", OPEN_REDIRECTS)
def test_nobody_is_led_to_another_site(cast: Cast, target: str) -> None:
    response = Client().post("/language/", {"language": "en", "next": target})
    assert response.headers["Location"] == "/"
    signed_in = Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": target})
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/")


def test_a_page_of_this_site_is_gone_back_to(cast: Cast) -> None:
    response = Client().post("/language/", {"language": "en", "next": "/accounts/login/?next=/admin/"})
    assert response.headers["Location"] == "/accounts/login/?next=/admin/"


def test_the_language_is_changed_by_post_only(cast: Cast) -> None:
    opened = Client().get("/language/", headers={"accept": "text/html"})
    assert (opened.status_code, opened.headers["Allow"]) == (405, "POST")
    assert "Nothing was sent" in opened.content.decode()
    assert Client().get("/language/").content == b""
    assert Client(enforce_csrf_checks=True).post("/language/", {"language": "en"}).status_code == 403


# --- Signing in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", f"/conversations/{NOBODY}/", "/local-model/"])
def test_signed_out_pages_lead_to_the_sign_in(cast: Cast, path: str) -> None:
    assert Client().get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_signing_in_and_out(cast: Cast) -> None:
    client = Client()
    wrong = client.post("/accounts/login/", {"login": "alice", "password": "not this one"})
    assert wrong.status_code == 200
    right = client.post("/accounts/login/?next=/admin/", {"login": "alice", "password": PASSWORD, "next": "/admin/"})
    assert (right.status_code, right.headers["Location"]) == (302, "/admin/")
    assert client.get("/").status_code == 200
    assert "Clear-Site-Data" not in client.get("/accounts/logout/").headers
    assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"storage"'
    assert client.get("/").status_code == 302
    assert "Clear-Site-Data" not in client.post("/accounts/logout/").headers


def test_signing_in_changes_the_session_key(cast: Cast) -> None:
    client = Client()
    client.get("/accounts/login/")
    client.session.save()
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert client.session.session_key != before


def test_an_unknown_person_hears_the_same_as_a_wrong_password(cast: Cast) -> None:
    def complaint(name: str) -> str:
        shown = Client().post("/accounts/login/", {"login": name, "password": "not this one"}).content.decode()
        return re.sub(r'csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", shown).replace(name, "NAME")

    assert complaint("alice") == complaint("nobody")


def test_who_was_switched_off_is_out_at_once(cast: Cast, enter: Callable[..., Client]) -> None:
    client = enter(cast.bob)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_nobody_signs_up_by_themselves(cast: Cast) -> None:
    words = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD}
    for response in (Client().get("/accounts/signup/"), Client().post("/accounts/signup/", words)):
        assert 'name="password1"' not in response.content.decode()
    assert not User.objects.filter(username="mallory").exists()


# --- Headers -------------------------------------------------------------------------------------------------------


def assert_strict(response: HttpResponse, admin: bool = False, static: bool = False) -> None:
    headers = response.headers
    policy = {name: rest for name, _, rest in (part.strip().partition(" ") for part in _policy(response))}
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "*" not in headers["Content-Security-Policy"]
    if static or headers["Content-Type"].startswith("application/json"):
        assert policy.keys() == {"default-src", "base-uri", "frame-ancestors"}
    else:
        assert re.fullmatch(r"'self'( 'nonce-[\w+/=-]{16,}')?", policy["script-src"])
        assert ("require-trusted-types-for" in policy) == (not admin)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers.get("X-Frame-Options", "DENY") == "DENY"  # of frame-ancestors it is the older name
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert static or "camera=()" in headers["Permissions-Policy"]


def _policy(response: HttpResponse) -> list[str]:
    return [part for part in response.headers["Content-Security-Policy"].split(";") if part.strip()]


def assert_inline_scripts_carry_the_nonce(response: HttpResponse) -> None:
    text = response.content.decode()
    nonce = re.search(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])
    for tag in re.findall(r"<script[^>]*>", text):
        inert = "application/json" in tag
        assert inert or "src=" in tag or (nonce and f'nonce="{nonce[1]}"' in tag), tag
    assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)=", text)


ROUTES = ["/", "/setup/", "/accounts/login/", "/accounts/logout/", "/accounts/password/reset/", "/accounts/signup/",
          "/language/", "/local-model/", f"/conversations/{NOBODY}/", "/no/such/page/", "/livez", "/readyz",
          "/api/v1/me", "/api/v1/models", "/api/v1/no-such-call", "/api/v1/openapi.json",
          f"/api/v1/conversations/{NOBODY}", "/static/no-such-file.css"]  # fmt: skip


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_carries_the_strict_headers(cast: Cast, enter: Callable[..., Client], path: str) -> None:
    for client in (Client(), enter(cast.alice)):
        for response in (client.get(path), client.post(path)):
            assert_strict(response)
            if response.headers.get("Content-Type", "").startswith("text/html"):
                assert_inline_scripts_carry_the_nonce(response)


@pytest.mark.parametrize("path", ["/admin/", "/admin/providers/endpoint/", "/admin/no-such-page/"])
def test_the_admin_is_strict_too(cast: Cast, enter: Callable[..., Client], path: str) -> None:
    assert_strict(enter(cast.alice).get(path, follow=True), admin=True)


def test_static_files_carry_them_too(cast: Cast) -> None:
    sheet = re.search(r'href="(/static/css/site[^"]*)"', Client().get("/accounts/login/").content.decode())
    assert sheet
    response = Client().get(sheet[1])
    assert response.status_code == 200
    assert_strict(response, static=True)
    assert "immutable" in response.headers["Cache-Control"]


def test_a_nonce_is_used_once(cast: Cast, enter: Callable[..., Client]) -> None:
    client = enter(cast.alice)
    first, second = (client.get("/").headers["Content-Security-Policy"] for _ in range(2))
    assert "'nonce-" in first
    assert first != second


def test_a_page_that_breaks_says_nothing_of_why(
    cast: Cast, enter: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        local_variable = CANARY
        raise RuntimeError(f"broken {local_variable[:3]}")

    Installation.objects.create(name="Harbour", administrator=cast.alice)
    client = enter(cast.alice, raise_request_exception=False)
    client.get("/account/")
    monkeypatch.setattr("conversations.views.chat._chat_context", broken)
    response = client.get("/")
    assert response.status_code == 500
    assert_strict(response)
    shown = response.content.decode()
    assert "<title>Something broke · Harbour</title>" in shown
    assert "RuntimeError" not in shown
    assert "broken sk-" in caplog.text
    assert CANARY not in caplog.text


def test_private_pages_are_kept_by_nobody(cast: Cast, enter: Callable[..., Client]) -> None:
    client = enter(cast.alice)
    for path in ("/", "/local-model/"):
        assert "no-store" in client.get(path).headers["Cache-Control"]


# --- The chat page -------------------------------------------------------------------------------------------------


def test_the_page_tells_its_version(cast: Cast, enter: Callable[..., Client]) -> None:
    assert "Chatsite 0.1.0</p>" in enter(cast.bob).get("/").content.decode()


def test_the_page_shows_ones_own_and_ones_teams_conversations(cast: Cast, enter: Callable[..., Client]) -> None:
    Conversation.objects.create(owner=cast.alice, title="Private of Alice")
    Conversation.objects.create(owner=cast.alice, team=cast.team, title="Shared by Alice")
    for person, seen in ((cast.alice, (True, True)), (cast.rita, (False, True)), (cast.carol, (False, False))):
        shown = enter(person).get("/").content.decode()
        assert ("Private of Alice" in shown, "Shared by Alice" in shown) == seen


def test_a_new_conversation_begins_with_the_model_that_one_used_last(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, enter: Callable[..., Client]
) -> None:
    serve(vendor, "openai", "albatross")
    chosen = r'<option value="([^"]+)"[^>]* selected'
    first = re.search(chosen, enter(cast.bob).get("/").content.decode())
    assert first is None or first[1] != str(model.pk), "the first of the alphabet"
    Conversation.objects.create(owner=cast.alice, team=cast.team, title="Hers", model=None)
    Conversation.objects.create(owner=cast.bob, title="His", model=model)
    then = re.search(chosen, enter(cast.bob).get("/").content.decode())
    assert then is not None
    assert then[1] == str(model.pk)


def test_an_absent_and_a_foreign_conversation_look_the_same(cast: Cast, enter: Callable[..., Client]) -> None:
    foreign = Conversation.objects.create(owner=cast.alice, title="Private of Alice")
    client = enter(cast.bob)

    def shown(conversation_id: object) -> str:
        response = client.get(f"/conversations/{conversation_id}/")
        assert response.status_code == 404
        return re.sub(r'value="[^"]{60,}"|nonce="[^"]*"', "", response.content.decode()).replace(
            str(conversation_id), "ID"
        )

    assert shown(foreign.pk) == shown(NOBODY)


def test_a_hostile_title_is_text(cast: Cast, enter: Callable[..., Client]) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, title="<img src=x onerror=alert(1)>")
    shown = enter(cast.alice).get(f"/conversations/{conversation.pk}/").content.decode()
    assert "<img src=x" not in shown
    assert "&lt;img src=x" in shown


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>\n" * 400, "a\u202eb\u2066c\r\n\u2028d " * 900, "x" * 10_000, "\n" * 9_000 + "Hi"],
)
def test_r15_a_title_made_of_a_hostile_text_is_one_short_line(text: str) -> None:
    title = title_of(text)
    assert 0 < len(title) <= 61
    assert title.isprintable()


def test_only_staff_adds_an_endpoint(cast: Cast, enter: Callable[..., Client]) -> None:
    words = {"preset": "openai", "models": "m", "key": CANARY}
    assert enter(cast.bob).post("/endpoints/add/", words).status_code in (302, 403)
    assert "m" not in enter(cast.alice).get("/api/v1/models").json()
    assert enter(cast.alice).post("/endpoints/add/", words).headers["Location"] == "/"
    assert [model["name"] for model in enter(cast.bob).get("/api/v1/models").json()] == ["m"]


def test_an_endpoint_that_is_refused_is_said_in_words_and_the_key_is_not_shown(
    cast: Cast, enter: Callable[..., Client]
) -> None:
    words = {"preset": "openai-compatible", "base_url": "https://10.0.0.1/v1", "models": "m", "key": CANARY}
    response = enter(cast.alice).post("/endpoints/add/", words)
    assert response.status_code == 422
    assert "private address" in response.content.decode()
    assert CANARY not in response.content.decode()


def test_a_browser_without_scripts_is_told_that_the_chat_needs_them(
    cast: Cast, enter: Callable[[User], Client]
) -> None:
    page = enter(cast.alice).get("/").content.decode()
    assert "<noscript><p" in page
    assert "Scripts are switched off in this browser" in page


def test_pages_are_compressed_as_the_browser_can_and_their_length_tells_little(cast: Cast) -> None:
    def opened(encodings: str) -> Any:
        return Client(headers={"host": "127.0.0.1", "accept-encoding": encodings}).get("/accounts/login/")

    pages = [opened("gzip, deflate, br, zstd") for _ in range(8)]
    assert {page.headers["Content-Encoding"] for page in pages} == {"br"}
    assert all("Accept-Encoding" in page.headers["Vary"] for page in pages)
    assert b"<form" in brotli.decompress(pages[0].content)
    assert len(pages[0].content) == int(pages[0].headers["Content-Length"])
    assert len({len(page.headers["X-Padding"]) for page in pages}) > 1
    for encodings in ("gzip, br;q=0", "gzip, br; q=0.0, zstd", "gzip"):
        assert opened(encodings).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in opened("br;q=0").headers
