"""The connections between rooms, and the start and stop of a serving process."""

import asyncio
from contextlib import suppress

from django.apps import apps
from django.conf import settings
from django.db.models.signals import post_migrate

from conversations import markdown, site_checks, sweeper
from conversations.accounts import second_factor, staff_roles
from conversations.connections import event_stream, opening
from conversations.generation import runner
from conversations.generation.checkpoints import writer
from conversations.generation.queue import queue
from conversations.generation.side_calls import side_call
from conversations.live import hub
from conversations.notifications import troubles
from providers.checks import register
from providers.encryption import rotation
from providers.pool import cooldown

SHUTDOWN_SECONDS = 2.0
"""Seconds in which streams are closed and rows are written before the process ends."""

PEER_SHUTDOWN_SECONDS = 0.8
"""Seconds in which the other processes are told how our replies ended."""


def connect() -> None:
    """Give rooms below what they call in rooms above: in each process, commands too, before anything else."""
    writer.when_ended = runner.tell_of_the_end
    queue.wake_next = runner.wake_waiting
    rotation.elsewhere[:] = [second_factor.renew_seals]
    rotation.locked_elsewhere[:] = [second_factor.locked]
    cooldown.when_resting[:] = [troubles.note]
    register(*site_checks.CHECKS)
    auth = apps.get_app_config("auth")  # the last app to migrate: our models' permissions exist by then
    post_migrate.connect(staff_roles.prepare, sender=auth, dispatch_uid="roles")


def start_up(loop: asyncio.AbstractEventLoop) -> None:
    """Attach the hub to the loop and to the other processes, then start the writer and the sweeper."""
    hub.attach(loop)
    if settings.SEVERAL_PROCESSES:
        _meet_peers(loop)
    writer.start()
    sweeper.sweeper.start(is_heir=not settings.SEVERAL_PROCESSES)


def _meet_peers(loop: asyncio.AbstractEventLoop) -> None:
    from conversations.cluster.peers import RedisPeers  # loads 12 MB of redis-py, needed only by several processes

    hub.peers = RedisPeers(
        hub,
        str(settings.REDIS_URL),
        stop=runner.stop,
        wake=runner.wake_waiting,
        changes=opening.moved_since,
        commands=event_stream.take_signed,
    )
    loop.call_soon_threadsafe(hub.peers.start)


def shut_down() -> None:
    """Stop all replies and store their text; blocks, about SHUTDOWN_SECONDS at most."""
    sweeper.sweeper.stop()
    runner.interrupt_all()
    side_call.stop_all()
    writer.stop(SHUTDOWN_SECONDS)
    markdown.child.close()
    if hub.loop is not None and hub.loop.is_running():
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(hub.peers.close(), hub.loop).result(PEER_SHUTDOWN_SECONDS)
        hub.loop.call_soon_threadsafe(event_stream.end_all)
