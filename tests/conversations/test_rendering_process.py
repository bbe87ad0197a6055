"""The rendering process: no text blocks the server, and rendering survives every end of the process."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations import markdown
from conversations.markdown import GrowingMarkdown, Mark, growing, linked, render, rendered
from conversations.markdown.process import child as process_module
from conversations.markdown.process import worker
from conversations.markdown.process.child import Child, Question
from conversations.markdown.process.fair_lock import Turns
from tests.conversations.harmless import Page, assert_harmless
from tests.hostile_texts import HOSTILE, hostile

SCALA = '```scala\nval a = "' + "\\" * 46


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """Return a running rendering process of the test's own."""
    child = Child()
    monkeypatch.setattr(growing, "child", child)
    assert render("*a*") == "<p><em>a</em></p>\n"
    yield child
    child.close()


def pid_of(child: Child) -> int:
    assert child._process is not None
    return child._process.pid


def is_there(pid: int) -> bool:
    """Return whether there is such a process, even a zombie."""
    return Path(f"/proc/{pid}").exists()


# Texts


def test_sixty_two_characters_of_scala_are_shown_without_colours() -> None:
    begun = time.process_time()
    html = render(f"Before\n\n{SCALA}\n```\n\n*Behind*")
    assert time.process_time() - begun < 1
    assert "\\" * 46 in html
    assert "<span class=" not in html.partition("<pre>")[2]
    assert html.endswith("<p><em>Behind</em></p>\n")


@pytest.mark.parametrize("name", HOSTILE)
def test_the_worst_texts_cost_the_server_next_to_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = hostile(name, 15_000)
    monkeypatch.setattr(Question, "seconds", 5.0)  # on a slow machine their own would show some as they were written
    begun = time.process_time()
    html = rendered(text, seconds=60)
    assert time.process_time() - begun < 0.5, "while it computes, everybody waits"
    assert_harmless(html)
    assert "<h1>First <strong>word</strong></h1>" in html
    assert "The last" in html


def test_a_reply_that_streams_a_hostile_text_goes_on() -> None:
    reply, text = GrowingMarkdown(), hostile("scala", 300)
    for end in range(1, len(text), 40):
        reply.update(text[:end])
    assert "<em>word</em>" in reply.update(text).live


def test_formulas_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    dear = "$" + "x_{" * 300 + "y" + "}" * 300 + "$ "
    monkeypatch.setattr(growing, "FORMULA_SECONDS", 0.0)
    assert "<math" not in render(f"{dear} and $x^2$")
    monkeypatch.undo()
    assert "<math" in render("$x^2$")


def test_a_text_with_too_many_dear_slices_ends_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module.Question, "seconds", 1e-9)
    html = render("# a\n\n" + "*b*\n\n" * 20_000)
    assert_harmless(html)
    assert Page(html).text.count("*b*") == 20_000


def test_sources_of_a_long_text_stand_behind_their_words() -> None:
    text = "One **two** three.\n\n" * 3_000
    ends = [text.index("two", at) + 3 for at in (0, 17_000, 40_000, 59_000)]
    marks = [Mark(end, number, "") for number, end in enumerate(ends, 1)]
    html = linked(rendered(text, marks), {}, "k")
    assert html.count("<strong>two") == 3_000
    for number in range(1, 5):
        assert (
            html.count(
                f'<strong>two<sup class="cite"><a class="cite__link" role="doc-noteref" href="#source-k-{number}"'
            )
            == 1
        )


# The process


def test_it_knows_no_secrets(child: Child) -> None:
    assert Path(f"/proc/{pid_of(child)}/environ").read_bytes() == b""


def test_a_large_server_has_a_small_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most memory that a process has had is counted on from the process that started it."""
    ballast = b"x" * 200_000_000
    child = Child()
    monkeypatch.setattr(growing, "child", child)
    assert render("*a*") == "<p><em>a</em></p>\n"
    child.close()
    del ballast


def test_one_that_has_become_large_ends_behind_its_answer() -> None:
    assert 10_000_000 < worker._memory() < 10_000_000_000
    script = "from conversations.markdown.process import worker; worker.ENOUGH_MEMORY = 0; worker.main()"
    done = subprocess.run([sys.executable, "-c", script], cwd=process_module._BASE, input=b"", capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\0\0\0\4null", b"")


def test_one_that_dies_is_replaced_and_buried(child: Child) -> None:
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    render("*a*")
    assert render("*a*") == "<p><em>a</em></p>\n"
    assert pid_of(child) != first
    assert not is_there(first)


def test_one_that_dies_idle_is_buried(child: Child) -> None:
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    while child._process is not None:
        child.tend()
    assert not is_there(first)


def test_one_that_hangs_is_replaced(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "PATIENCE_SECONDS", 0.2)
    first = pid_of(child)
    os.kill(first, signal.SIGSTOP)
    assert render("*a*") == '<p class="plain-text">*a*</p>\n'
    assert render("*a*") == "<p><em>a</em></p>\n"
    assert not is_there(first)


def test_one_that_is_idle_ends(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pid_of(child)
    child.tend()
    assert pid_of(child) == first
    monkeypatch.setattr(process_module, "IDLE_SECONDS", -1.0)
    child.tend()
    assert child._process is None
    assert not is_there(first)


def test_signals_to_the_whole_group_do_not_end_it(child: Child) -> None:
    first = pid_of(child)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(first, name)
    assert render("*a*") == "<p><em>a</em></p>\n"
    assert pid_of(child) == first


def test_it_ends_with_the_server(child: Child) -> None:
    process = child._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(5) == 0


def test_where_it_cannot_be_started_text_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "child", Child())
    monkeypatch.setattr(process_module.sys, "executable", "/nonexistent")
    assert render("a < *b*") == '<p class="plain-text">a &lt; *b*</p>\n'
    with pytest.raises(markdown.Away):
        rendered("*a*")
    reply = GrowingMarkdown()
    assert reply.update("*a*").live == '<p class="plain-text">*a*</p>\n'
    monkeypatch.undo()
    assert reply.update("*a*").live == "<p><em>a</em></p>\n"


def test_nobody_is_overtaken() -> None:
    turns, order, waiting = Turns(), list[int](), list[threading.Thread]()
    assert turns.acquire(0)
    assert not turns.acquire(0)
    assert not turns.acquire(0.01)

    def take(number: int) -> None:
        assert turns.acquire(10)
        order.append(number)
        turns.give()

    for number in range(5):
        waiting.append(threading.Thread(target=take, args=[number]))
        waiting[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0)
    turns.give()
    for thread in waiting:
        thread.join()
    assert order == list(range(5))
    assert turns.acquire(0)
