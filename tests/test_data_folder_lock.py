"""One process serves from a data folder, or several that share PostgreSQL and Redis; never one without the others."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsite import data_folder_lock

BASE = Path(__file__).resolve().parent.parent
HOLD = """
import sys; from pathlib import Path; from chatsite import data_folder_lock
data_folder_lock.acquire(Path(sys.argv[1]), shared=sys.argv[2] == "shared")
print("taken", flush=True); sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _release() -> Iterator[None]:
    yield
    while data_folder_lock._held:
        data_folder_lock._held.pop().close()


@pytest.fixture
def holder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that serves from the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path), request.param]
    with subprocess.Popen(command, cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "taken\n"
        yield process
        process.kill()


@pytest.mark.parametrize("holder", ["shared"], indirect=True)
def test_several_share_a_folder(holder: object, tmp_path: Path) -> None:
    data_folder_lock.acquire(tmp_path, shared=True)


@pytest.mark.parametrize(("holder", "shared"), [("alone", False), ("alone", True), ("shared", False)],
                         indirect=["holder"])  # fmt: skip
def test_whoever_serves_alone_does_so(holder: "subprocess.Popen[str]", shared: bool, tmp_path: Path) -> None:
    with pytest.raises(data_folder_lock.Taken):
        data_folder_lock.acquire(tmp_path, shared=shared)
    holder.kill()
    holder.wait()
    data_folder_lock.acquire(tmp_path, shared=shared)


def test_who_is_refused_leaves_what_the_holder_wrote(tmp_path: Path) -> None:
    data_folder_lock.acquire(tmp_path, shared=False, origins=["http://127.0.0.1:9000", "http://localhost:9000"])
    with pytest.raises(data_folder_lock.Taken):
        data_folder_lock.acquire(tmp_path, shared=False, origins=["http://127.0.0.1:1"])
    assert data_folder_lock.served_origins(tmp_path) == ["http://127.0.0.1:9000", "http://localhost:9000"]


@pytest.mark.parametrize("holder", ["alone"], indirect=True)
def test_a_second_start_says_what_it_would_take(holder: object, tmp_path: Path) -> None:
    environment = os.environ | {"CHATSITE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    second = subprocess.run(
        [sys.executable, "-m", "django", "start", "--port", "0", "--no-local-model"],
        cwd=BASE, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert second.returncode == 1
    assert "PostgreSQL (DATABASE_URL) and the same Redis (REDIS_URL)" in second.stderr
    assert "Traceback" not in second.stderr
