"""One reply from its first to its last delta: a plain loop in a thread of our own pool."""

import logging
import threading
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from conversations import database, events, files, history, markdown
from conversations.checkpoints import Outcome, writer
from conversations.live import LiveReply, hub
from conversations.models import Message
from conversations.models.message import Status
from conversations.parts import Piece, carried_over
from conversations.queueing import queue
from providers import clock, pool, vault
from providers.choosing import KeyWithdrawn, Search, Wait
from providers.errors import VendorError
from providers.models import ApiKey
from providers.pool import Route
from providers.streaming import Stream
from providers.types import Delta, Finish, Part, Prompt, Usage
from providers.wires.room import Room

_logger = logging.getLogger(__name__)
_closing = threading.Event()
_threads = ThreadPoolExecutor(settings.CHATSITE_STREAM_THREADS, thread_name_prefix="reply")
_starting = ThreadPoolExecutor(2, thread_name_prefix="local-model")


def start(reply: Message) -> None:
    """Begin to write this reply, or wait in sight for the one above its question to end. Returns at once."""
    live = LiveReply(reply.id, reply.conversation_id, reply.attempt)
    hub.begin(live)
    _ask(live)


def wake_waiting() -> None:
    """Look again whether the first of those that wait may begin."""
    for live in queue.due():
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


def stop_wherever(replies: Collection[UUID]) -> None:
    """Hang up on these, whichever process writes them."""
    here = {key: live for key in replies if (live := hub.replies.get(key))}
    for live in here.values():
        stop(live)
    if hub.neighbours is not None and (elsewhere := set(replies) - set(here)):
        hub.neighbours.ask_to_stop(elsewhere)


def interrupt_all() -> None:
    """The server ends: hang up on every vendor; what they have said stays, marked as interrupted."""
    _closing.set()
    for live in list(hub.replies.values()):
        live.stop()
        _end_if_waiting(live, _restarted(live))


def hang_up_on_withdrawn_keys() -> None:
    """Calls with a key that was switched off or deleted end; their replies go on by another one, if they can."""
    calling = [(live, live.key) for live in list(hub.replies.values()) if live.key]
    if not calling:
        return
    used = {key for _, key in calling}
    wanted = set(ApiKey.objects.filter(pk__in=used, enabled=True).values_list("pk", flat=True))
    for live in [live for live, key in calling if key not in wanted]:
        live.withdraw()


def _end_if_waiting(live: LiveReply, outcome: Outcome) -> None:
    if live.claim():
        _end(live, outcome)


def _end(live: LiveReply, outcome: Outcome) -> None:
    queue.leave(live)
    hub.end(live, partial(writer.end, live, outcome, markdown.render("".join(live.said))))


def run(live: LiveReply) -> None:
    """Write one reply to its end, whatever happens on the way, unless it has to wait again."""
    try:
        live.look()
        if not live.claim():
            return
        outcome = _write(live)
    except Exception:
        _logger.exception("A reply ended by a fault of our own.")
        outcome = _broken(live, "unavailable", "Something went wrong on this site; the log has the details.")
        if live.search is not None:
            database.submit_change(live.search.over)
    if outcome is not None:
        _end(live, outcome)


def _write(live: LiveReply) -> Outcome | None:
    """One attempt after the other, until one brings words or there is none left; None when it has to wait."""
    outcome: Outcome | None = None
    while outcome is None:
        if live.stopped:
            return _stopped(live)
        calls = queue.calls
        try:
            step = database.submit_change(_next_step, live).result()
        except VendorError as error:
            return _broken(live, error.code, error.text)
        if isinstance(step, Wait):
            return _wait(live, step, calls)
        outcome = _attempt(live, step)
    return outcome


@dataclass(frozen=True, slots=True)
class _Task:
    """The way to the vendor, what to say there, and what the reply begins with."""

    route: Route
    prompt: Prompt
    carried: tuple[Piece, ...] = ()


def _next_step(live: LiveReply) -> _Task | Wait:
    """What there is to do: call somebody, or wait for the reply above or for a key; raises VendorError."""
    reply = Message.objects.select_related("conversation__team", "parent__parent", "continues").get(pk=live.id)
    above = reply.parent.parent if reply.parent else None
    if above is not None and above.is_under_way:
        return Wait("queued", line=frozenset([above.id]))
    carried = _carry_over(live, reply.continues)
    live.search = search = live.search or Search(reply.model_id, (Q(),), live.id)
    step = search.next(partial(queue.is_turn_of, live))
    if isinstance(step, Wait):
        return step
    try:
        return _Task(step, history.prompt_for(reply, step), carried)
    except VendorError:
        search.over()
        raise


def _carry_over(live: LiveReply, earlier: Message | None) -> tuple[Piece, ...]:
    """What the reply begins with, said when it is first looked at."""
    carried = tuple(carried_over([Part.from_json(part) for part in earlier.parts])) if earlier else ()
    if live.search is None:
        for piece in carried:
            hub.feed(live, piece)
            live.said.append(piece.text)
    return carried


def _wait(live: LiveReply, wait: Wait, calls: int) -> Outcome | None:
    """Stand in the queue without a thread; viewers are told why. `calls` is what the queue had counted before."""
    reason = {"code": wait.code, **({"until": wait.until} if wait.until else {})}
    if live.waiting != reason:
        live.waiting = reason
        events.message_waiting(live.conversation, live.id, wait.code, wait.until)
    queue.stand(live, wait.line, wait.until)
    if not live.put_back():
        return _stopped(live)
    if wait.until:
        hub.later((wait.until - clock.now()).total_seconds(), wake_waiting)
    elif queue.calls != calls:
        _ask(live)
    return None


def _attempt(live: LiveReply, task: _Task) -> Outcome | None:
    """Call once; None when that failed before a word, and another way may be tried."""
    queue.leave(live)
    live.waiting = None
    stream: Stream | None = None
    error: VendorError | None = None
    try:
        with _as_it_is_now(live, task.route).stream(task.prompt, hub.rest) as stream:
            live.attach(stream, task.route.key_id)
            wake_waiting()  # the next in the line
            _relay(live, stream, task.carried)
    except VendorError as failure:
        error = failure
    except vault.Locked as locked:
        error = KeyWithdrawn(because=str(locked))
    may_go_on = database.submit_change(_conclude, live, task, stream, error).result()
    if error is None:
        return _ended(live, stream)
    return None if may_go_on and not live.stopped else _broken(live, error.code, error.text, stream)


def _as_it_is_now(live: LiveReply, route: Route) -> Route:
    """The way with the address of today: a local model may take seconds to start, and a stop does not wait for it."""
    if not route.is_local:
        return route
    work = _starting.submit(route.reachable)
    live.wait_for(work)
    # Whoever was stopped calls nobody, whatever the address.
    return replace(route, address=work.result() if work.done() else route.address, is_local=False)


def _relay(live: LiveReply, stream: Stream, carried: tuple[Piece, ...]) -> None:
    """Feed what the vendor says to the hub."""
    for delta in _as_far_as_it_fits(carried, stream):
        if not live.heard:
            live.heard = True
            _note_first_word(live)
        delta = _with_files_kept(live, delta)
        hub.feed(live, delta)
        live.said.append(delta.part.text if delta.part and delta.part.kind == "text" else delta.text)
    if live.withdrawn and not live.stopped:
        raise KeyWithdrawn


def _note_first_word(live: LiveReply) -> None:
    assert live.search is not None
    if live.search.probes:
        database.submit_change(live.search.heard).add_done_callback(lambda _: wake_waiting())


def _conclude(live: LiveReply, task: _Task, stream: Stream | None, error: VendorError | None) -> bool:
    """Note how a call ended; whether another may follow."""
    assert live.search is not None
    may_go_on = False
    if error is not None and not live.heard:
        may_go_on = live.search.failed(task.route, error)
    elif live.heard or not live.stopped:
        live.search.heard()
    live.search.over()
    if stream is not None:
        pool.remember(task.route, stream.learnt)
    return may_go_on


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


def _ended(live: LiveReply, stream: Stream | None) -> Outcome:
    if stream is None or stream.stopped:
        return _stopped(live, stream)
    return Outcome(Status.COMPLETE, stream.finish, stream.usage or Usage())


def _stopped(live: LiveReply, stream: Stream | None = None) -> Outcome:
    if _closing.is_set():
        return _restarted(live, stream)
    finish, usage = (stream.finish, stream.usage) if stream else (None, None)
    return Outcome(Status.STOPPED, finish, usage or Usage())


def _broken(live: LiveReply, code: str, text: str, stream: Stream | None = None) -> Outcome:
    """Failed before the first word, interrupted after it; a reply that continues another has spoken already."""
    spoken = bool("".join(live.said).strip()) or (stream is not None and stream.first_token_at is not None)
    usage = stream.usage if stream is not None and stream.usage else Usage()
    finish = Finish("blocked") if code == "blocked" else None
    return Outcome(Status.INTERRUPTED if spoken else Status.FAILED, finish, usage, code, text)


def _restarted(live: LiveReply, stream: Stream | None = None) -> Outcome:
    return _broken(live, "server_restarted", "The server was restarted while it replied.", stream)


def _tell_of_the_end(reply: UUID) -> None:
    """What waits for this reply may wait here or elsewhere."""
    wake_waiting()
    if hub.neighbours is not None:
        hub.neighbours.tell_of_the_end(reply)


writer.when_ended = _tell_of_the_end
