"""K06: encryption keys are changed under a server whose replies stream; the command is killed and run again."""

import base64
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import CANARY
from tests.faults.chatterbox import Chatterbox, question
from tests.faults.real_site import BASE, RealSite
from tests.shell import inside
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, openai_stream

KEYS, ALL_KEYS = 300, 10_000
STREAMS, ALL_STREAMS = 8, 50
LENGTH = (150, 150)
SHORT = "in short"
SPARE = 5
"""Keys of the endpoint that is called; they lie at either end of what is rotated."""
PEOPLE = ("alice", "bob", "rita", *(f"guest{number}" for number in range(5)))
_STORE = """
endpoint = Endpoint.objects.get()
other = Endpoint.objects.create(name="other", wire="openai", base_url="https://vendor.example/v1")
ApiKey.objects.bulk_create(ApiKey(endpoint=other, secret=f"sealed-key-{{number}}") for number in range({keys}))
ApiKey.objects.bulk_create(ApiKey(endpoint=endpoint, secret=f"nobodys-key-{{number}}") for number in range({spare}))
"""
_KILLED_AFTER_A_BATCH = """
import os, signal
from django.core.management import call_command
from providers.encryption import rotation
store = rotation._store
def store_and_die(*arguments):
    store(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
rotation._store = store_and_die
call_command("rotatekeys")
"""


def ring_key(byte: bytes) -> str:
    return base64.urlsafe_b64encode(byte * 32).decode().rstrip("=")


@pytest.mark.soak
@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_k06_keys_are_rotated_under_a_server_at_work_and_a_killed_rotation_is_resumed(
    real_site: RealSite, tmp_path: Path, soak: bool
) -> None:
    box = Chatterbox(real_site.vendor, LENGTH)
    real_site.vendor.script = lambda request: brief() if question(request).startswith(SHORT) else box.script(request)
    keys, streams = (ALL_KEYS, ALL_STREAMS) if soak else (KEYS, STREAMS)
    inside(real_site.environment, _STORE.format(keys=keys, spare=SPARE))
    ring, old = tmp_path / "encryption-keys", (tmp_path / "encryption-keys").read_text().strip()
    ring.write_text(f"{ring_key(b'n')},{old}\n")
    real_site.start()
    with ThreadPoolExecutor(streams + 1) as pool:
        flowing = [threading.Event() for _ in range(streams)]
        long = [
            pool.submit(reply, real_site, number, f"at length {number}", flowing[number].set)
            for number in range(streams)
        ]
        assert all(event.wait(30) for event in flowing)
        over = threading.Event()
        short = pool.submit(one_after_another, real_site, over)
        assert rotate(real_site, _KILLED_AFTER_A_BATCH).returncode == -9
        begun = time.monotonic()
        done = rotate(real_site)
        seconds = time.monotonic() - begun
        over.set()
        ends = [future.result() for future in long] + short.result()
    assert [end["status"] for end in ends] == ["complete"] * len(ends)
    assert len(ends) > streams, "some were asked while keys were sealed"
    assert {key_of(request) for request in real_site.vendor.requests} <= known()
    assert sealed(done.stdout) == keys + SPARE + 1 - 200, "a batch had been sealed before"
    print(f"{done.stdout.splitlines()[0]} {seconds:.2f} s with the start of the command; {len(ends)} replies complete")
    assert without_the_old(real_site, ring)["status"] == "complete"
    assert inside(real_site.environment, "", "len([key.secret.reveal() for key in ApiKey.objects.all()])") == (
        keys + SPARE + 1
    )


def rotate(site: RealSite, program: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command, or a program that runs it and does not survive."""
    words = ["-c", f"import django; django.setup()\n{program}"] if program else ["-m", "django", "rotatekeys"]
    environment = site.environment | {"DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    return subprocess.run([sys.executable, *words], cwd=BASE, env=environment, capture_output=True, text=True)


def sealed(said: str) -> int:
    found = re.match(r"(\d+) keys re-encrypted", said)
    assert found, said
    return int(found[1])


def reply(site: RealSite, number: int, text: str, flowing: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Ask, say when the first word has come, and wait for the end."""
    socket = Socket(site.address, site.session(PEOPLE[number % len(PEOPLE)]))
    ack = socket.ask("message.send", conversation=None, text=text, models=[site.model])
    assert ack["type"] == "ack", ack
    socket.wait(lambda frame: frame["type"] in ("message.delta", "message.finished"), 30)
    flowing()
    end = socket.wait(lambda frame: frame["type"] == "message.finished", 60)
    socket.close()
    return dict(end["message"])


def one_after_another(site: RealSite, over: threading.Event) -> list[dict[str, Any]]:
    """Ask short questions until it is over: their keys are opened while keys are resealed."""
    ends: list[dict[str, Any]] = []
    while not over.is_set():
        ends.append(reply(site, len(ends), f"{SHORT} {len(ends)}"))
    return ends


def brief() -> list[Step]:
    return [openai_stream(["Hello"])]


def key_of(request: Received) -> str:
    return request.headers["Authorization"].removeprefix("Bearer ")


def known() -> set[str]:
    return {CANARY, *(f"nobodys-key-{number}" for number in range(SPARE))}


def without_the_old(site: RealSite, ring: Path) -> dict[str, Any]:
    """Drop the old key from the ring, start again, ask."""
    site.terminate()
    ring.write_text(f"{ring_key(b'n')}\n")
    site.start()
    return reply(site, 0, f"{SHORT} again")
