"""Work done once before serving, in a process of its own: the memory that it takes goes with it."""

import os
import signal
import sys
from collections.abc import Callable


def run_in_child(work: Callable[[], None]) -> None:
    """Do this in a child and wait for its end; where it fails, or is told to end, so does this process.

    What goes wrong in the child goes up its own stack, which is a copy of ours, and is said at its top as usual.
    """
    sys.stdout.flush()
    before = signal.getsignal(signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until it can be handed on
    child = os.fork()
    if child:
        signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if not child:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    signal.signal(signal.SIGTERM, before)
    code = os.waitstatus_to_exitcode(status)
    if code:
        sys.exit(code if code > 0 else 128 - code)
