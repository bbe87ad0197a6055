"""Secrets in places that are easily overlooked: log lines, addresses, the repository, child processes."""

import logging
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.log import logging as django_logging

from chatsite.logs.masking import WithoutSecrets, masked
from conversations.models import Conversation
from tests.conftest import CANARY, Cast

BASE = Path(__file__).resolve().parent.parent
BODY = secrets.token_hex(16)

SHAPES = [
    f"sk-{BODY}", f"sk-proj-{BODY}", f"sk-or-v1-{BODY}", f"sk-ant-api03-{BODY}", f"gsk_{BODY}", f"xai-{BODY}",
    f"hf_{BODY}", f"r8_{BODY}", f"AIza{BODY}{BODY[:3]}", f"ya29.{BODY}", f"AKIA{BODY[:16].upper()}",
    f"ASIA{BODY[:16].upper()}", f"ghp_{BODY}", f"github_pat_{BODY}", f"glpat-{BODY}", f"xoxb-{BODY}",
    f"sk_live_{BODY}", f"pypi-{BODY}", f"eyJ{BODY}.{BODY}.{BODY}",
    f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----",
    f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}",
    f"Authorization: Bearer {BODY}", f"Authorization: {BODY}", f"authorization={BODY}", f"Bearer {BODY}",
    f"Basic {BODY}", f"x-goog-api-key: {BODY}", f"X-Api-Key: {BODY}", f'"api_key": "{BODY}"', f"'apiKey': '{BODY}'",
    f"apikey={BODY}", f"secret={BODY}", f"SECRET_KEY = '{BODY}'", f"password={BODY}", f'"token":"{BODY}"',
    f"access_token={BODY}", f"csrftoken={BODY}", f"sessionid={BODY}", f"__Host-sessionid={BODY}",
    f"__Host-csrftoken={BODY}", f"Set-Cookie: sessionid={BODY}; Path=/",
    f"postgres://chatsite:{BODY}@db/chatsite", f"redis://:{BODY}@cache:6379", f'{{\\"api_key\\": \\"{BODY}\\"}}',
]  # fmt: skip


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(CANARY)


@pytest.fixture
def written() -> Callable[..., str]:
    """Return a function that logs a record and returns the output of the site's own handler."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            extra = {name: value for name, value in vars(record).items() if name in ("request", "detail")}
            lines.append(f"{self.format(record)} {extra}")

    def write(message: object, *args: object, **more: Any) -> str:
        lines.clear()
        handler = Kept()
        for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
            path = settings.LOGGING["filters"][name]["()"]
            handler.addFilter(getattr(sys.modules[path.rpartition(".")[0]], path.rpartition(".")[2])())
        logger = django_logging.Logger("test")
        logger.addHandler(handler)
        logger.warning(message, *args, **more)
        return "\n".join(lines)

    return write


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))  # their names would differ from process to process
def test_k14_no_shape_of_a_secret_gets_into_the_log(written: Callable[..., str], shape: str) -> None:
    def failing() -> None:
        raise ValueError(f"said {shape}")

    said = [written(f"it was {shape} there"), written("it was %s", shape), written("%s", {"a": [shape]})]
    said += [written("%r", shape.encode()), written("x", extra={"detail": {"a": [{"b": shape}], "c": shape.encode()}})]
    try:
        failing()
    except ValueError:
        said.append(written("failed", exc_info=True))
    for line in said:
        assert line
        assert BODY not in line
        assert BODY.upper()[:16] not in line


def test_k14_a_record_that_cannot_be_read_is_dropped(written: Callable[..., str]) -> None:
    assert written("%s", Unprintable()) == ""
    assert written("two %s %s", "one") == ""
    assert written("fine") != ""


def test_k14_what_is_no_secret_stays(written: Callable[..., str]) -> None:
    for text in (
        "The reply 01a1fd10-a420-7636-9232-293721efd56d ended", "GET /conversations/ 200", "3 tokens in, 5 tokens out",
        "https://vendor.example/v1/models", "basic checks passed", "a token of friendship", "task-force of twelve",
    ):  # fmt: skip
        assert masked(text) == text
        assert text in written(text)


def test_k14_the_log_of_the_site_is_masked() -> None:
    assert any(filters == ["masked", "terse", "counted"] for filters in _handlers())
    assert isinstance(WithoutSecrets(), logging.Filter)


def _handlers() -> list[list[str]]:
    return [handler["filters"] for handler in settings.LOGGING["handlers"].values()]


def test_k09_no_page_tells_another_site_where_its_reader_was(cast: Cast, sign_in: Callable[..., Client]) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    client = sign_in(cast.alice)
    for page in ("/", f"/conversations/{conversation.id}/", "/admin/", "/api/v1/me", "/accounts/login/"):
        assert client.get(page).headers["Referrer-Policy"] in ("same-origin", "no-referrer"), page


SECRET_IN_ADDRESS = re.compile(r"[?&](api_?key|key|token|secret|session(id)?|password)=", re.IGNORECASE)


def test_k10_no_address_of_ours_carries_a_secret() -> None:
    """Gemini's ?key= is the vendor's own way, where an administrator has chosen it; the transport alone writes it."""
    texts = {path: path.read_text("utf-8") for folder in ("templates", "static/js", "conversations", "chatsite")
             for path in (BASE / folder).rglob("*") if path.suffix in (".html", ".js", ".py")}  # fmt: skip
    assert texts
    assert [path for path, text in texts.items() if SECRET_IN_ADDRESS.search(text)] == []


LOOKS_REAL = re.compile(
    r"AIza[A-Za-z0-9_-]{35}|sk-(proj-|ant-|or-)?[A-Za-z0-9]{40,}|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{100,}"
)


def test_k11_the_repository_holds_no_key() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE, capture_output=True, text=True, check=True).stdout
    files = [BASE / name for name in listed.split("\0") if name]
    if not files:
        files = [path for path in BASE.rglob("*") if ".venv" not in path.parts and path.is_file()]
    texts = ((path, path.read_bytes().decode("latin-1")) for path in files if path.is_file())
    found = [(str(path), match[0][:12]) for path, text in texts if (match := LOOKS_REAL.search(text))]
    assert [(path, start) for path, start in found if not path.endswith("conftest.py")] == []
