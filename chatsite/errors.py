"""What our error reports and log lines must not tell."""

import logging
import re
from typing import Any

from django.views.debug import ExceptionReporter


class ReporterWithoutLocals(ExceptionReporter):
    """Django's error report less the local variables: they hold keys, prompts and passwords."""

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> list[tuple[str, Any]]:
        return []

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        return [{**frame, "vars": []} for frame in super().get_traceback_frames()]


_QUERY = re.compile(r"\?[^\s\"']+")


class WithoutQueryStrings(logging.Filter):
    """Cuts query strings out of messages and tracebacks, where vendors and links keep their tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), None
        if record.exc_info and not isinstance(record.exc_info, bool):
            record.exc_text = _QUERY.sub("?…", _traceback(record.exc_info))
        return True


def _traceback(exc_info: Any) -> str:
    return logging.Formatter().formatException(exc_info)
