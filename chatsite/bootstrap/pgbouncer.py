"""The search for a PgBouncer for the tests behind one: an installed one, else Debian's."""

import os
import shutil
import sys

from chatsite.bootstrap.environment import apt_install

_NAME = "pgbouncer"
_OF_THE_SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"


def find_or_install() -> str:
    """Return the path of a PgBouncer. Raises SystemExit with what to install."""
    if found := on_path():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's PgBouncer for the tests …", file=sys.stderr, flush=True)
        apt_install(_NAME)
    if found := on_path():
        return found
    raise SystemExit("The tests behind a pooler need PgBouncer: install it (Debian: apt install pgbouncer).")


def on_path() -> str | None:
    """Return the path of a PgBouncer, also from the administrator's path; None if there is none."""
    return shutil.which(_NAME) or shutil.which(_NAME, path=_OF_THE_SYSTEM)
