"""One call of a vendor for a reply: its words go to the hub, its cost to the ledger, its failure to the pool."""

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import DatabaseError

from conversations import database, files, spending
from conversations.checkpoints import Outcome
from conversations.endings import broken, ended
from conversations.live import LiveReply, hub
from conversations.parts import Piece
from conversations.queueing import queue
from conversations.spending import Call, Payer
from providers import pool, vault
from providers.choosing import KeyWithdrawn
from providers.errors import ReplyTooLong, VendorError
from providers.pool import Route
from providers.streaming import Stream
from providers.types import Delta, Prompt, Usage
from providers.wires.room import Room

MOST_MADE = 50
"""Files that one reply may bring."""

_logger = logging.getLogger(__name__)
_starting = ThreadPoolExecutor(2, thread_name_prefix="local-model")


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt: the way to the vendor, what to say there, and what the reply begins with."""

    route: Route
    prompt: Prompt
    payer: Payer
    carried: tuple[Piece, ...] = ()


def attempt(live: LiveReply, task: Task) -> Outcome | None:
    """Call once; None when that failed before a word, and another way may be tried."""
    queue.leave(live)
    live.waiting = None
    begun, spoken_before = time.monotonic(), len(live.fed)
    stream: Stream | None = None
    error: VendorError | None = None
    try:
        with _as_it_is_now(live, task.route).stream(task.prompt, hub.rest) as stream:
            live.attach(stream, task.route.key_id)
            queue.call()  # the next in the line
            _relay(live, stream, task.carried)
    except VendorError as failure:
        error = failure
    except vault.Locked as locked:
        error = KeyWithdrawn(because=str(locked))
    said = "".join(live.fed[spoken_before:])
    call = _measured(live, task, stream, error, said, begun)
    may_go_on = _noted(live, task, stream, error, call)
    if error is None:
        return ended(live, stream)
    return None if may_go_on and not live.stopped else broken(live, error.code, error.text, stream)


def _as_it_is_now(live: LiveReply, route: Route) -> Route:
    """The way with the address of today: a local model may take seconds to start, and a stop does not wait for it."""
    if not route.is_local:
        return route
    work = _starting.submit(route.reachable)
    live.wait_for(work)
    # Whoever was stopped calls nobody, whatever the address.
    return replace(route, address=work.result() if work.done() else route.address, is_local=False)


def _noted(live: LiveReply, task: Task, stream: Stream | None, error: VendorError | None, call: Call) -> bool:
    """As _conclude; a database that does not answer costs a row of the ledger, not the reply."""
    try:
        return database.submit_change(_conclude, live, task, stream, error, call).result()
    except DatabaseError:
        _logger.exception("A call could not be written to the ledger: %s", call.usage)
        return False


def _measured(
    live: LiveReply, task: Task, stream: Stream | None, error: VendorError | None, said: str, begun: float
) -> Call:
    """What the call used and how long it took; counted by ourselves where the vendor does not say."""
    usage = stream.usage if stream else None
    estimated = usage is None and live.heard
    if usage is None:
        usage = spending.prompt_usage(task.prompt, said) if live.heard else Usage()
    first = stream.first_token_at if stream else None
    ended = "stopped" if live.stopped else "complete"
    return Call(
        route=task.route,
        outcome=error.code if error else ended,
        usage=usage,
        estimated=estimated,
        first_token_ms=round(1000 * (first - begun)) if first else None,
        total_ms=round(1000 * (time.monotonic() - begun)),
    )


def _relay(live: LiveReply, stream: Stream, carried: tuple[Piece, ...]) -> None:
    """Feed what the vendor says to the hub."""
    for delta in _as_far_as_it_fits(carried, stream):
        if not live.heard:
            live.heard = True
            _note_first_word(live)
        delta = _with_files_kept(live, delta)
        hub.feed(live, delta)
        live.fed.append(delta.part.text if delta.part and delta.part.kind == "text" else delta.text)
    if live.withdrawn and not live.stopped:
        raise KeyWithdrawn


def _note_first_word(live: LiveReply) -> None:
    assert live.search is not None
    if live.search.probes:
        database.submit_change(live.search.heard).add_done_callback(lambda _: queue.call())


def _conclude(live: LiveReply, task: Task, stream: Stream | None, error: VendorError | None, call: Call) -> bool:
    """Note how a call ended and what it cost; whether another may follow."""
    assert live.search is not None
    spending.record(task.payer, call)
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
    live.made += 1
    if live.made > MOST_MADE:
        raise ReplyTooLong
    return Delta(part=database.submit_change(files.keep_made, live.id, part).result())
