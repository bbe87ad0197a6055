"""Log lines of one kind: the first is written, those that follow within a minute are counted."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from chatsite.health.failures import known_failure
from chatsite.logs.masking import masked

PERIOD = 60.0
"""Seconds between two counts."""
KINDS = 500
"""At most so many are remembered: those that were quiet for longest are forgotten first."""
_OURS = str(Path(__file__).resolve().parents[2])
_LENGTH = 200
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kind:
    at: float
    text: str
    more: int = 0


class WithoutRepeats(logging.Filter):
    """Lets the first line of a kind pass and tells once a minute how many came after it."""

    def __init__(self, period: float = PERIOD) -> None:
        super().__init__()
        self.period = period
        self._known: dict[tuple[Any, ...], _Kind] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == __name__:
            return True
        _shorten(record)
        kind, now = _kind(record), time.monotonic()
        with self._lock:
            known = self._known.pop(kind, None)
            is_new = known is None or (not known.more and now - known.at > self.period)
            self._known[kind] = known = _Kind(now, _first_line(record)) if known is None or is_new else known
            if len(self._known) > KINDS:
                del self._known[next(iter(self._known))]
            if not is_new:
                known.at, known.more = now, known.more + 1
                self._tell_later()
        return is_new

    def tell(self) -> None:
        """Write the counts there are, and begin to count anew."""
        with self._lock:
            self._timer = None
            counted = [(kind.more, kind.text) for kind in self._known.values() if kind.more]
            for kind in self._known.values():
                kind.more = 0
        for more, text in counted:
            _logger.warning("%s more like this: %s", more, text)

    def _tell_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self.period, self.tell)
            self._timer.daemon = True
            self._timer.start()


def _kind(record: logging.LogRecord) -> tuple[Any, ...]:
    """Where it was written and what went wrong; what differs from line to line does not count."""
    failure: tuple[Any, ...] = ()
    if isinstance(record.exc_info, tuple) and record.exc_info[0]:
        failure = (record.exc_info[0], *_place(record.exc_info[2]))
    return record.name, record.levelno, record.pathname, record.lineno, getattr(record, "complaint", ""), *failure


def _place(traceback: TracebackType | None) -> tuple[str, int]:
    """The last line of our own, or the very last where none is ours."""
    place, is_ours = ("", 0), False
    while traceback is not None:
        path = traceback.tb_frame.f_code.co_filename
        ours = path.startswith(_OURS) and "site-packages" not in path
        if ours or not is_ours:
            place, is_ours = (path, traceback.tb_lineno), ours
        traceback = traceback.tb_next
    return place


def _shorten(record: logging.LogRecord) -> None:
    """A database that is away or a disk that is full is one sentence: no line of a traceback helps."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None and (found := known_failure(error)):
        told = masked(found.sentence)  # the filters before this one have not seen it
        sentence = told.replace("%", "%%") if record.args else told
        record.msg = f"{str(record.msg).rstrip('.')}: {sentence}"
        record.exc_info = record.exc_text = None
        record.complaint = found.code


def _first_line(record: logging.LogRecord) -> str:
    try:
        return record.getMessage().partition("\n")[0][:_LENGTH]
    except Exception:  # whatever an argument's own text raises; the next filter drops such a line
        return ""
