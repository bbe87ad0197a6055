"""Small thread pools: the choice of the next task, the waiting, and the end."""

import threading
from collections.abc import Iterator

import pytest

from conversations.workers import thread_pool
from conversations.workers.thread_pool import Full, ThreadPool


class Work:
    """Pieces of work that tell when they begin and end when they are let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.news = threading.Condition()
        self.gate = threading.Event()

    def __call__(self, name: str) -> str:
        with self.news:
            self.begun.append(name)
            self.news.notify_all()
        assert self.gate.wait(20)
        return name

    def wait_for(self, count: int) -> None:
        with self.news:
            assert self.news.wait_for(lambda: len(self.begun) >= count, 20)


@pytest.fixture
def work() -> Iterator[Work]:
    some = Work()
    yield some
    some.gate.set()


def test_one_owner_gets_so_many_threads_and_another_still_finds_one(work: Work) -> None:
    few = ThreadPool("few", 3, each=lambda _: 2)
    first = [few.submit_for("eager", lambda number=number: work(f"eager {number}")) for number in range(20)]  # type: ignore[misc]
    work.wait_for(2)
    other = few.submit_for("other", lambda: work("other"))
    work.wait_for(3)
    assert sorted(work.begun) == ["eager 0", "eager 1", "other"]
    work.gate.set()
    assert other.result(20) == "other"
    assert [future.result(20) for future in first] == [f"eager {number}" for number in range(20)]


def test_owners_who_wait_take_turns(work: Work) -> None:
    alone = ThreadPool("alone", 1)
    names = [f"{owner}{number}" for owner in "ab" for number in range(3)]
    futures = [alone.submit_for(name[0], lambda name=name: work(name)) for name in names]  # type: ignore[misc]
    work.gate.set()
    assert [future.result(20) for future in futures] == names
    assert work.begun == ["a0", "a1", "b0", "a2", "b1", "b2"]


def test_more_of_one_owner_than_may_wait_is_refused(work: Work) -> None:
    small = ThreadPool("small", 1, waiting=2)
    for _ in range(3):
        small.submit_for("eager", lambda: work("eager"))
    with pytest.raises(Full):
        small.submit_for("eager", lambda: work("eager"))
    small.submit_for("other", lambda: work("other"))


def test_what_an_owner_took_back_is_not_run(work: Work) -> None:
    alone = ThreadPool("alone", 1)
    alone.submit_for("a", lambda: work("first"))
    work.wait_for(1)
    taken_back = alone.submit_for("a", lambda: work("taken back"))
    last = alone.submit_for("a", lambda: work("last"))
    assert taken_back.cancel()
    work.gate.set()
    assert last.result(20) == "last"
    assert work.begun == ["first", "last"]


def test_a_failure_is_told_and_ends_no_thread() -> None:
    alone = ThreadPool("alone", 1)
    with pytest.raises(ZeroDivisionError):
        alone.submit(lambda: 1 / 0).result(20)
    assert alone.submit(lambda: "well").result(20) == "well"


def test_threads_that_nobody_needs_end(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pool, "IDLE_SECONDS", 0.01)
    many = ThreadPool("passing", 5, kept=1)
    futures = [many.submit(work, str(number)) for number in range(5)]
    work.wait_for(5)
    threads = [thread for thread in threading.enumerate() if thread.name == "passing"]
    work.gate.set()
    for future in futures:
        future.result(20)
    left = threading.Event()
    while sum(thread.is_alive() for thread in threads) > 1:
        left.wait(0.01)
    assert many.submit(work, "again").result(20) == "again"


def test_an_exit_waits_for_what_is_under_way(work: Work) -> None:
    busy = ThreadPool("busy", 1)
    future = busy.submit(work, "a")
    work.wait_for(1)
    threading.Timer(0.01, work.gate.set).start()
    busy.finish()
    assert future.done()
