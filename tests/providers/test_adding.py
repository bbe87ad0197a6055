"""Endpoints from the command line: added, replaced, checked; each refusal is one line and exit code 1."""

import io
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import load_command_class
from django.db.models import Q

from conversations.models import Conversation, Message, Team
from providers.endpoints.adding import adopt_local_model
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, default_reply

OTHER_KEY = "sk-test-another-0123456789abcd"
THIRD_KEY = "sk-test-teams-0123456789wxyz"

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command as `manage.py` does; its exit code, its output and its complaint."""
    # The command closes its connections at the end, which would end the test's transaction.
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)

    def command(name: str, *arguments: object, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = 0
        try:
            load_command_class("providers", name).run_from_argv(["manage.py", name, *map(str, arguments)])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        assert CANARY not in said.out + said.err
        assert OTHER_KEY not in said.out + said.err
        return code, said.out, said.err

    return command


def key_of(endpoint: Endpoint) -> str:
    return str(endpoint.keys.get().secret.reveal())


def test_endpoint_key_and_models_in_one_step(run: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{CANARY}\n")
    code, said, complaint = run("addendpoint", "openai", "--model", "a", "--model", "b", "--key-file", tmp_path / "key")
    assert (code, said, complaint) == (0, "OpenAI: https://api.openai.com/v1, a, b\n", "")
    endpoint = Endpoint.objects.get(name="OpenAI")
    assert key_of(endpoint) == CANARY
    assert [model.name for model in LanguageModel.objects.usable(Q())] == ["a", "b"]


def test_an_empty_key_file_removes_no_key(run: Any, tmp_path: Path) -> None:
    given = ("addendpoint", "openai-compatible", "--base-url", "https://one.example/v1", "--model", "m")
    run(*given, stdin=CANARY)
    (tmp_path / "key").write_text(" \n")
    code, _, complaint = run(*given, "--key-file", tmp_path / "key")
    assert (code, complaint.strip()) == (1, "CommandError: The key file is empty.")
    assert key_of(Endpoint.objects.get()) == CANARY


def test_the_key_comes_from_standard_input(run: Any) -> None:
    code, _, _ = run("addendpoint", "google", "--name", "G", "--model", "gemini-2.5-flash", stdin=f"{CANARY}\n")
    assert code == 0
    assert key_of(Endpoint.objects.get(name="G")) == CANARY


def test_the_same_name_again_leaves_the_keys_of_people_and_teams(run: Any) -> None:
    run("addendpoint", "openai", "--name", "Ours", "--model", "a", stdin=CANARY)
    endpoint, dora = Endpoint.objects.get(), get_user_model().objects.create_user("dora")
    own = ApiKey.objects.create(endpoint=endpoint, secret=OTHER_KEY, owner=dora)
    teams = ApiKey.objects.create(endpoint=endpoint, secret=THIRD_KEY)
    Team.objects.create(name="Crew").api_keys.add(teams)
    code, _, _ = run("addendpoint", "openai", "--name", "Ours", "--model", "a", stdin=OTHER_KEY)
    assert code == 0
    everybodys = endpoint.keys.exclude(pk__in=[own.pk, teams.pk]).get()
    assert everybodys.secret.reveal() == OTHER_KEY, "though a person has the same one"
    assert endpoint.keys.filter(pk__in=[own.pk, teams.pk]).count() == 2


def test_the_same_name_again_replaces_key_and_models(run: Any) -> None:
    run("addendpoint", "openai", "--name", "Ours", "--model", "old", "--model", "both", stdin=CANARY)
    asker = get_user_model().objects.create_user("dora")
    conversation = Conversation.objects.create(owner=asker)
    old = LanguageModel.objects.get(name="old")
    reply = Message.objects.create(
        conversation=conversation, role="assistant", model=old, model_name=old.name, status="complete", revision=1
    )
    code, _, _ = run("addendpoint", "deepseek", "--name", "Ours", "--model", "both", "--model", "new", stdin=OTHER_KEY)
    endpoint = Endpoint.objects.get()
    assert (code, endpoint.base_url, key_of(endpoint)) == (0, "https://api.deepseek.com/v1", OTHER_KEY)
    assert sorted(endpoint.deployments.values_list("vendor_id", flat=True)) == ["both", "new"]
    assert [model.name for model in LanguageModel.objects.usable(Q())] == ["both", "new"]
    reply.refresh_from_db()
    assert (reply.model_name, reply.status) == ("old", "complete")


def test_a_model_is_known_by_its_deployment_whatever_it_is_called(run: Any) -> None:
    again = ("addendpoint", "openai", "--name", "Ours", "--model", "gpt-5-mini")
    run(*again, stdin=CANARY)
    LanguageModel.objects.update(name="Our favourite", enabled=False)
    Deployment.objects.update(input_price=1, output_price=2, enabled=False, learnt=["no:temperature"])
    run(*again, "--model", "new", stdin=CANARY)
    assert [model.name for model in LanguageModel.objects.usable(Q())] == ["new", "Our favourite"]
    kept = Deployment.objects.get(vendor_id="gpt-5-mini")
    assert (kept.model.name, kept.prices() is None, kept.learnt) == ("Our favourite", False, [])


def test_a_name_that_another_model_of_the_endpoint_has_is_refused(run: Any) -> None:
    run("addendpoint", "openai", "--name", "Ours", "--model", "a", stdin=CANARY)
    LanguageModel.objects.update(name="b")
    code, _, complaint = run("addendpoint", "openai", "--name", "Ours", "--model", "a", "--model", "b", stdin=CANARY)
    assert code == 1
    assert "“b” is what another model of this endpoint is called here" in complaint
    assert Deployment.objects.get().vendor_id == "a"


def test_an_endpoint_at_any_address_is_asked_for_usage(run: Any) -> None:
    given = ("--base-url", "https://one.example/v1", "--model", "m")
    run("addendpoint", "openai-compatible", *given, stdin=CANARY)
    assert Endpoint.objects.get().ask_usage


def test_a_refused_change_leaves_everything_as_it_was(run: Any) -> None:
    run("addendpoint", "openai", "--name", "Ours", "--model", "old", stdin=CANARY)
    code, _, _ = run("addendpoint", "gemini", "--name", "Ours", "--base-url", "http://10.0.0.1", "--model", "new")
    endpoint = Endpoint.objects.get()
    assert (code, endpoint.base_url, key_of(endpoint)) == (1, "https://api.openai.com/v1", CANARY)
    assert Deployment.objects.get().vendor_id == "old"


def test_endpoints_at_any_address_are_named_after_their_hosts(run: Any) -> None:
    for host in ("one.example", "two.example:8443"):
        address = f"https://{host}/v1"
        assert run("addendpoint", "openai-compatible", "--base-url", address, "--model", "m", stdin=CANARY)[0] == 0
    assert sorted(Endpoint.objects.values_list("name", flat=True)) == ["one.example", "two.example:8443"]


def test_two_endpoints_may_serve_one_model(run: Any) -> None:
    for name in ("First", "Second"):
        assert run("addendpoint", "openai", "--name", name, "--model", "m", stdin=CANARY)[0] == 0
    assert LanguageModel.objects.get().deployments.count() == 2


@pytest.mark.parametrize(
    ("arguments", "stdin", "reason"),
    [
        (["nobody", "--model", "m"], CANARY, "There is no preset “nobody”"),
        (["openai"], CANARY, "Name at least one model."),
        (["openai", "--model", " "], CANARY, "Name at least one model."),
        (["openai", "--model", "a\nb"], CANARY, "one line"),
        (["openai", "--model", "m" * 201], CANARY, "at most 200 characters"),
        (["openai", "--model", "m"], "", "needs a key"),
        (["openai", "--model", "m"], "two words", "without spaces"),
        (["openai", "--model", "m"], "schlüssel", "ASCII"),
        (["gemini", "--model", "m"], CANARY, "needs the address"),
        (
            ["openai-compatible", "--model", "m", "--base-url", "http://127.0.0.1:9/v1"],
            CANARY,
            "CHATSITE_PRIVATE_HOSTS",
        ),
        (["openai-compatible", "--model", "m", "--base-url", "https://10.0.0.1/v1"], CANARY, "CHATSITE_PRIVATE_HOSTS"),
        (["openai-compatible", "--model", "m", "--base-url", "ftp://vendor.example"], CANARY, "must look like"),
        (["openai", "--model", "m", "--name", "n" * 121], CANARY, "120"),
        (["openai", "--model", "m", "--key-file", "/nonexistent/key"], "", "key file cannot be read"),
        (["ollama", "--model", "m"], "", "CHATSITE_PRIVATE_HOSTS"),
    ],
)
def test_a_refusal_is_one_line(run: Any, arguments: list[str], stdin: str, reason: str) -> None:
    code, said, complaint = run("addendpoint", *arguments, stdin=stdin)
    assert (code, said) == (1, "")
    assert reason in complaint
    assert complaint.count("\n") == 1
    assert not Endpoint.objects.exists()
    assert not ApiKey.objects.exists()


def test_a_key_file_that_is_no_text_is_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    code, _, complaint = run("addendpoint", "openai", "--model", "m", "--key-file", tmp_path / "key")
    assert (code, complaint) == (1, "CommandError: The key file cannot be read: it is not text.\n")


# --- checkendpoint -------------------------------------------------------------------------------------------------


@pytest.fixture
def endpoint(run: Any, vendor: FakeVendor) -> Endpoint:
    run(
        "addendpoint",
        "openai-compatible",
        "--name",
        "Ours",
        "--base-url",
        vendor.openai_url,
        "--model",
        "m",
        stdin=CANARY,
    )
    return Endpoint.objects.get()


def test_a_check_says_how_the_reply_came(run: Any, endpoint: Endpoint, vendor: FakeVendor) -> None:
    code, said, _ = run("checkendpoint", "Ours")
    assert code == 0
    assert said.startswith(f"{endpoint.keys.get().secret}: works: first token ")
    assert "3 in, 5 out" in said
    assert "You said" in said
    assert vendor.next_request().headers["Authorization"] == f"Bearer {CANARY}"


def test_a_check_tries_every_key_and_fails_for_one(run: Any, endpoint: Endpoint, vendor: FakeVendor) -> None:
    ApiKey.objects.create(endpoint=endpoint, secret=OTHER_KEY)

    def only_the_first(request: Received) -> Any:
        given = request.headers["Authorization"]
        if given.endswith(CANARY):
            return default_reply(request)
        return [401, {"Content-Type": "application/json"}, b'{"error":{"message":"Not valid: %s"}}' % given.encode()]

    vendor.script = only_the_first
    code, said, complaint = run("checkendpoint", "Ours")
    first, second = said.splitlines()
    assert (code, complaint) == (1, "CommandError: Not every key works.\n")
    assert "works" in first
    assert second.startswith("••••abcd: The vendor refused the key.")


def test_a_check_of_a_vendor_that_is_down(run: Any, endpoint: Endpoint, settings: Any) -> None:
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        settings.CHATSITE_PRIVATE_HOSTS = frozenset({host})
        Endpoint.objects.update(base_url=f"http://{host}/v1")
        code, said, _ = run("checkendpoint", "Ours")
    assert code == 1
    assert "could not be reached" in said


def test_a_check_of_what_is_not_there(run: Any, endpoint: Endpoint) -> None:
    code, _, complaint = run("checkendpoint", "Theirs")
    assert (code, complaint) == (1, "CommandError: There is no endpoint “Theirs”. Known are: Ours.\n")


def test_a_check_without_a_key_that_is_needed(run: Any, endpoint: Endpoint) -> None:
    endpoint.keys.all().delete()
    code, _, complaint = run("checkendpoint", "Ours")
    assert (code, complaint) == (1, "CommandError: This endpoint has no key.\n")


def test_a_check_of_an_endpoint_that_wants_no_key(run: Any, vendor: FakeVendor) -> None:
    run("addendpoint", "openai-compatible", "--name", "Free", "--base-url", vendor.openai_url, "--model", "m")
    code, said, _ = run("checkendpoint", "Free")
    assert (code, said.split(":")[0]) == (0, "without a key")
    assert "Authorization" not in vendor.next_request().headers


# --- checkendpoint --detect ----------------------------------------------------------------------------------------


def only_query_of_gemini(request: Received) -> Any:
    if not request.path.startswith("/v1beta/"):
        return [404, {"Content-Type": "text/html"}, b"<html></html>"]
    if dict(request.query).get("key") != CANARY or "alt" in dict(request.query):
        return [
            401,
            {"Content-Type": "application/json"},
            b'{"error":{"message":"Invalid token %s"}}' % CANARY.encode(),
        ]
    return default_reply(request)


def test_a_detection_prints_every_try_and_stores_what_works(run: Any, endpoint: Endpoint, vendor: FakeVendor) -> None:
    Deployment.objects.update(learnt=["no:temperature"])
    vendor.script = lambda request: (
        [400, b"what is alt"] if request.query == [("key", CANARY), ("alt", "sse")] else only_query_of_gemini(request)
    )
    code, said, complaint = run("checkendpoint", "Ours", "--detect")
    *tries, stored = said.splitlines()
    assert (code, complaint, len(tries)) == (0, "", len(vendor.requests))
    assert f"POST {vendor.gemini_url}/v1beta/models/m:streamGenerateContent (key: query): Works:" in tries[-1]
    assert stored == (f"Stored: gemini v1beta at {vendor.gemini_url}, key: query, streaming on, alt=sse off")
    endpoint.refresh_from_db()
    assert (endpoint.wire, endpoint.base_url, endpoint.key_placement) == ("gemini", vendor.gemini_url, "query")
    assert (endpoint.ask_sse, endpoint.streaming, key_of(endpoint)) == (False, True, CANARY)
    assert endpoint.deployments.get().learnt == []
    assert run("checkendpoint", "Ours")[0] == 0
    Deployment.objects.update(learnt=["no:temperature"])
    assert run("checkendpoint", "Ours", "--detect")[0] == 0
    assert endpoint.deployments.get().learnt == ["no:temperature"], "the form is what it was"


def test_a_detection_that_finds_nothing_changes_nothing(run: Any, endpoint: Endpoint, vendor: FakeVendor) -> None:
    before = Endpoint.objects.values().get()
    vendor.script = lambda request: [404, {"Content-Type": "text/html"}, b"<html></html>"]
    code, said, complaint = run("checkendpoint", "Ours", "--detect")
    assert (code, complaint) == (1, "CommandError: Nothing works. The endpoint is as it was.\n")
    assert said.count("\n") == len(vendor.requests)
    assert Endpoint.objects.values().get() == before


def test_a_detection_without_a_key_that_is_needed(run: Any, endpoint: Endpoint, vendor: FakeVendor) -> None:
    endpoint.keys.all().delete()
    code, _, complaint = run("checkendpoint", "Ours", "--detect")
    assert (code, complaint) == (1, "CommandError: This endpoint has no key.\n")
    assert vendor.requests == []


def test_the_local_model_is_not_detected(run: Any) -> None:
    code, _, complaint = run("checkendpoint", adopt_local_model().name, "--detect")
    assert code == 1
    assert "nothing to detect" in complaint
