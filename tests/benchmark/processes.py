"""Processes of a benchmark, which tell in lines what they have to tell."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

BASE = Path(__file__).resolve().parent.parent.parent


@contextmanager
def process(
    module: str,
    *arguments: Any,
    stdin: str = "",
    keeps_input: bool = False,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[subprocess.Popen[str]]:
    """Run a module with this input, which may go on; end it with the block."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command,
        cwd=BASE,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin
        running.stdin.write(stdin)
        running.stdin.flush() if keeps_input else running.stdin.close()
        try:
            yield running
        finally:
            running.terminate()


def line(running: subprocess.Popen[str]) -> str:
    """Wait for the next line that a process prints."""
    assert running.stdout
    said = running.stdout.readline()
    if not said:
        raise RuntimeError(f"{running.args!r} has ended.")
    return said


def tell(running: subprocess.Popen[str], said: str) -> None:
    """Write a line to a process whose input goes on."""
    assert running.stdin
    running.stdin.write(f"{said}\n")
    running.stdin.flush()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
