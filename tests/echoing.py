"""The start of our server with a tiny application, in a process of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Running:
    process: "subprocess.Popen[str]"
    port: int

    @property
    def socket_address(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"


def start(environment: dict[str, str]) -> Running:
    """Start a server with these limits in its environment; the caller ends its process."""
    command = [sys.executable, "-m", "tests.echo_server"]
    process = subprocess.Popen(
        command, cwd=BASE, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    return Running(process, int(process.stdout.readline()))


def come(wanted: Callable[[], bool]) -> None:
    """Wait until the server has noticed."""
    calm = threading.Event()
    for _ in range(200):
        if wanted():
            return
        calm.wait(0.05)
    raise AssertionError("it has not come")
