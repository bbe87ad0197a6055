#!/usr/bin/env python3
"""The entry point of Chatsite's commands; `start` and `test` first prepare what they need, on a fresh machine too.

This file alone has to be readable for old Pythons, so that they can say what is missing.
"""

import os
import sys

OLDEST = (3, 11)


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit("Chatsite needs Python %d.%d or newer; this one is %d.%d." % (OLDEST + sys.version_info[:2]))
    if os.name == "nt":
        sys.exit("Chatsite needs Linux or macOS; on Windows run it in WSL: https://learn.microsoft.com/windows/wsl")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)


def run() -> None:
    from chatsite.bootstrap import prepare

    arguments = prepare(sys.argv[1:])
    os.umask(0o077)  # whatever a command writes, a database too, is for its owner alone
    from django.core.management import execute_from_command_line

    from chatsite.health.failures import explain

    try:
        execute_from_command_line([sys.argv[0], *arguments])
    except Exception as failure:
        found = explain(failure)
        if found is None:
            raise
        sys.exit(found.sentence)


if __name__ == "__main__":
    main()
