"""The counting of repeated log lines: the first of a kind is written, later ones are counted for a minute."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from chatsite.health.failures import known_failure
from chatsite.logs.masking import masked

PERIOD_SECONDS = 60.0
"""Seconds between two counts."""
MAX_KINDS = 500
"""Limit of remembered kinds: those that were quiet for longest are forgotten first."""
_OURS = str(Path(__file__).resolve().parents[2])
_MAX_LENGTH = 200
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kind:
    at: float
    text: str
    more: int = 0


class WithoutRepeats(logging.Filter):
    """A filter that passes the first line of a kind and logs once a minute how many followed."""

    def __init__(self, period: float = PERIOD_SECONDS) -> None:
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
            if len(self._known) > MAX_KINDS:
                del self._known[next(iter(self._known))]
            if not is_new:
                known.at, known.more = now, known.more + 1
                self._tell_later()
        return is_new

    def tell(self) -> None:
        """Log the counts and reset them."""
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
    """Return the place of a log call and of its error, so that texts that vary do not count."""
    failure: tuple[Any, ...] = ()
    if isinstance(record.exc_info, tuple) and record.exc_info[0]:
        failure = (record.exc_info[0], *_place(record.exc_info[2]))
    return record.name, record.levelno, record.pathname, record.lineno, getattr(record, "complaint", ""), *failure


def _place(traceback: TracebackType | None) -> tuple[str, int]:
    """Return the innermost line of our own code in a traceback, or the innermost of all."""
    place, is_ours = ("", 0), False
    while traceback is not None:
        path = traceback.tb_frame.f_code.co_filename
        ours = path.startswith(_OURS) and "site-packages" not in path
        if ours or not is_ours:
            place, is_ours = (path, traceback.tb_lineno), ours
        traceback = traceback.tb_next
    return place


def _shorten(record: logging.LogRecord) -> None:
    """Replace the traceback of a known failure, such as a full disk, by one sentence."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None and (found := known_failure(error)):
        told = masked(found.sentence)  # the earlier filters have not seen it
        sentence = told.replace("%", "%%") if record.args else told
        record.msg = f"{str(record.msg).rstrip('.')}: {sentence}"
        record.exc_info = record.exc_text = None
        record.complaint = found.code


def _first_line(record: logging.LogRecord) -> str:
    try:
        return record.getMessage().partition("\n")[0][:_MAX_LENGTH]
    except Exception:  # an argument's __str__ may raise anything; the next filter drops such a line
        return ""
