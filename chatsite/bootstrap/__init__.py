"""The way from a bare Python to a running command, with the standard library alone.

`start` and `test` prepare themselves. Every other command is Django's and runs in the environment that these two made.
A failure ends in SystemExit with one sentence for the person at the terminal.
"""

import gc
import importlib.util
import os
import sys

from chatsite.bootstrap import address, browser, catalogues, environment, keys, nginx, other_browsers, pgbouncer, redis
from chatsite.version import VERSION

_ENDING = ["--max-worker-restart=0"]
"""A process that dies fails and ends the run: one in its place would wait for ever."""
_TIME_LIMIT = ["-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true"]
"""A test that hangs for so many seconds ends its process, which prints where it stood."""


def prepare(arguments: list[str]) -> list[str]:
    """Prepare the command in `arguments` and return the arguments for Django.

    Outside `.venv` the two commands that bootstrap do not return: they restart with its Python.
    """
    match arguments:
        case ["--version" | "version"]:
            print(f"Chatsite {VERSION}")
            raise SystemExit(0)
        case ["start", *rest]:
            return _prepare_start(rest)
        case ["test", *rest]:
            _run_tests(rest)
    if importlib.util.find_spec("django") is None:
        raise SystemExit(_where_django_is(arguments))
    return arguments


def _prepare_start(rest: list[str]) -> list[str]:
    options = address.parse(rest)
    arguments = ["start", *options.as_arguments()]
    try:
        environment.prepare("run")
        environment.enter(arguments)
        catalogues.compile_changed()
    except OSError as problem:
        raise SystemExit(_whose_files_these_are(problem)) from None
    gc.disable()  # until it serves: loading creates almost no garbage
    if options.keys:
        keys.bring(options.keys)
    if not os.environ.get("CHATSITE_ORIGINS"):
        os.environ["CHATSITE_ORIGINS"] = ",".join(address.origins(options.host, options.port))
    return arguments


def _run_tests(rest: list[str]) -> None:
    environment.prepare("test")
    environment.enter(["test", *rest])
    catalogues.compile_changed()
    os.environ["CHROMIUM_PATH"] = str(browser.find_or_install())
    if "--quick" not in rest:
        other_browsers.install()
    redis.find_or_install()
    pgbouncer.find_or_install()
    nginx.find_or_install()
    os.chdir(environment.BASE)
    processes = str(min(4, 1 + (os.cpu_count() or 1)))  # one more than processors: tests also wait
    limit = [] if "--soak" in rest else _TIME_LIMIT
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "--numprocesses", processes, *_ENDING, *limit, *rest])


def _whose_files_these_are(problem: OSError) -> str:
    return (
        f"{problem.filename} cannot be written ({problem.strerror}): run `python3 manage.py start` once as the owner "
        f"of {environment.BASE}, which brings what is installed up to date."
    )


def _where_django_is(arguments: list[str]) -> str:
    if not environment.PYTHON.exists():
        return "Nothing is installed yet: run `python3 manage.py start` first."
    return f"Django is not in this Python: run `.venv/bin/python {' '.join(['manage.py', *arguments])}`."
