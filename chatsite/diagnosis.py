"""What `doctor` looks at: each check returns what it found, or raises Sick with what to do about it."""

import io
import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import redis
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from chatsite import authorities, reaching
from conversations.ids import new_id
from conversations.models import Conversation
from providers import keyring
from providers.models import ApiKey, Endpoint
from providers.proxy import Proxy

LEAST_SPACE = 500 * 2**20
"""Bytes: less, and the next large files or a migration may not fit."""
MOST_SKEW = 2.0
"""Seconds: a process that has not been heard of for five is taken for dead."""
PATIENCE = 5.0


class Sick(Exception):
    """What is wrong, and what to do about it."""


Check = Callable[[], str]


def checks() -> Iterator[tuple[str, Check]]:
    """Every check with its name, in the order in which one breaks the next."""
    yield "database", database
    yield "channel layer", channel_layer
    yield "websocket", websocket
    yield "disk", disk
    yield "clock", clock
    yield "encryption keys", encryption_keys
    if settings.CHATSITE_CA_FILE:
        yield "authorities", certificate_authorities
    if proxy := settings.CHATSITE_PROXY:
        yield "proxy", partial(outward_proxy, proxy)
    try:
        names = list(Endpoint.objects.order_by("name").values_list("name", flat=True))
    except DatabaseError:
        return  # the first line has said it
    for name in names:
        yield f"endpoint {name}", lambda name=name: endpoint(name)  # type: ignore[misc]


def database() -> str:
    """It answers, takes writes and is at the version of this software."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            raise Sick(f"{len(waiting)} migrations are waiting: `start` applies them, and so does `migrate`.")
        with transaction.atomic():
            Conversation.objects.filter(pk=new_id()).update(title="")
        with connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
            version = cursor.fetchone()[0]
    except DatabaseError as problem:
        raise Sick(f"it does not answer or takes no writes: {_line(problem)}") from None
    pooler = ", through a pooler of transactions" if getattr(connection, "is_pooled", False) else ""
    return f"{connection.display_name} {version}{pooler}"


def channel_layer() -> str:
    """What one process publishes reaches another."""
    if not settings.REDIS_URL:
        return "in memory: one process serves"
    line = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
    channel, word = "chatsite:doctor", secrets.token_hex(8).encode()
    try:
        with line, line.pubsub() as listener:  # type: ignore[no-untyped-call]
            listener.subscribe(channel)
            listener.get_message(timeout=PATIENCE)  # that it listens
            line.publish(channel, word)
            heard = listener.get_message(timeout=PATIENCE)
            version = line.info("server")["redis_version"]
    except RedisError as problem:
        raise Sick(f"Redis does not answer, see REDIS_URL: {_line(problem)}") from None
    if heard is None or heard["data"] != word:
        raise Sick("Redis does not pass on what is published.")
    if not settings.SEVERAL_PROCESSES:
        return f"Redis {version}; several processes would also need PostgreSQL (DATABASE_URL)"
    return f"Redis {version}"


def websocket() -> str:
    """A server of our own takes a handshake, and the running one does at each of its origins."""
    with _Server() as port:
        answer = reaching.handshake(f"http://127.0.0.1:{port}", settings.CHATSITE_ORIGINS[0])
        if answer != 101:
            raise Sick(f"a handshake was answered with {answer} instead of 101.")
    try:
        return f"handshake works; {reaching.at_every_origin()}"
    except reaching.Unreached as problem:
        raise Sick(str(problem)) from None


def disk() -> str:
    """There is room in the data folder, and it can be written."""
    folder = settings.CHATSITE_DATA
    free = shutil.disk_usage(folder).free
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise Sick(f"{folder} cannot be written: {problem.strerror}.") from None
    if free < LEAST_SPACE:
        raise Sick(f"only {free // 2**20} MB are free in {folder}.")
    return f"{free / 2**30:.1f} GB free in {folder}"


def clock() -> str:
    """This machine's clock agrees with the database's, and with what has been written so far."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            skew = abs((timezone.now() - cursor.fetchone()[0]).total_seconds())
        if skew > MOST_SKEW:
            raise Sick(f"it differs from the database's by {skew:.0f} seconds: replies would be taken for dead.")
    newest = Conversation.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()
    if newest is not None and (newest - timezone.now()).total_seconds() > MOST_SKEW:
        raise Sick(f"it is behind what was last written, at {newest:%Y-%m-%d %H:%M} UTC.")
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}"


def encryption_keys() -> str:
    """Every stored key opens."""
    if problem := keyring.problem():
        raise Sick(problem)
    return f"{len(settings.CHATSITE_ENCRYPTION_KEYS)} in the ring, {ApiKey.objects.count()} stored keys open"


def certificate_authorities() -> str:
    """The file of CHATSITE_CA_FILE can be used."""
    if problem := authorities.problem():
        raise Sick(problem)
    return f"{authorities.count()} in {settings.CHATSITE_CA_FILE}, beside the usual ones"


def outward_proxy(proxy: Proxy) -> str:
    """The proxy takes connections; whether it leads to the vendors shows at the endpoints."""
    try:
        socket.create_connection((proxy.host, proxy.port), PATIENCE).close()
    except OSError as problem:
        raise Sick(f"{proxy.place} cannot be reached, see CHATSITE_PROXY: {_line(problem)}") from None
    return f"{proxy.place} answers"


def endpoint(name: str) -> str:
    """One short real call with each of its keys."""
    said = io.StringIO()
    try:
        call_command("checkendpoint", name, stdout=said)
    except CommandError as problem:
        raise Sick("; ".join([*said.getvalue().splitlines(), str(problem)])) from None
    return "; ".join(said.getvalue().splitlines())


class _Server:
    """The site, served on some free port of loopback for as long as the `with` lasts; a process serves so once."""

    def __enter__(self) -> int:
        from chatsite.server import Server  # first: it chooses the reactor
        from twisted.internet import reactor  # isort: skip

        self._reactor, ports, answering = reactor, list[int](), threading.Event()

        def note(port: int) -> None:
            ports.append(port)
            answering.set()

        server = Server(import_string(settings.ASGI_APPLICATION), port=0, answering=note, signal_handlers=False)
        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()
        if not answering.wait(PATIENCE):
            raise Sick("the server does not come up.")
        return ports[0]

    def __exit__(self, *_: object) -> None:
        self._reactor.callFromThread(self._reactor.stop)
        self._thread.join(PATIENCE)


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())
