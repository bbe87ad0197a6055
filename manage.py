#!/usr/bin/env python3
"""Runs Chatsite's commands; `start` and `test` first prepare whatever they need, on a fresh machine too.

This file alone has to be readable for old Pythons, so that they can say what is missing.
"""

import os
import sys

OLDEST = (3, 11)


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit("Chatsite needs Python %d.%d or newer; this one is %d.%d." % (OLDEST + sys.version_info[:2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)


def run() -> None:
    from chatsite.bootstrap import prepare

    arguments = prepare(sys.argv[1:])
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line([sys.argv[0], *arguments])
    except ImproperlyConfigured as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
