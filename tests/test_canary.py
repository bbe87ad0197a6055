"""The vendor's key, with a vendor that repeats it everywhere: it reaches only the vendor."""

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.module_loading import import_string

from conversations.models import Message
from providers.client.route import route_of
from providers.models import ApiKey, Deployment, Endpoint, Trouble
from providers.types import Part, Prompt, Turn
from tests.conftest import CANARY, Cast, serve
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import Step, close, event, gemini_end, gemini_event, openai_end, openai_event

HALVES = CANARY[: len(CANARY) // 2], CANARY[len(CANARY) // 2 :]
JSON = {"Content-Type": "application/json"}
FAULT = "a fault of our own"

OPENAI: dict[str, Sequence[Step]] = {
    "delta": [openai_event(f"Your key is {CANARY}, is it not?"), openai_end()],
    "delta in two": [openai_event(f"Your key is {HALVES[0]}"), openai_event(f"{HALVES[1]}, is it not?"), openai_end()],
    "delta in letters": [*map(openai_event, f"It is {CANARY}!"), openai_end()],
    "thought in two": [
        *(openai_event("", reasoning_content=half) for half in HALVES),
        openai_event("Hm."),
        openai_end(),
    ],
    "refusal in two": [*(openai_event("", refusal=half) for half in HALVES), openai_end("content_filter")],
    "finish": [openai_event("Hm."), openai_end(CANARY)],
    "cut off inside": [openai_event(f"Your key is {HALVES[0]}"), close],
    "error body": [401, JSON, json.dumps({"error": {"message": f"Wrong key {CANARY}", "code": CANARY}}).encode()],
    "plain error body": [500, {"Content-Type": "text/plain"}, f"no such key: {CANARY}".encode()],
    "web page": [502, {"Content-Type": "text/html"}, f"<h1>{CANARY}</h1>".encode()],
    "error in the stream": [openai_event("Hm."), event({"error": {"message": f"Bearer {CANARY} has no quota"}})],
    "header": [429, {**JSON, "Retry-After": CANARY, "X-Key": CANARY, "Set-Cookie": f"key={CANARY}"}, b"{}"],
    "redirect": [302, {"Location": f"https://vendor.example/?key={CANARY}"}, b""],
    "nonsense": [{"Content-Type": "text/plain"}, f"key={CANARY}".encode()],
    "no event": [f"data: {{{CANARY}\n\n".encode(), openai_event("Hm."), openai_end()],
}
GEMINI: dict[str, Sequence[Step]] = {
    "gemini delta in two": [*map(gemini_event, HALVES), gemini_end()],
    "gemini thought": [
        event({"candidates": [{"content": {"parts": [{"text": CANARY, "thought": True}]}}]}),
        gemini_event("Hm."),
        gemini_end(),
    ],
    "gemini block": [event({"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": f"key {CANARY}"}})],
    "gemini error": [400, JSON, json.dumps([{"error": {"code": 400, "message": f"bad key={CANARY}"}}]).encode()],
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, settings: Any) -> Iterator[pytest.LogCaptureFixture]:
    """Return everything logged at the most verbose level, SQL included."""
    closed = [logging.getLogger(name) for name in settings.LOGGING["loggers"]]
    caplog.set_level(logging.DEBUG)
    for logger in closed:
        logger.addHandler(caplog.handler)
    connection.force_debug_cursor = True
    yield caplog
    connection.force_debug_cursor = False
    for logger in closed:
        logger.removeHandler(caplog.handler)


def assert_clean(where: str, text: str) -> None:
    """Check that neither the key nor half of it is there."""
    for piece in (CANARY, *HALVES):
        assert piece not in text, where


def ask_and_hear(alice: Socket, model: object) -> dict[str, Any]:
    ack = alice.ask("message.send", conversation=None, text="Which key do I use?", models=[model])
    assert ack["type"] == "ack", ack
    return alice.event("message.finished")["message"]


def assert_unheard(alice: Socket) -> None:
    assert_clean("frames", json.dumps(alice.frames))
    for kind in ("text", "thought"):
        said = "".join(frame.get(kind) or "" for frame in alice.frames if frame["type"] == "message.delta")
        assert_clean(f"{kind} of all deltas", said)


def assert_unshown(client: Client, conversation: str) -> None:
    pages = [
        "/", f"/conversations/{conversation}/", f"/api/v1/conversations/{conversation}/messages",
        "/api/v1/conversations", "/api/v1/models", "/api/v1/openapi.json", "/readyz", "/admin/",
        *(reverse(f"admin:providers_{name}_changelist") for name in ("endpoint", "apikey", "languagemodel")),
        *(reverse("admin:providers_endpoint_change", args=[row.pk]) for row in Endpoint.objects.all()),
        *(reverse("admin:providers_apikey_change", args=[row.pk]) for row in ApiKey.objects.all()),
    ]  # fmt: skip
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert_clean(page, response.content.decode() + str(response.headers) + str(response.cookies))


def assert_undumped() -> None:
    dump = io.StringIO()
    call_command("dumpdata", stdout=dump)
    assert "Which key do I use?" in dump.getvalue()
    assert_clean("dumpdata", dump.getvalue())


def assert_unstored() -> None:
    assert_undumped()
    database = Path(str(connection.settings_dict["NAME"]))
    files = list(database.parent.glob(f"{database.name}*"))
    assert database in files
    for file in files:
        assert_clean(file.name, file.read_bytes().decode("latin-1"))


@pytest.mark.usefixtures("any_number_of_conversations")
@pytest.mark.parametrize("wire", [pytest.param("openai", marks=pytest.mark.soak), "gemini"])
def test_k03_a_vendor_that_repeats_the_key_is_not_repeated(
    cast: Cast,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
    sign_in: Callable[..., Client],
    log: pytest.LogCaptureFixture,
    wire: str,
) -> None:
    model = serve(vendor, wire)
    alice, client = connect(cast.alice), sign_in(cast.alice)
    for name, script in {"openai": OPENAI, "gemini": GEMINI}[wire].items():
        print(name)
        vendor.play(script)
        told = ask_and_hear(alice, model.id)
        assert CANARY in str(vendor.requests[-1].headers)
        assert_unheard(alice)
        assert_undumped()
        assert_clean(name, client.get(f"/conversations/{told['conversation']}/").content.decode())
        assert_clean(name, client.get(f"/admin/keys/{ApiKey.objects.get().pk}/").content.decode())
        Trouble.objects.all().delete()  # the time is over for which such a vendor is left alone
    assert_unshown(client, told["conversation"])
    assert_unstored()
    assert_clean("log", log.text)


def test_k10_a_key_in_the_address_is_not_logged_either(
    cast: Cast, vendor: FakeVendor, connect: Callable[..., Socket], log: pytest.LogCaptureFixture
) -> None:
    model = serve(vendor, "gemini")
    Endpoint.objects.update(key_placement="query")
    alice = connect(cast.alice)
    assert ask_and_hear(alice, model.id)["status"] == "complete"
    vendor.play([400, JSON, b"{}"])
    assert ask_and_hear(alice, model.id)["status"] == "failed"
    vendor.play([302, {"Location": "/elsewhere"}, b""])
    assert ask_and_hear(alice, model.id)["status"] == "failed"
    assert f"key={CANARY}" in vendor.requests[0].target
    assert_clean("log", log.text)
    assert_unheard(alice)
    assert_unstored()


def test_k02_a_fault_in_the_middle_of_a_call_tells_no_key(
    cast: Cast,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(FAULT)

    model = serve(vendor, "openai")
    monkeypatch.setattr("providers.transport.call.door", broken)
    alice = connect(cast.alice)
    told = ask_and_hear(alice, model.id)
    assert (told["status"], told["error"]["code"]) == ("failed", "unavailable")
    assert FAULT not in json.dumps(alice.frames)
    assert FAULT in log.text
    assert_clean("log", log.text)
    assert_unheard(alice)


@pytest.mark.parametrize("debug", [False, True])
def test_k02_the_report_of_a_fault_shows_no_key(
    vendor: FakeVendor, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    """The mails to administrators and the pages of DEBUG both come from this reporter."""

    def broken(_hosts: object, secret: str = CANARY) -> None:
        raise RuntimeError(FAULT)

    settings.DEBUG = debug
    monkeypatch.setattr("providers.transport.call.door", broken)
    route = route_of(Deployment.objects.get(model=serve(vendor, "openai")))
    request = RequestFactory().get("/")
    try:
        with route.stream(Prompt("parrot", (Turn("user", (Part("text", "Hi"),)),))) as stream:
            list(stream)
    except RuntimeError:
        report = import_string(settings.DEFAULT_EXCEPTION_REPORTER)(request, *sys.exc_info())
    for text in (report.get_traceback_text(), report.get_traceback_html()):
        assert FAULT in text
        assert "call.py" in text
        assert_clean("report", text.replace(f'secret: str = "{CANARY}"', ""))


def test_a_message_of_a_person_is_kept_as_it_is(cast: Cast, vendor: FakeVendor, connect: Callable[..., Socket]) -> None:
    """Only what comes from the vendor is masked; the mask knows nothing of other keys."""
    alice = connect(cast.alice)
    model = serve(vendor, "openai")
    alice.ask("message.send", conversation=None, text="sk-test-somebody-elses-key", models=[model.id])
    assert "sk-test-somebody-elses-key" in alice.event("message.finished")["message"]["text"]
    assert Message.objects.filter(text="sk-test-somebody-elses-key").exists()


def test_k01_after_a_day_of_use_the_key_is_nowhere_but_at_the_vendor(
    cast: Cast,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
    sign_in: Callable[..., Client],
    log: pytest.LogCaptureFixture,
    settings: Any,
) -> None:
    """Chat, fail over, pay, rotate, dump, look at every page of the admin: then search everything that was written."""
    model = serve(vendor, "openai")
    Deployment.objects.update(input_price=1, output_price=1)
    key = ApiKey.objects.get()
    ApiKey.objects.create(endpoint=key.endpoint, secret=f"{CANARY[::-1]}", priority=2)
    alice, client = connect(cast.alice), sign_in(cast.alice)
    vendor.play([401, JSON, json.dumps({"error": {"message": f"Wrong key {CANARY}"}}).encode()])
    told = ask_and_hear(alice, model.id)
    assert told["status"] == "complete"
    call_command("rotatekeys", stdout=io.StringIO())
    for name in ("trouble", "deployment", "languagemodel", "apikey", "endpoint"):
        response = client.get(reverse(f"admin:providers_{name}_changelist"))
        assert_clean(name, response.content.decode())
    for name in ("usagerecord", "budget", "team"):
        assert_clean(name, client.get(reverse(f"admin:conversations_{name}_changelist")).content.decode())
    assert_unheard(alice)
    assert_unshown(client, told["conversation"])
    assert_unstored()
    assert_clean("log", log.text)
    for path in settings.CHATSITE_DATA.rglob("*"):
        if path.is_file():
            assert_clean(str(path), path.read_bytes().decode("latin-1"))


def test_k12_a_child_process_is_told_no_key(cast: Cast, vendor: FakeVendor, connect: Callable[..., Socket]) -> None:
    """A vendor's key is opened in memory for its call.

    Neither the environment nor the command line holds any of it.
    """
    model = serve(vendor, "openai")
    assert ask_and_hear(connect(cast.alice), model.id)["status"] == "complete"
    assert_clean("environment", json.dumps(dict(os.environ)))
    assert_clean("arguments", json.dumps(sys.argv))
