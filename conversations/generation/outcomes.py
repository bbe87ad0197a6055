"""The outcome of a reply, in the terms of its row."""

import threading
from dataclasses import dataclass, field
from typing import Any

from conversations.live import LiveReply
from conversations.models.message import Status
from providers.client.stream import Stream
from providers.errors import SAID, cut
from providers.types import Finish, Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a reply."""

    status: Status
    finish: Finish | None = None
    usage: Usage = field(default_factory=Usage)
    error_code: str = ""
    error_text: str = ""
    left_out: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bare(self) -> "Outcome":
        """Return the outcome without the vendor's words, so that any database can store it."""
        return Outcome(self.status, error_code=self.error_code)


NOTHING = Usage()
"""The usage of a vendor that reported none."""
closing = threading.Event()
"""Set once the server is about to end."""


def outcome_of_end(live: LiveReply, stream: Stream | None, counted: Usage) -> Outcome:
    if stream is None or stream.stopped:
        return outcome_of_stop(live, stream, counted)
    quoted = _quoted(live, stream.finish)
    return Outcome(Status.COMPLETE, stream.finish, counted, error_text=quoted, left_out=_left_out(live, stream))


def _left_out(live: LiveReply, stream: Stream | None) -> list[dict[str, Any]]:
    """Return the parameters that the model was not sent as they were set, for the row, and whether replies were."""
    changes = stream.left_out if stream else []
    folded = [{"parameter": "replies", "sent": None}] if stream and live.folded else []
    return [*({"parameter": change.parameter, "sent": change.sent} for change in changes), *folded]


def _quoted(live: LiveReply, finish: Finish | None) -> str:
    """Return an error text of the vendor's words alone on why a reply ended early, unless a part shows them."""
    quote = cut(finish.quote) if finish else ""
    is_shown = any(part.kind == "refusal" and part.detail.get("reason") == quote for part in live.fed)
    return SAID + quote if quote and not is_shown else ""


def outcome_of_stop(live: LiveReply, stream: Stream | None = None, counted: Usage = NOTHING) -> Outcome:
    if closing.is_set():
        return outcome_of_restart(live, stream, counted)
    return Outcome(Status.STOPPED, stream.finish if stream else None, counted, left_out=_left_out(live, stream))


def outcome_of_error(
    live: LiveReply, code: str, text: str, stream: Stream | None = None, counted: Usage = NOTHING
) -> Outcome:
    """Return the outcome: failed before the first word, interrupted after it or in a continuing reply."""
    spoken = bool(live.fed.text().strip()) or (stream is not None and stream.first_token_at is not None)
    finish = Finish("blocked") if code == "blocked" else None
    status = Status.INTERRUPTED if spoken else Status.FAILED
    return Outcome(status, finish, counted, code, text, _left_out(live, stream))


def outcome_of_restart(live: LiveReply, stream: Stream | None = None, counted: Usage = NOTHING) -> Outcome:
    return outcome_of_error(live, "server_restarted", "The server was restarted while it replied.", stream, counted)
