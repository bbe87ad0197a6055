"""The virtual environment beside manage.py: made, filled from a locked list, repaired after an interrupted install."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
FOLDER = BASE / ".venv"
PYTHON = FOLDER / "bin" / "python"

_OLDEST = (3, 11)
_STAMP = FOLDER / "chatsite-installed"
_UNFINISHED = "unfinished"
_CONTAINS = {"run": ["run"], "test": ["test", "run"]}  # the test list holds every package of the run list, same pins


def prepare(name: str) -> None:
    """Install the packages of requirements/NAME.txt in `.venv`; return at once if they are there."""
    if _is_ready(name):
        return
    with _only_one_at_a_time():
        if not _is_ready(name):
            _install(name)


def enter(arguments: list[str]) -> None:
    """Restart with the Python of `.venv`, unless this is it."""
    if not _inside():
        os.execv(PYTHON, [str(PYTHON), str(BASE / "manage.py"), *arguments])


def _inside() -> bool:
    return Path(sys.prefix).resolve() == FOLDER.resolve()


# --- The installed state --------------------------------------------------------------------------------------------


def _is_ready(name: str) -> bool:
    version = _version()
    return version is not None and _stamp_lines(name, version) <= _read_stamp()


def _version() -> str | None:
    """Return the `major.minor` of `.venv`; None if it is absent, or its Python is gone or too old."""
    if _inside():
        return _dotted(sys.version_info[:2])
    question = [str(PYTHON), "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(question, capture_output=True, check=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    found = (int(answer[0]), int(answer[1]))
    return _dotted(found) if found >= _OLDEST else None


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _stamp_lines(name: str, version: str) -> set[str]:
    """Return the stamp's lines once the list `name` is installed.

    The version shows when the Python below was upgraded.
    """
    return {f"{version} {part} {hashlib.sha256(_list(part).read_bytes()).hexdigest()}" for part in _CONTAINS[name]}


def _list(name: str) -> Path:
    return BASE / "requirements" / f"{name}.txt"


def _read_stamp() -> set[str]:
    return set(_STAMP.read_text(encoding="ascii").splitlines()) if _STAMP.exists() else set()


# --- The installation -----------------------------------------------------------------------------------------------


@contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    """Wait until no other command installs. Of two commands, the second then finds everything done."""
    # An exception ends the child as well; the plain signal would not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (BASE / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Waiting for another command that is installing …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)  # a pip that outlives us keeps the lock until it has ended
        yield
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _install(name: str) -> None:
    stamp = _read_stamp()
    version = _version()
    if version is None or _UNFINISHED in stamp or _made_for_another(version, stamp) or not _has_pip():
        _make()
    _STAMP.write_text(_UNFINISHED, encoding="ascii")
    _say("Installing the packages (once, about half a minute) …")
    if not _pip_install(_list(name)):
        raise SystemExit("Installing failed; the reason is above. Check the network, then run the same command again.")
    _STAMP.write_text("\n".join(sorted(_stamp_lines(name, _version() or ""))), encoding="ascii")


def _made_for_another(version: str, stamp: set[str]) -> bool:
    return any(not line.startswith(f"{version} ") for line in stamp)


def _has_pip() -> bool:
    return subprocess.run([str(PYTHON), "-I", "-m", "pip", "--version"], capture_output=True).returncode == 0


def _make() -> None:
    """Make a `.venv` with pip: from ensurepip's wheel, from the system's pip, or after installing Debian's package."""
    _say("Making .venv …")
    if not _can_make():
        _install_python_venv()
    _run_venv()
    _bring_pip()


def _can_make() -> bool:
    has_pip = _pip_wheel() or importlib.util.find_spec("pip")
    return bool(has_pip and importlib.util.find_spec("venv"))


def _install_python_venv() -> None:
    package = f"python{_dotted(sys.version_info[:2])}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get") and sys.base_prefix == "/usr":
        _say(f"Installing {package} …")
        apt_install(package)
        importlib.invalidate_caches()
    if not _can_make():
        raise SystemExit(f"This Python cannot make virtual environments: install {package} (or pip), then try again.")


def apt_install(package: str) -> bool:
    """Install a package with Debian's package manager and return whether it worked; needs root."""
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    steps = (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", package])
    return all(subprocess.run(["apt-get", *step], **quiet).returncode == 0 for step in steps)  # type: ignore[call-overload]


def _run_venv() -> None:
    # In a process of the base Python: this one may itself be running in the folder that is cleared.
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-I", "-m", "venv", "--clear", "--without-pip", str(FOLDER)])
    if made.returncode != 0:
        raise SystemExit(f"Making {FOLDER} failed; the reason is above.")


def _pip_wheel() -> Path | None:
    """Return the wheel from which ensurepip would install pip; Debian keeps it elsewhere."""
    spec = importlib.util.find_spec("ensurepip")
    if spec is None or spec.origin is None:
        return None
    folders = (sysconfig.get_config_var("WHEEL_PKG_DIR"), Path(spec.origin).with_name("_bundled"))
    return next((wheel for folder in folders if folder for wheel in sorted(Path(folder).glob("pip-*.whl"))), None)


def _bring_pip() -> None:
    """Put pip into `.venv`: unpacked or copied, plain Python is there in a fraction of ensurepip's time."""
    library = FOLDER / "lib" / f"python{_dotted(sys.version_info[:2])}" / "site-packages"
    if wheel := _pip_wheel():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(library)
        _renew_pip()
        return
    spec = importlib.util.find_spec("pip")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip is missing: install it, then try again.")
    shutil.copytree(spec.submodule_search_locations[0], library / "pip", dirs_exist_ok=True)


def _renew_pip() -> None:
    """Replace ensurepip's pip by the locked one; without it, go on with what is there.

    That of Python 3.11 compares each file of an index with each platform: it computes three times as long.
    """
    _pip_install(_list("pip"), capture_output=True)


def _pip_install(requirements: Path, **output: bool) -> bool:
    """Install the packages of a list, and return whether it worked."""
    # Compiling modules that a first start never imports would cost it seconds; Python compiles a module at its import.
    flags = ["--quiet", "--no-deps", "--no-compile", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    command = [str(PYTHON), "-I", "-m", "pip", "install", *flags, "-r", str(requirements)]
    environment = os.environ | {"PIP_USER": "0"}
    return subprocess.run(command, env=environment, close_fds=False, **output).returncode == 0  # type: ignore[call-overload, no-any-return]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
