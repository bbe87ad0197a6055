"""Work before serving, in a child process: its memory is freed with it."""

import os
import signal
import sys
from collections.abc import Callable


def run_in_child(work: Callable[[], None]) -> None:
    """Run `work` in a child and wait for its end. If it fails, or gets SIGTERM, this process exits too.

    An exception in the child propagates through its own stack, a copy of ours. Its top reports it as usual.
    """
    sys.stdout.flush()
    before = signal.getsignal(signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until it can be forwarded
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
