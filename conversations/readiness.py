"""Readiness of this process: checked at most once a second, answered within two."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from django.db import connection
from django.utils.translation import gettext_lazy as _

from providers.checks import By, Finding, findings

ANSWER_SECONDS = 2.0
"""Seconds in which a healthy database stores a row."""
KEPT_SECONDS = 1.0
"""Seconds for which an answer is cached, so that frequent requests write at most one row in each."""
_SLOW = Finding(_("The database has not taken a row within two seconds."), code="database_slow")


class Readiness:
    """The current or the last check, shared by all requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._look: Future[list[Finding]] | None = None
        self._begun = 0.0

    def findings(self) -> list[Finding]:
        """Return the reasons why this process cannot serve; empty if it can."""
        look, begun = self._shared()
        try:
            return look.result(max(0.0, begun + ANSWER_SECONDS - monotonic()))
        except TimeoutError:
            return [_SLOW]

    def _shared(self) -> tuple[Future[list[Finding]], float]:
        with self._lock:
            if self._look is None or (self._look.done() and monotonic() - self._begun > KEPT_SECONDS):
                self._begun, self._look = monotonic(), self._looker.submit(_ask)
            return self._look, self._begun


def _ask() -> list[Finding]:
    try:
        return findings(By.READY)
    finally:
        connection.close()  # so that each check also tests the opening of a connection


readiness = Readiness()
