"""Daphne as this site runs it: input limits, and a shutdown that lets replies finish and informs browsers.

Importing this module installs Twisted's asyncio reactor, so it has to come before any other use of Twisted.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import daphne.server  # first: it chooses the reactor
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from chatsite.clients.senders import Sender
from chatsite.server.protocols import MAX_MESSAGE_BYTES, PATHSEND, HttpFactory, LimitedRequest, Socket, SocketFactory
from chatsite.server.request_bodies import LINGER_SECONDS

__all__ = ["CannotListenError", "Server", "event_loop"]

DRAIN_SECONDS = 3.0
GOODBYE_SECONDS = 0.6
LATEST_EXIT_SECONDS = 4.5  # after the signal; a thread that waits for a vendor must not hold the process

event_loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop

_logger = logging.getLogger(__name__)


class Server(daphne.server.Server):
    """One listening port in this process's reactor; `run` blocks until SIGINT, SIGTERM, SIGHUP or `stop`.

    `whose(sender)` returns a future of a request's owner: a person's name for limits, or "". `answering(port)` is
    called once requests are served. `drain()` runs in a thread at the shutdown, while sockets are still open, for at
    most DRAIN_SECONDS. Tests run the server in a thread with `signal_handlers=False`, port 0.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        host: str = "127.0.0.1",
        port: int = 8000,
        *,
        answering: Callable[[int], None] = lambda _: None,
        drain: Callable[[], None] = lambda: None,
        whose: Callable[[Sender], "Future[str]"],
        signal_handlers: bool = True,
    ) -> None:
        super().__init__(
            application,
            endpoints=[f"{host}:{port}"],
            signal_handlers=signal_handlers,
            request_buffer_size=64 * 1024,
            ping_interval=10,
            ping_timeout=15,
            application_close_timeout=5,
            server_name="",
        )
        self.host, self.port = host, port
        self.answering, self.drain, self.whose = answering, drain, whose
        self.connections: dict[Any, dict[str, Any]] = {}
        self.stopping = False

    def run(self) -> None:
        """Serve until the end. Raises CannotListenError if the port is taken."""
        _log_failures_only()
        self.http_factory = HttpFactory(self)
        self.ws_factory = SocketFactory(self, server="")
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            closeHandshakeTimeout=LINGER_SECONDS,
            maxFramePayloadSize=MAX_MESSAGE_BYTES,
            allowNullOrigin=True,  # the application judges origins
            failByDrop=False,  # a browser shall see the close code, not a broken connection
        )
        asyncio.set_event_loop(event_loop)
        self.listener = reactor.listenTCP(self.port, self.http_factory, backlog=1024, interface=self.host)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        reactor.callWhenRunning(self.answering, self.listener.getHost().port)
        if self.signal_handlers:
            for end in _ends():
                event_loop.add_signal_handler(end, self.stop)
        reactor.run(installSignalHandlers=False)  # Twisted's own handlers fail on a second signal

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Create an application as Daphne does, with extensions.

        A websocket's application gets direct access to its socket. Other applications may leave the sending of files to
        the server.
        """
        if isinstance(protocol, Socket):
            scope["extensions"] = {
                "chatsite.relay": protocol.send_frame,
                "chatsite.belong": protocol.belong_to,
                "chatsite.unread": protocol.unread,
            }
        else:
            scope["extensions"] = {PATHSEND: {}, "chatsite.sender": protocol.sender}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Send a message as Daphne does, but return only when the client has taken it."""
        await super().handle_reply(protocol, message)
        is_answer = message.get("more_body") and isinstance(protocol, LimitedRequest)
        if is_answer and protocol.channel and (taken := protocol.channel.drained()):
            await asyncio.shield(taken)

    def stop(self) -> None:
        """Begin the shutdown once: both a terminal and the parent process may send a signal."""
        if not self.stopping:
            self.stopping = True
            super().stop()

    def kill_all_applications(self) -> "Deferred[None]":
        """Begin the shutdown and return what the reactor must wait for. Daphne calls it before the reactor stops."""
        if self.signal_handlers:
            _exit_at_the_latest()
        self.listener.stopListening()
        return Deferred.fromFuture(asyncio.ensure_future(self._leave()))

    async def _leave(self) -> None:
        await self._drained()
        for socket in [protocol for protocol in self.connections if isinstance(protocol, Socket)]:
            socket.say_restarting()
        applications = self._running_applications()
        await _wait(applications)
        for application in applications:
            application.cancel()
        await _wait(applications)

    async def _drained(self) -> None:
        try:
            await asyncio.wait_for(asyncio.to_thread(self.drain), DRAIN_SECONDS)
        except TimeoutError:
            _logger.warning("Not everything had ended %.0f seconds after the signal to stop.", DRAIN_SECONDS)

    def _running_applications(self) -> "list[asyncio.Future[None]]":
        # A request whose body is still coming has no application yet.
        found = (details.get("application_instance") for details in self.connections.values())
        return [application for application in found if application and not application.done()]


def _ends() -> list[signal.Signals]:
    """Return the signals that end the server.

    SIGHUP, from a closing terminal, is one of them unless the parent process ignores it, as `nohup` does.
    """
    kept_on = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if kept_on else [signal.SIGHUP])]


async def _wait(applications: "list[asyncio.Future[None]]") -> None:
    if applications:
        await asyncio.wait(applications, timeout=GOODBYE_SECONDS)


def _log_failures_only() -> None:
    """Limit Twisted's log to uncaught exceptions: it would log every connection."""
    failures = LogLevelFilterPredicate(LogLevel.critical)
    observer = FilteringLogObserver(STDLibLogObserver("twisted"), [failures])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def _exit_at_the_latest() -> None:
    """End the process after LATEST_EXIT_SECONDS.

    Pool threads are joined at exit, and one blocked in a read would hold the process until the read ends.
    """
    deadline = threading.Timer(LATEST_EXIT_SECONDS, os._exit, [0])
    deadline.daemon = True
    deadline.start()
