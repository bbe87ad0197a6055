"""Checks of `doctor` alone, because they take seconds or make calls, and the list of all its checks."""

import io
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parseaddr
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string

from chatsite.configuration.email_url import Outgoing
from chatsite.health import reachability
from chatsite.health.checks import ANSWER_SECONDS, redis_server
from providers.checks import By, Check, Sick, asked
from providers.models import Endpoint
from providers.transport.proxy import Proxy


def checks() -> Iterator[Check]:
    """Yield every check of `doctor`, in an order in which an early fault explains a later one."""
    yield Check("environment", settings_given)
    yield from asked(By.DOCTOR)
    yield Check("Redis", redis_server)
    yield Check("websocket", websocket)
    if outgoing := settings.CHATSITE_MAIL:
        yield Check("mail", partial(mail, outgoing))
    if proxy := settings.CHATSITE_PROXY:
        yield Check("proxy", partial(outward_proxy, proxy))
    with suppress(DatabaseError):  # the check of the database reports it
        for name in Endpoint.objects.filter(enabled=True).order_by("name").values_list("name", flat=True):
            yield Check(f"endpoint {name}", partial(endpoint, name))


def settings_given() -> str:
    """Return the names of the settings and the places that they name.

    `doctor` without the server's settings checks another site.
    """
    names = sorted(name for name in os.environ if name.startswith("CHATSITE_") or name.removesuffix("_FILE") in _URLS)
    rows = connection.settings_dict
    place = f"{rows['NAME']} at {rows['HOST'] or rows['OPTIONS'].get('host', 'the usual socket')}"
    where = f"files in {settings.CHATSITE_DATA}, rows in {rows['NAME'] if connection.vendor == 'sqlite' else place}"
    return f"{', '.join(names) or 'none is given, so these are the defaults'}; {where}"


_URLS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")


def websocket() -> str:
    """Check that a server of our own accepts a handshake, and the running one at each of its origins.

    Raises Sick.
    """
    with _Server() as port:
        answer = reachability.handshake(f"http://127.0.0.1:{port}", settings.CHATSITE_ORIGINS[0])
        if answer != 101:
            raise Sick(f"a handshake was answered with {answer} instead of 101.")
    try:
        return f"handshake works; {reachability.at_every_origin()}"
    except reachability.Unreachable as problem:
        raise Sick(str(problem)) from None


def mail(outgoing: Outgoing) -> str:
    """Check that the mail server accepts our user and our address; no mail is sent. Raises Sick."""
    place = f"{outgoing.host}:{outgoing.port}"
    backend: Any = get_connection(timeout=ANSWER_SECONDS)
    try:
        backend.open()
        code, answer = backend.connection.mail(parseaddr(outgoing.sender)[1])
        backend.connection.rset()
    except OSError as problem:
        raise Sick(f"{place} takes no letters, see EMAIL_URL: {_line(problem)}") from None
    finally:
        backend.close()
    if code != 250:
        said = answer.decode("utf-8", "replace")
        raise Sick(f"{place} takes no letters from {outgoing.sender}, see from= in EMAIL_URL: {code} {said}")
    return f"{place} takes letters from {outgoing.sender}"


def outward_proxy(proxy: Proxy) -> str:
    """Check that the proxy accepts connections. Raises Sick.

    The checks of endpoints show whether it leads to the vendors.
    """
    try:
        socket.create_connection((proxy.host, proxy.port), ANSWER_SECONDS).close()
    except OSError as problem:
        raise Sick(f"{proxy.place} cannot be reached, see CHATSITE_PROXY: {_line(problem)}") from None
    return f"{proxy.place} answers"


def endpoint(name: str) -> str:
    """Make one short real call with each key of an endpoint. Raises Sick."""
    said = io.StringIO()
    try:
        call_command("checkendpoint", name, stdout=said)
    except CommandError as problem:
        raise Sick("; ".join([*said.getvalue().splitlines(), str(problem)])) from None
    return "; ".join(said.getvalue().splitlines())


class _Server:
    """The site, served on a free port of loopback inside the `with`; a process can do this once."""

    def __enter__(self) -> int:
        from chatsite.clients.owner import find_owner
        from chatsite.server.daphne import Server  # first: it chooses the reactor
        from twisted.internet import reactor  # isort: skip

        self._reactor, ports, answering = reactor, list[int](), threading.Event()

        def note(port: int) -> None:
            ports.append(port)
            answering.set()

        server = Server(
            import_string(settings.ASGI_APPLICATION), port=0, answering=note, whose=find_owner, signal_handlers=False
        )
        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()
        if not answering.wait(ANSWER_SECONDS):
            raise Sick("the server does not come up.")
        return ports[0]

    def __exit__(self, *_: object) -> None:
        self._reactor.callFromThread(self._reactor.stop)
        self._thread.join(ANSWER_SECONDS)


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())
