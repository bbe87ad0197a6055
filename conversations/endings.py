"""How a reply ended, in the terms of its row."""

import threading

from conversations.checkpoints import Outcome
from conversations.live import LiveReply
from conversations.models.message import Status
from providers.streaming import Stream
from providers.types import Finish, Usage

closing = threading.Event()
"""Set once the server is about to end."""


def ended(live: LiveReply, stream: Stream | None) -> Outcome:
    if stream is None or stream.stopped:
        return stopped(live, stream)
    return Outcome(Status.COMPLETE, stream.finish, stream.usage or Usage())


def stopped(live: LiveReply, stream: Stream | None = None) -> Outcome:
    if closing.is_set():
        return restarted(live, stream)
    finish, usage = (stream.finish, stream.usage) if stream else (None, None)
    return Outcome(Status.STOPPED, finish, usage or Usage())


def broken(live: LiveReply, code: str, text: str, stream: Stream | None = None) -> Outcome:
    """Failed before the first word, interrupted after it; a reply that continues another has spoken already."""
    spoken = bool("".join(live.fed).strip()) or (stream is not None and stream.first_token_at is not None)
    usage = stream.usage if stream is not None and stream.usage else Usage()
    finish = Finish("blocked") if code == "blocked" else None
    return Outcome(Status.INTERRUPTED if spoken else Status.FAILED, finish, usage, code, text)


def restarted(live: LiveReply, stream: Stream | None = None) -> Outcome:
    return broken(live, "server_restarted", "The server was restarted while it replied.", stream)
