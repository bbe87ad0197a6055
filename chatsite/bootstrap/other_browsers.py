"""Firefox and WebKit for the browser smoke test: Debian's packages, where they can be had."""

import os
import shutil
import sys
from pathlib import Path

from chatsite.bootstrap.environment import apt_install

PACKAGES = {"firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
"""The package of each program; WebKit's browser needs a display."""


def install() -> None:
    """Install what is missing; where that is not possible, the test says so and is skipped."""
    for program, package in PACKAGES.items():
        if not shutil.which(program) and os.geteuid() == 0 and shutil.which("apt-get"):
            print(f"Installing Debian's {package} for the browser tests …", file=sys.stderr, flush=True)
            apt_install(package)


def missing(*programs: str) -> str:
    """Return the packages that lack among those of these programs, or "" if none does."""
    return ", ".join(PACKAGES[program] for program in programs if not shutil.which(program))


def mini_browser() -> Path | None:
    """Return WebKit's small browser, which comes with the package of its driver."""
    return next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))), None)
