"""The search for a Redis for the tests of several processes: an installed one, else Debian's."""

import os
import shutil
import sys

from chatsite.bootstrap.environment import apt_install

_NAMES = ("redis-server", "valkey-server")


def find_or_install() -> str:
    """Return the path of a Redis server. Raises SystemExit with what to install."""
    if found := on_path():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's Redis for the tests …", file=sys.stderr, flush=True)
        apt_install("redis-server")
    if found := on_path():
        return found
    raise SystemExit("The tests of several processes need Redis: install it (Debian: apt install redis-server).")


def on_path() -> str | None:
    """Return the path of a Redis server, or of one that speaks its protocol; None if there is neither."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
