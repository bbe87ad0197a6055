"""The removal of secrets from error reports and log lines."""

import logging
import re
from typing import Any

from django.views.debug import ExceptionReporter


class ReporterWithoutLocals(ExceptionReporter):
    """Django's error report without local variables: they hold keys, prompts and passwords."""

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> list[tuple[str, Any]]:
        return []

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        return [{**frame, "vars": []} for frame in super().get_traceback_frames()]


_QUERY = re.compile(r"\?[^\s\"']+")
_LINK = re.compile(
    r"(/(?:join|new-password|s|account/address|accounts/password/reset/key)/)(?!for/|confirm/)[^\s\"'/]+"
)


class WithoutQueryStrings(logging.Filter):
    """A filter that removes query strings and the secrets of links from messages and tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _cut(record.getMessage()), None
        if record.exc_info and not isinstance(record.exc_info, bool):
            record.exc_text = _cut(record.exc_text or _traceback(record.exc_info))
        return True


def _cut(text: str) -> str:
    return _LINK.sub(r"\1…", _QUERY.sub("?…", text))


def _traceback(exc_info: Any) -> str:
    return logging.Formatter().formatException(exc_info)


_NAMED = re.compile(
    r"(?i)((?:authorization|(?:x-)?(?:goog-)?api[-_ ]?key|secret(?:[-_]key)?|(?:access|refresh|auth|csrf|id)?[-_]?token"
    r"|pass(?:word|wd|phrase)|session(?:id)?|set-cookie|cookie|credential)s?\\*[\"']?\s*(?:[:=]|=>)\s*\\*[\"']?)"
    r"(?:(?:bearer|basic|token)\s+)?[^\s\"',;&}\\]{6,}"
)
_SHAPED = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<![A-Za-z0-9])(?:(?:chatsite|sk|pk|rk|ak|gsk|xai|hf|r8|ghp|gho|ghs|github_pat|glpat|pypi|xox[abprs]|sk_live|rk_live)"
    r"[-_][A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{20,}|A[KS]IA[0-9A-Z]{12,}|ya29\.[A-Za-z0-9_-]{8,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?)"
    r"|(?i:bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",
    re.DOTALL,
)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) - {"msg", "args", "exc_text", "exc_info", "stack_info"}
MASK = "••••"


def masked(text: str) -> str:
    """Return `text` with everything masked that looks like a key, a token or a password."""
    return _SHAPED.sub(MASK, _NAMED.sub(rf"\1{MASK}", text))


class WithoutSecrets(logging.Filter):
    """A filter that masks text that looks like a secret anywhere in a record.

    It drops a record that cannot be read to its end.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            self._mask(record)
        except Exception:  # an argument's __str__ may raise anything: better no line than one with a key in it
            return False
        return True

    def _mask(self, record: logging.LogRecord) -> None:
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info and not isinstance(record.exc_info, bool):
            record.exc_text = masked(record.exc_text or _traceback(record.exc_info))
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        for name in set(vars(record)) - _PLAIN - {"msg", "args", "exc_text", "exc_info", "stack_info", "message"}:
            setattr(record, name, _deeply(getattr(record, name)))


def _deeply(value: Any) -> Any:
    """Return a nested value masked at every level; other objects become their masked text."""
    if isinstance(value, bytes):
        return masked(value.decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {_deeply(key): _deeply_named(key, one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_deeply(one) for one in value]
    return value if value is None or isinstance(value, int | float) else masked(str(value))


def _deeply_named(name: Any, value: Any) -> Any:
    """Return a value masked entirely if its name is a secret's, else as `_deeply` does."""
    text = f"{name}={value}" if isinstance(value, str) else ""
    return MASK if text and masked(text) != text else _deeply(value)
