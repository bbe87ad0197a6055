"""Work done once runs in a child process, and unused modules are not loaded."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
SCRIPT = """
import signal, sys
from chatsite.child_process import run_in_child
def fill(): globals()["filled"] = "x" * 1000
def fail(): sys.exit("It cannot be done.")
def hang(): print("hanging", flush=True); signal.pause()
run_in_child({work})
print("serving, filled:", "filled" in globals())
"""
# As `start` does it, in its order.
SERVE = """
import django, importlib, sys
django.setup()
import chatsite.management.commands.start, chatsite.server.daphne, conversations.lifecycle, chatsite.asgi, chatsite.urls
from django.template import engines
engines.all()
rendering = {"latex2mathml", "markdown_it", "nh3", "pygments"}
print(*sorted({"PIL", "psycopg", "qrcode", "redis", *rendering} & set(sys.modules)))
"""


def begin(script: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script], cwd=BASE, env=os.environ | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("work", "code", "output", "errors"),
    [("fill", 0, "serving, filled: False\n", ""), ("fail", 1, "", "It cannot be done.\n")],
)
def test_the_work_is_done_elsewhere_and_its_failure_is_ours(work: str, code: int, output: str, errors: str) -> None:
    process = begin(SCRIPT.format(work=work))
    assert process.communicate(timeout=20) == (output, errors)
    assert process.returncode == code


def test_who_is_told_to_end_ends_the_work_too() -> None:
    process = begin(SCRIPT.format(work="hang"))
    assert process.stdout
    assert process.stdout.readline() == "hanging\n"
    process.terminate()
    assert process.communicate(timeout=20) == ("", "")  # at the end of both: they share these pipes
    assert process.returncode == 128 + signal.SIGTERM


def test_one_process_on_sqlite_does_without_the_large_libraries_of_others() -> None:
    """redis-py and Pillow alone would cost each server 17 MB."""
    process = begin(SERVE, DJANGO_SETTINGS_MODULE="chatsite.settings")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "\n"), errors
