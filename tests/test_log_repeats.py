"""The log of a site without its database, or under attack: one line per kind, then a count."""

import io
import logging
import logging.config
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from chatsite.logs import repeats


@pytest.fixture
def log() -> Iterator["tuple[logging.Logger, io.StringIO, repeats.WithoutRepeats]"]:
    """Return a logger with the site's own filters, its output, and the counting filter."""
    logging_of_site: Any = settings.LOGGING
    made = {name: _made(path["()"]) for name, path in logging_of_site["filters"].items()}
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    for name in logging_of_site["handlers"]["stderr"]["filters"]:
        handler.addFilter(made[name])
    logger = logging.getLogger("tests.repeats")
    of_counts = logging.getLogger(repeats.__name__)
    for one in (logger, of_counts):
        one.handlers, one.propagate = [handler], False
    yield logger, out, made["counted"]
    for one in (logger, of_counts):
        one.handlers, one.propagate = [], True
    if timer := made["counted"]._timer:
        timer.cancel()


def _made(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)()


def full_disk() -> OperationalError:
    """Return SQLite's own error of a full disk."""
    line = sqlite3.connect(":memory:")
    line.execute("CREATE TABLE rows (words)")
    line.execute("PRAGMA max_page_count = 2")
    try:
        line.execute("INSERT INTO rows VALUES (zeroblob(100000))")
    except sqlite3.OperationalError as problem:
        error = OperationalError(*problem.args)
        error.__cause__ = problem
        return error
    raise AssertionError


def test_what_repeats_is_one_line_and_then_a_count(log: Any) -> None:
    logger, out, counting = log
    for number in range(50):
        logger.warning("Handshake %s failed.", number)
        logger.error("Another kind.")
    assert out.getvalue() == "Handshake 0 failed.\nAnother kind.\n"
    counting.tell()
    assert out.getvalue().splitlines()[2:] == [
        "49 more like this: Handshake 0 failed.",
        "49 more like this: Another kind.",
    ]
    counting.tell()
    assert len(out.getvalue().splitlines()) == 4


def test_a_full_disk_is_a_sentence_without_a_traceback(log: Any) -> None:
    logger, out, _ = log
    for number in range(100):
        try:
            raise full_disk()
        except OperationalError:
            logger.exception("Row %s was not written, 100%% of it.", number)
    assert out.getvalue() == (
        "Row 0 was not written, 100% of it: The disk is full: nothing can be written (database or disk is full).\n"
    )


def test_two_mistakes_under_one_message_are_two_kinds(log: Any) -> None:
    logger, out, _ = log

    def fail(how: Callable[[], object]) -> None:
        try:
            how()
        except Exception:
            logger.exception("It failed.")

    for _ in range(3):
        fail(lambda: 1 / 0)
        fail(lambda: int("x"))
    assert out.getvalue().count("ZeroDivisionError") == 1
    assert out.getvalue().count("ValueError") == 1


def test_secrets_stay_masked_in_the_count(log: Any) -> None:
    logger, out, counting = log
    for _ in range(2):
        logger.warning("refused at /join/abcdefgh12345 with Authorization: Bearer abcdefghijklmnop")
    counting.tell()
    assert "abcdefgh" not in out.getvalue()


def test_a_line_that_was_quiet_for_long_is_written_again(log: Any) -> None:
    logger, out, counting = log
    counting.period = 0.0
    for _ in range(2):
        logger.warning("Once in a while.")
    assert out.getvalue() == "Once in a while.\nOnce in a while.\n"


def test_the_kinds_that_are_remembered_are_bounded(log: Any) -> None:
    _, _, counting = log
    for number in range(repeats.MAX_KINDS + 50):
        counting.filter(logging.makeLogRecord({"name": "many", "lineno": number, "levelno": 10, "msg": "x"}))
    assert len(counting._known) == repeats.MAX_KINDS
