"""The process that serves the model: started on the first call, one per process of the site, ended with it."""

import http.client
import json
import selectors
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

from providers.local_model import place
from providers.local_model.serving import DEFAULT_PORT, MODEL_ID
from providers.local_model.words import gettext_noop

NOT_FETCHED = gettext_noop("The small local model has not been fetched yet.")
DID_NOT_START = gettext_noop("The small local model did not start.")

_starting = threading.Lock()
_process: subprocess.Popen[str] | None = None
_port = DEFAULT_PORT


class LocalModelUnavailable(Exception):
    """The error of a local model that cannot answer now; `reason` is a sentence for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ensure_running(timeout: float = 20) -> str:
    """Return the base URL of a local model that answers, and start one if needed.

    Waits at most `timeout` seconds. Raises LocalModelUnavailable.
    """
    with _starting:
        if not _is_alive() and not answers():
            _start(timeout)
        return f"http://{address()}/v1"


def address() -> str:
    """Return the local model's host and port in this process: the only private address that needs no permission."""
    return f"127.0.0.1:{_port}"


def answers() -> bool:
    """Return whether our model, and no other program, listens at that address."""
    connection = http.client.HTTPConnection("127.0.0.1", _port, timeout=1)
    try:
        connection.request("GET", "/v1/models")
        return MODEL_ID in [model["id"] for model in json.load(connection.getresponse())["data"]]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False  # no server there, or another program
    finally:
        connection.close()


def shut_down() -> None:
    """Kill the child, if there is one; it has nothing to save."""
    if (process := _process) is not None:
        process.kill()
        process.communicate()


def _is_alive() -> bool:
    return _process is not None and _process.poll() is None


def _start(timeout: float) -> None:
    global _process, _port
    if not place.is_installed():
        raise LocalModelUnavailable(NOT_FETCHED)
    shut_down()  # closes the pipes of a child that died
    _port = _free_port()
    _process = subprocess.Popen(  # noqa: S603 - our own interpreter and a number
        [sys.executable, "-m", __package__, str(_port)],
        cwd=place.PROJECT,
        stdin=subprocess.PIPE,  # it ends when this pipe does, even if we are killed
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C must reach only the site, which lets running replies end first
    )
    if not _says_something(_process.stdout, timeout):
        shut_down()
        raise LocalModelUnavailable(DID_NOT_START)


def _free_port() -> int:
    """Return the usual port, or any other if that one is taken. Raises LocalModelUnavailable."""
    for wanted in (DEFAULT_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
            probe.bind(("127.0.0.1", wanted))
            return int(probe.getsockname()[1])
    raise LocalModelUnavailable(DID_NOT_START)


def _says_something(stdout: IO[str] | None, timeout: float) -> bool:
    """Return whether the child prints its address within `timeout` seconds.

    When it dies the pipe closes and the line is empty.
    """
    assert stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        return bool(selector.select(timeout)) and stdout.readline().startswith("http://")
