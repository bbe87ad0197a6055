"""A Redis for the tests of several processes: one that is there, else Debian's."""

import os
import shutil
import sys

from chatsite.bootstrap.environment import apt_install

_NAMES = ("redis-server", "valkey-server")


def find_or_install() -> str:
    """The path of a Redis server; SystemExit says what to install where there is none."""
    if found := on_path():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's Redis for the tests …", file=sys.stderr, flush=True)
        apt_install("redis-server")
    if found := on_path():
        return found
    raise SystemExit("The tests of several processes need Redis: install it (Debian: apt install redis-server).")


def on_path() -> str | None:
    """A Redis server, or one that speaks its protocol; None where there is neither."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
