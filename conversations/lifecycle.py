"""What a serving process does first and last."""

import asyncio
import gc

from conversations import generation, sweep
from conversations.checkpoints import writer
from conversations.live import hub

LAST_WORDS = 2.0
"""Seconds in which streams hang up and rows are written before the process ends."""


def start_up(loop: asyncio.AbstractEventLoop) -> None:
    """Take over from earlier processes and look after our own replies from now on."""
    gc.freeze()  # what is loaded by now stays: the collector would walk all of it each time, and everybody wait
    hub.attach(loop)
    sweep.end_replies_of_earlier_boots()
    writer.start()
    sweep.sweeper.start()


def shut_down() -> None:
    """Hang up on every vendor and write what they have said; blocks, at most LAST_WORDS seconds or so."""
    sweep.sweeper.stop()
    generation.interrupt_all()
    writer.stop(LAST_WORDS)
