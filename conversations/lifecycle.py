"""Start and stop of a serving process."""

import asyncio
from contextlib import suppress

from django.conf import settings

from conversations import markdown, sweeper
from conversations.generation import runner
from conversations.generation.checkpoints import writer
from conversations.generation.queue import queue
from conversations.live import hub
from conversations.websocket import opening

SHUTDOWN_SECONDS = 2.0
"""Seconds in which streams are closed and rows are written before the process ends."""

PEER_SHUTDOWN_SECONDS = 0.8
"""Seconds in which the other processes are told how our replies ended."""


def start_up(loop: asyncio.AbstractEventLoop) -> None:
    """Connect the rooms, attach the hub to the loop and other processes, then start the writer and the sweeper."""
    connect()
    hub.attach(loop)
    if settings.SEVERAL_PROCESSES:
        _meet_peers(loop)
    writer.start()
    sweeper.sweeper.start(is_heir=not settings.SEVERAL_PROCESSES)


def connect() -> None:
    """Give the rooms below what they call in the rooms above; `apps` does so for what commands need, too."""
    writer.when_ended = runner.tell_of_the_end
    queue.call = runner.wake_waiting


def _meet_peers(loop: asyncio.AbstractEventLoop) -> None:
    from conversations.cluster.peers import RedisPeers  # loads 12 MB of redis-py, needed only by several processes

    hub.peers = RedisPeers(
        hub,
        str(settings.REDIS_URL),
        stop=runner.stop,
        wake=runner.wake_waiting,
        changes=opening.moved_since,
    )
    loop.call_soon_threadsafe(hub.peers.start)


def shut_down() -> None:
    """Stop all replies and store their text; blocks, about SHUTDOWN_SECONDS at most."""
    sweeper.sweeper.stop()
    runner.interrupt_all()
    writer.stop(SHUTDOWN_SECONDS)
    markdown.child.close()
    if hub.loop is not None and hub.loop.is_running():
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(hub.peers.close(), hub.loop).result(PEER_SHUTDOWN_SECONDS)
