"""The way from a bare Python to a running site: an environment that is made once and repairs itself."""

import ast
import base64
import hashlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatsite.bootstrap import address, browser, catalogues, environment, redis
from tests.made_once import spare_first_start

BASE = Path(__file__).resolve().parent.parent
INSTALL = "from chatsite.bootstrap import environment; environment.prepare('run')"
WITHOUT_ENSUREPIP = f"import sys; sys.modules['ensurepip'] = None; {INSTALL}"
WITHOUT_ANY_PIP = f"import sys; sys.modules['ensurepip'] = sys.modules['pip'] = None; {INSTALL}"


def python(code: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )


# --- manage.py ------------------------------------------------------------------------------------------------------


def test_old_pythons_can_read_manage_py() -> None:
    ast.parse((BASE / "manage.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_which_version_is_needed(tmp_path: Path) -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 9, 18); runpy.run_path(sys.argv[1], run_name='__main__')"
    program = str(BASE / "manage.py")
    said = subprocess.run([sys.executable, "-c", pretend, program], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stderr == "Chatsite needs Python 3.11 or newer; this one is 3.9.\n"


def test_other_commands_without_django_say_where_it_is(tmp_path: Path) -> None:
    copy_bootstrap(tmp_path)
    bare = subprocess.run([sys.executable, "-S", "manage.py", "migrate"], cwd=tmp_path, capture_output=True, text=True)
    assert (bare.returncode, bare.stderr) == (1, "Nothing is installed yet: run `python3 manage.py start` first.\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    there = subprocess.run([sys.executable, "-S", "manage.py", "migrate"], cwd=tmp_path, capture_output=True, text=True)
    assert "run `.venv/bin/python manage.py migrate`" in there.stderr


def test_a_taken_port_is_said_before_anything_is_made(tmp_path: Path) -> None:
    copy_bootstrap(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "manage.py", "start", "--port", str(port)]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=10)
    assert said.returncode == 1
    assert said.stderr == f"Port {port} on 127.0.0.1 is taken by another program: choose another one with --port.\n"
    assert not (tmp_path / ".venv").exists()


# --- The environment, with one tiny package instead of fifty ----------------------------------------------------------


def copy_bootstrap(folder: Path) -> None:
    shutil.copy(BASE / "manage.py", folder)
    (folder / "chatsite" / "configuration").mkdir(parents=True)
    shutil.copy(BASE / "pyproject.toml", folder)
    for name in ("__init__.py", "version.py", "configuration/__init__.py", "configuration/generated_secrets.py"):
        shutil.copy(BASE / "chatsite" / name, folder / "chatsite" / name)
    shutil.copytree(BASE / "chatsite" / "bootstrap", folder / "chatsite" / "bootstrap")


def write_wheel(folder: Path, version: str) -> str:
    """Write a package of one module and return its line for a locked list."""
    path = folder / f"tiny_package-{version}-py3-none-any.whl"
    facts = f"tiny_package-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_package.py", f"version = {version!r}\n")
        wheel.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: tiny-package\nVersion: {version}\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{facts}/RECORD", "")
    return f"tiny-package=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a checkout whose run list names one small package, without an index."""
    copy_bootstrap(tmp_path)
    (tmp_path / "wheels").mkdir()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text(write_wheel(tmp_path / "wheels", "1.0"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path


def offer_newer_pip(checkout: Path) -> None:
    """Put this Python's pip, said to be newer, among the wheels, and name it in its list."""
    old = environment._pip_wheel()
    assert old
    new = checkout / "wheels" / "pip-99.0-py3-none-any.whl"
    facts = f"{old.name.removesuffix('-py3-none-any.whl')}.dist-info/"
    with zipfile.ZipFile(old) as there, zipfile.ZipFile(new, "w") as wheel:
        for name in there.namelist():
            content = (
                re.sub(rb"(?m)^Version: .*$", b"Version: 99.0", there.read(name)) if facts in name else there.read(name)
            )
            wheel.writestr(name.replace(facts, "pip-99.0.dist-info/"), b"" if name.endswith("/RECORD") else content)
    digest = hashlib.sha256(new.read_bytes()).hexdigest()
    (checkout / "requirements" / "pip.txt").write_text(f"pip==99.0 --hash=sha256:{digest}\n")


def installed_version(checkout: Path) -> str:
    command = [str(checkout / ".venv" / "bin" / "python"), "-c", "import tiny_package; print(tiny_package.version)"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()


def test_it_installs_once_after_a_refusal_and_again_when_the_list_changes(checkout: Path) -> None:
    requirements = checkout / "requirements" / "run.txt"
    right = requirements.read_text()
    requirements.write_text(re.sub("sha256:....", "sha256:0000", right))
    refused = python(INSTALL, checkout)
    assert "Making .venv" in refused.stderr
    assert refused.returncode == 1
    assert refused.stderr.endswith("Check the network, then run the same command again.\n")

    requirements.write_text(right)
    offer_newer_pip(checkout)
    (checkout / ".venv" / "left behind").touch()
    with ThreadPoolExecutor(2) as pool:
        healed = list(pool.map(lambda _: python(INSTALL, checkout), range(2)))
    assert [run.returncode for run in healed] == [0, 0], healed
    assert sorted("Installing" in run.stderr for run in healed) == [False, True], "two commands at once install once"
    assert installed_version(checkout) == "1.0"
    assert not (checkout / ".venv" / "left behind").exists(), "an interrupted install has to begin from nothing"
    assert [path.name for path in checkout.glob(".venv/lib/*/site-packages/pip-*")] == ["pip-99.0.dist-info"]
    assert python(INSTALL, checkout).stderr == ""

    requirements.write_text(write_wheel(checkout / "wheels", "1.1"))
    changed = python(INSTALL, checkout)
    assert "Making" not in changed.stderr
    assert installed_version(checkout) == "1.1"


def test_it_works_without_ensurepip(checkout: Path) -> None:
    made = python(WITHOUT_ENSUREPIP, checkout)
    assert made.returncode == 0, made.stderr
    assert installed_version(checkout) == "1.0"


def test_without_any_pip_it_says_what_to_install(checkout: Path) -> None:
    said = python(WITHOUT_ANY_PIP, checkout, PATH="")
    assert said.returncode == 1
    assert said.stderr.endswith("-venv (or pip), then try again.\n")
    assert not (checkout / ".venv").exists()


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", ["http://127.0.0.1:81", "http://localhost:81"]),
        ("localhost", ["http://localhost:81", "http://127.0.0.1:81"]),
        ("192.0.2.7", ["http://192.0.2.7:81", "http://localhost:81", "http://127.0.0.1:81"]),
        ("::1", ["http://[::1]:81", "http://localhost:81", "http://127.0.0.1:81"]),
    ],
)
def test_origins_follow_the_host(host: str, expected: list[str]) -> None:
    assert address.origins(host, 81) == expected


def test_everywhere_means_the_addresses_of_this_machine() -> None:
    assert "http://[::1]:81" in address.origins("::", 81)
    everywhere = address.origins("0.0.0.0", 81)
    assert {"http://localhost:81", "http://127.0.0.1:81"} <= set(everywhere)
    assert "http://0.0.0.0:81" not in everywhere
    for origin in everywhere:
        host = origin.removeprefix("http://").removesuffix(":81").strip("[]")
        address.free_port(host, 0)  # binding works for own addresses only


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("::", False)])
def test_loopback_is_recognised(host: str, loopback: bool) -> None:
    assert address.is_loopback(host) is loopback


def test_a_host_that_is_not_ours_is_said() -> None:
    with pytest.raises(SystemExit, match=r"Cannot serve on 192\.0\.2\.7: "):
        address.free_port("192.0.2.7", 0)


# --- Catalogues, browser, secrets -------------------------------------------------------------------------------------


def test_catalogues_are_compiled_when_they_changed(tmp_path: Path) -> None:
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Send"\nmsgstr "发送"\n')
    assert catalogues.compile_changed(tmp_path) == [source]
    assert "发送".encode() in source.with_suffix(".mo").read_bytes()
    assert catalogues.compile_changed(tmp_path) == []


def test_a_catalogue_of_another_version_is_compiled_whatever_its_age(tmp_path: Path) -> None:
    """An upgrade from an archive, and the way back, may bring a catalogue that is older than the compiled one."""
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    for word in ("发送", "提交"):
        source.write_text(
            f'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Send"\nmsgstr "{word}"\n'
        )
        os.utime(source, (0, 0))
        assert catalogues.compile_changed(tmp_path) == [source]
        assert word.encode() in source.with_suffix(".mo").read_bytes()


def test_a_browser_that_was_named_has_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHROMIUM_PATH", str(tmp_path / "absent"))
    with pytest.raises(SystemExit, match="does not run as a browser"):
        browser.find_or_install()


def test_without_a_redis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="need Redis: install it"):
        redis.find_or_install()


ASK = "from chatsite.configuration.generated_secrets import secret; print(secret('a-key', 32))"


def test_however_many_ask_for_a_secret_they_get_the_same_one(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with ThreadPoolExecutor(8) as pool:
        answers = {run.stdout for run in pool.map(lambda _: python(ASK, BASE, CHATSITE_DATA=str(folder)), range(8))}
    assert len(answers) == 1
    assert len(base64.urlsafe_b64decode(answers.pop().strip() + "=")) == 32
    assert [path.name for path in folder.iterdir()] == ["a-key"]
    assert (folder / "a-key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_emptied_secret_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / "a-key").touch()
    asked = python(ASK, BASE, CHATSITE_DATA=str(tmp_path))
    assert asked.returncode == 1
    assert "is empty: restore it from a backup" in asked.stderr


# --- The whole command ------------------------------------------------------------------------------------------------


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHATSITE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("CHATSITE_ORIGINS", raising=False)
    return tmp_path / "data"


def started(folder: Path, host: str = "127.0.0.1") -> "tuple[subprocess.Popen[str], str]":
    """Start the site from another folder on a free port, and return it with its address."""
    command = [sys.executable, str(BASE / "manage.py"), "start", "--host", host, "--port", "0", "--no-local-model"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    said = re.match(r"Chatsite answers at (http://\S+:\d+)/", process.stdout.readline())
    assert said, process.communicate()[1]
    return process, said[1]


def status(origin: str, path: str) -> int:
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def test_start_serves_prints_the_way_in_and_ends_within_five_seconds(data_folder: Path, tmp_path: Path) -> None:
    process, origin = started(tmp_path)
    assert process.stdout
    assert re.fullmatch(rf"Set it up at {origin}/setup/\?code=\S+\n", process.stdout.readline())
    assert status(origin, "/livez") == 200
    assert status(origin, "/") == 302
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=5)
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors
    assert ("runs as root" in errors) == (os.geteuid() == 0)
    private = [data_folder, *(path for path in data_folder.iterdir() if path.name != "static")]
    assert [path for path in private if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("name", ["CHATSITE_ORIGINS", "CHATSITE_TRUSTED_PROXIES"])
def test_a_setting_that_cannot_work_is_refused_in_one_line(data_folder: Path, name: str) -> None:
    command = [sys.executable, str(BASE / "manage.py"), "start", "--port", "0", "--no-local-model"]
    environment = os.environ | {name: "https://example.org/chat"}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.fullmatch(rf"{name}: [^\n]+\n", refused.stderr)


@pytest.mark.soak
def test_with_an_administrator_start_prints_one_line_and_answers_at_each_of_its_addresses(
    data_folder: Path, tmp_path: Path
) -> None:
    administrator = {"DJANGO_SUPERUSER_USERNAME": "ada", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
    data_folder.mkdir()
    spare_first_start(data_folder)
    command = [sys.executable, str(BASE / "manage.py"), "createsuperuser", "--noinput", "-v0"]
    subprocess.run(command, check=True, cwd=tmp_path, env=os.environ | administrator | {"DJANGO_SUPERUSER_EMAIL": ""})
    process, origin = started(tmp_path, "::" if _has_ipv6() else "0.0.0.0")
    port = int(origin.rpartition(":")[2])
    for own in address.origins("::" if _has_ipv6() else "0.0.0.0", port):
        assert status(own, "/") == 302, own
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=5)[0] == ""


def _has_ipv6() -> bool:
    try:
        address.free_port("::1", 0)
    except SystemExit:
        return False
    return True


def test_files_of_somebody_else_are_told_by_name(tmp_path: Path) -> None:
    copy_bootstrap(tmp_path)
    (tmp_path / ".venv.lock").mkdir()  # not even root can open it for writing
    command = [sys.executable, "manage.py", "start", "--port", "0"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert (
        ".venv.lock cannot be written (Is a directory): run `python3 manage.py start` once as the owner of"
        in said.stderr
    )
