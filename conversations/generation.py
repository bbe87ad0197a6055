"""One reply from its first to its last delta: a plain loop in a thread of our own pool."""

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.conf import settings

from conversations import database, events, files, history, markdown
from conversations.checkpoints import Outcome, writer
from conversations.live import LiveReply, hub
from conversations.models import Message
from conversations.models.message import Status
from conversations.parts import Piece, carried_over
from providers import pool, vault
from providers.errors import VendorError
from providers.pool import Route
from providers.streaming import Stream
from providers.types import Delta, Finish, Part, Prompt, Usage
from providers.wires.room import Room

_logger = logging.getLogger(__name__)
_closing = threading.Event()
_threads = ThreadPoolExecutor(settings.CHATSITE_STREAM_THREADS, thread_name_prefix="reply")


def start(reply: Message) -> None:
    """Begin to write this reply, or wait in sight for the one above its question to end. Returns at once."""
    live = LiveReply(reply.id, reply.conversation_id, reply.attempt)
    hub.begin(live)
    _ask(live)


def wake_waiting(_ended: UUID | None = None) -> None:
    """Look again whether the replies that wait may begin."""
    for live in [live for live in list(hub.replies.values()) if live.is_waiting]:
        _ask(live)


def _ask(live: LiveReply) -> None:
    if live.ask():
        _threads.submit(run, live)


def is_closing() -> bool:
    """The server is about to end: nothing new begins."""
    return _closing.is_set()


def stop(live: LiveReply) -> None:
    """Hang up at once; a reply that had not begun ends here."""
    live.stop()
    _end_if_waiting(live, Outcome(Status.STOPPED))


def interrupt_all() -> None:
    """The server ends: hang up on every vendor; what they have said stays, marked as interrupted."""
    _closing.set()
    for live in list(hub.replies.values()):
        live.stop()
        _end_if_waiting(live, _restarted())


def _end_if_waiting(live: LiveReply, outcome: Outcome) -> None:
    if live.claim():
        hub.end(live, partial(writer.end, live, outcome, ""))


def run(live: LiveReply) -> None:
    """Write one reply to its end, whatever happens on the way."""
    said: list[str] = []
    try:
        live.look()
        task = database.submit(_prepare, live).result()
        if task is None or not live.claim():
            return
        outcome = _relay(live, task, said)
    except Exception:
        live.claim()  # or the next sweep would ask for it again, and pay for it
        _logger.exception("A reply ended by a fault of our own.")
        outcome = _broken("unavailable", "Something went wrong on this site; the log has the details.")
    hub.end(live, partial(writer.end, live, outcome, markdown.render("".join(said))))


@dataclass(frozen=True, slots=True)
class _Task:
    """The way to the vendor, what to say there, and what the reply begins with."""

    route: Route | VendorError
    prompt: Prompt = field(default_factory=lambda: Prompt("", ()))
    carried: tuple[Piece, ...] = ()


def _prepare(live: LiveReply) -> _Task | None:
    """What there is to do; None while the reply above is still under way."""
    reply = Message.objects.select_related("conversation", "parent__parent", "continues").get(pk=live.id)
    above = reply.parent.parent if reply.parent else None
    if above is not None and above.is_under_way and not live.stopped:
        _tell_to_wait(live)
        return None
    carried = _carried(reply.continues)
    try:
        route = pool.choose(reply.model_id)
        return _Task(route, history.prompt_for(reply, route.vendor_id), carried)
    except VendorError as error:
        return _Task(error, carried=carried)


def _carried(earlier: Message | None) -> tuple[Piece, ...]:
    return tuple(carried_over([Part.from_json(part) for part in earlier.parts])) if earlier else ()


def _tell_to_wait(live: LiveReply) -> None:
    if not live.told_to_wait:
        live.told_to_wait = True
        events.message_waiting(live.conversation, live.id, "queued")


def _relay(live: LiveReply, task: _Task, said: list[str]) -> Outcome:
    stream: Stream | None = None
    for piece in task.carried:
        hub.feed(live, piece)
        said.append(piece.text)
    try:
        if isinstance(task.route, VendorError):
            raise task.route
        with task.route.stream(task.prompt, hub.rest) as stream:
            live.attach(stream)
            for delta in _as_far_as_it_fits(task.carried, stream):
                delta = _with_files_kept(live, delta)
                hub.feed(live, delta)
                said.append(delta.part.text if delta.part and delta.part.kind == "text" else delta.text)
        return _ended(live, stream)
    except VendorError as error:
        return _broken(error.code, error.text, stream, bool(task.carried))
    except vault.Locked as error:
        return _broken("key_refused", str(error), stream, bool(task.carried))
    finally:
        if isinstance(task.route, Route) and stream is not None:
            database.submit_change(pool.remember, task.route, stream.learnt)


def _as_far_as_it_fits(carried: tuple[Piece, ...], stream: Stream) -> Iterable[Delta]:
    """What is carried over takes its share of what a reply may hold; raises ReplyTooLong behind the last that fits."""
    if not carried:
        return stream
    room = Room()
    for piece in carried:
        list(room.fitting(Delta(piece.text, piece.thought)))
    return (fitting for delta in stream for fitting in room.fitting(delta))


def _with_files_kept(live: LiveReply, delta: Delta) -> Delta:
    """Pictures become files of ours at once: megabytes stay out of rows and frames."""
    part = delta.part
    if part is None or "data" not in part.detail:
        return delta
    return Delta(part=database.submit_change(files.keep_made, live.id, part).result())


def _ended(live: LiveReply, stream: Stream) -> Outcome:
    if stream.stopped and _closing.is_set():
        return _restarted(stream)
    status = Status.STOPPED if stream.stopped else Status.COMPLETE
    return Outcome(status, stream.finish, stream.usage or Usage())


def _broken(code: str, text: str, stream: Stream | None = None, spoken: bool = False) -> Outcome:
    """Failed before the first token, interrupted after it; a reply that continues another has `spoken` already."""
    spoken = spoken or (stream is not None and stream.first_token_at is not None)
    usage = stream.usage if stream is not None and stream.usage else Usage()
    finish = Finish("blocked") if code == "blocked" else None
    return Outcome(Status.INTERRUPTED if spoken else Status.FAILED, finish, usage, code, text)


def _restarted(stream: Stream | None = None) -> Outcome:
    return _broken("server_restarted", "The server was restarted while it replied.", stream)


writer.when_ended = wake_waiting
