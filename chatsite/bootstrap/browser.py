"""The search for a Chromium for the browser tests.

First comes its build without windows, which computes half as much, even if it must be installed. Then come an installed
Chromium and one that can be installed.
"""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from chatsite.bootstrap.environment import apt_install

_HEADLESS = "chromium-headless-shell"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_IMPATIENT = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}  # milliseconds


def find_or_install() -> Path:
    """Return the path of a Chromium that runs. Raises SystemExit with what to install."""
    if named := os.environ.get("CHROMIUM_PATH"):
        return _named(Path(named))
    for look in (_without_windows, _install_by_apt, _on_path, _of_playwright, _install_by_playwright):
        if found := look():
            return found
    raise SystemExit("The browser tests need Chromium: install it (Debian: apt install chromium) or set CHROMIUM_PATH.")


def _named(path: Path) -> Path:
    if not _runs(path):
        raise SystemExit(f"CHROMIUM_PATH names {path}, which does not run as a browser.")
    return path


def _runs(path: Path) -> bool:
    """Return whether the program starts at all: Playwright's lacks its libraries on a bare machine."""
    try:
        return subprocess.run([str(path), "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _without_windows() -> Path | None:
    return _on_path(_HEADLESS)


def _on_path(*names: str) -> Path | None:
    found = (Path(path) for name in names or _NAMES if (path := shutil.which(name)))
    return next(filter(_runs, found), None)


def _of_playwright() -> Path | None:
    # In a process of its own: Playwright's synchronous interface leaves an event loop behind.
    question = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True)
    path = Path(answer.stdout.strip() or os.devnull)
    return path if _runs(path) else None


def _install_by_playwright() -> Path | None:
    _say("Fetching a Chromium for the browser tests …")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, env=os.environ | _IMPATIENT, capture_output=True, timeout=300)
    return _of_playwright()


def _install_by_apt() -> Path | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    _say("Installing Debian's Chromium for the browser tests …")
    return _without_windows() if apt_install(_HEADLESS) else None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
