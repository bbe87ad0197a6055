"""Replies made to be hard to render, streamed by three people at once, block neither server nor start."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import question
from tests.faults.conftest import Bar
from tests.faults.real_site import BASE, RealSite
from tests.hostile_texts import HOSTILE, hostile
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, openai_end, openai_event

PEOPLE = ("alice", "bob", "rita")
SIZE, ALL_SIZE = 20_000, 1_000_000
SOME = ("scala", "list", "maths")
PIECE, PACE = 2_000, 0.004
P99, START, END = 0.2, 3.0, 5.0
PATIENCE = 300.0


@dataclass
class Answers:
    """Milliseconds of each answer of the site, and of a server that does nothing, asked in turns."""

    site: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)


@pytest.fixture
def site(tmp_path: Path, soak: bool) -> Iterator[RealSite]:
    with FakeVendor() as vendor:

        def script(request: Received) -> Iterator[Step]:
            text = hostile(question(request), ALL_SIZE if soak else SIZE)
            for begin in range(0, len(text), PIECE):
                yield openai_event(text[begin : begin + PIECE])
                yield PACE
            yield openai_end()

        vendor.script = script
        site = RealSite(tmp_path, vendor)
        yield site
        site.close()


def test_hostile_replies_hold_up_nobody(site: RealSite, soak: bool, bar: Bar) -> None:
    """Beyond what a server that does nothing takes on this machine in the same moments."""
    usual = seconds_of(site.start)
    windows = [Window(site, person) for person in PEOPLE]
    with watched(site) as idle:
        [window.socket.settle() for window in windows]
    say("nothing", idle)
    worst = Answers()
    for name in HOSTILE if soak else SOME:
        with watched(site) as answers:
            for window in windows:
                window.ask(name)
            for window in windows:
                window.wait_for_the_end()
        say(name, answers)
        worst.site += answers.site
        worst.idle += answers.idle
    say("all", worst)
    assert percentile(worst.site, 99) < 1000 * bar(P99) + 3 * percentile(worst.idle, 99)
    for window in windows:
        window.socket.close()
    assert_dies_and_starts(site, bar, usual)


def assert_dies_and_starts(site: RealSite, bar: Bar, usual: float) -> None:
    """Kill it in the middle of such replies: it listens again at once. Told to end, it ends."""
    for kill in (True, False):
        window = Window(site, "alice")
        conversation = window.ask("scala")
        window.socket.wait(lambda frame: frame["type"] == "message.delta" and "html" in frame)
        children = children_of(site)
        assert len(children) == 1
        if kill:
            site.kill()
            seconds = seconds_of(site.start)
            print(f"listens {seconds:.2f} s after it was killed; the first start took {usual:.2f} s")
            assert seconds < max(bar(START), 2 * usual)
            again = Socket(site.address, site.session("alice"))
            shown = again.ask("conversation.open", conversation=conversation, html=True)
            if shown["streaming"]:
                again.event("message.finished")
            again.close()
        else:
            seconds, code = site.terminate()
            print(f"ends {seconds:.2f} s after SIGTERM")
            assert code == 0
            assert seconds < bar(END)
        window.socket.close()
        wait_until_gone(children)


def wait_until_gone(processes: list[int]) -> None:
    """Wait for an orphan: it ends with its current slice, which has its limit of processor time."""
    until = monotonic() + PATIENCE
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert monotonic() < until, "a rendering process has outlived its server"
        threading.Event().wait(0.05)


class Window:
    """A window that receives the HTML of each reply, and reconnects when it read too slowly."""

    def __init__(self, site: RealSite, person: str) -> None:
        self._site, self._person = site, person
        self.socket = Socket(site.address, site.session(person))
        self.conversation = self.ask("empty lines")
        self._open()
        self.wait_for_the_end()

    def ask(self, name: str) -> str:
        """Begin a conversation whose first reply is this text."""
        sent = self.socket.ask("message.send", conversation=None, text=name, models=[self._site.model])
        self.conversation = str(sent["conversation"])
        return self.conversation

    def wait_for_the_end(self) -> None:
        """Wait until the reply is complete."""
        until = monotonic() + PATIENCE
        while True:
            try:
                message = self.socket.wait(lambda frame: frame["type"] == "message.finished", PATIENCE)["message"]
                break
            except ConnectionClosed:
                assert monotonic() < until
                self.socket = Socket(self._site.address, self._site.session(self._person))
                if (opened := self._open())["streaming"] == []:
                    message = opened["messages"][-1]
                    break
        assert message["status"] == "complete", message["error"]
        self.socket.frames.clear()
        self.socket._read = 0

    def _open(self) -> Any:
        return self.socket.ask("conversation.open", conversation=self.conversation, html=True, since=0)


@contextmanager
def watched(site: RealSite) -> Iterator[Answers]:
    """Measure how long /livez takes meanwhile."""
    command = [sys.executable, "-m", "tests.faults.watch", site.address.removeprefix("http://")]
    answers = Answers()
    with subprocess.Popen(command, cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watch:
        yield answers
        measured = json.loads(watch.communicate()[0])
        answers.site, answers.idle = measured["site"], measured["idle"]


def say(name: str, answers: Answers) -> None:
    for kind, took in (("/livez", answers.site), ("a server that does nothing", answers.idle)):
        figures = " / ".join(f"{percentile(took, share):.0f}" for share in (50, 95, 99))
        print(f"{name}: {kind} p50 / p95 / p99 {figures} ms, at most {max(took):.0f} ms, {len(took)} answers")


def seconds_of(work: Callable[[], None]) -> float:
    begun = monotonic()
    work()
    return monotonic() - begun


def percentile(answers: list[float], share: int) -> float:
    return sorted(answers)[len(answers) * share // 100]


def children_of(site: RealSite) -> list[int]:
    """Return the processes that this site has started, zombies included."""
    assert site._process
    stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
    found = (re.match(r"(\d+) \(.*\) \w (\d+)", stat) for stat in stats)
    return [int(process[1]) for process in found if process and int(process[2]) == site._process.pid]
