"""Checks of database, disk, clock, Redis and settings."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatsite import database_upgrade
from chatsite.configuration import certificate_authorities as authorities
from chatsite.health.failures import known_failure
from chatsite.models import Pulse
from conversations.connections import event_stream
from conversations.models import Conversation
from providers.checks import By, Check, Finding, Sick

if TYPE_CHECKING:
    import redis

MIN_SPACE = 500 * 2**20
"""Bytes: with less space, the next large files or a migration may not fit."""
MAX_SKEW_SECONDS = 2.0
"""Seconds: a process without a sign of life for five counts as dead."""
ANSWER_SECONDS = 5.0
_UNABLE = gettext_lazy("The database takes no rows.")


def database() -> str:
    """Check that the database accepts a row and lacks no migration. Raises Sick."""
    try:
        _write_a_row()
        waiting, _newer = database_upgrade.difference()
        version = _version()
    except DatabaseError as problem:
        found = known_failure(problem)
        raise Sick(_UNABLE, found.code if found else "database_failing", _line(problem)) from None
    if waiting:
        raise Sick(
            gettext_lazy("Migrations are waiting: `start` applies them, and so does `migrate`."),
            "migrations_waiting",
            ", ".join(waiting),
        )
    pooler = ", through a pooler of transactions" if getattr(connection, "is_pooled", False) else ""
    return f"{connection.display_name} {version}{pooler}"


def version() -> str:
    """Check that no newer version has changed the database. Raises Sick.

    This process can go on serving then, but not after a restart.
    """
    _waiting, newer = database_upgrade.difference()
    if newer:
        raise Sick(
            _("The database is of a newer version of Chatsite: restart this one as that."), detail=", ".join(newer)
        )
    return str(settings.CHATSITE_VERSION)


def redis_server() -> str:
    """Check that a message published by one process reaches another. Raises Sick."""
    if not settings.REDIS_URL:
        return "in memory: one process serves"
    import redis  # only here: a single process starts without it

    seconds = ANSWER_SECONDS
    line = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds)
    try:
        with line:
            heard = _echo(line)
            version = line.info("server")["redis_version"]
    except redis.exceptions.NoPermissionError as problem:
        raise Sick(
            _("Redis lets its user do too little, see REDIS_URL: +@pubsub &chatsite:* +info."), detail=_line(problem)
        ) from None
    except redis.RedisError as problem:
        raise Sick(_("Redis does not answer, see REDIS_URL."), detail=_line(problem)) from None
    if not heard:
        raise Sick(_("Redis does not pass on what is published."))
    if not settings.SEVERAL_PROCESSES:
        return f"Redis {version}; several processes would also need PostgreSQL (DATABASE_URL)"
    return f"Redis {version}"


def _echo(line: "redis.Redis") -> bool:
    """Publish a word and return whether it comes back."""
    channel, word = "chatsite:check", secrets.token_hex(8).encode()
    with line.pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(channel)
        listener.get_message(timeout=ANSWER_SECONDS)  # the confirmation of the subscription
        line.publish(channel, word)
        heard = listener.get_message(timeout=ANSWER_SECONDS)
        while heard is not None and heard["data"] != word:  # another process checks at the same time
            heard = listener.get_message(timeout=ANSWER_SECONDS)
    return heard is not None


def disk() -> str:
    """Check that the data folder has space and can be written. Raises Sick."""
    folder = settings.CHATSITE_DATA
    try:
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        sentence = _("%(folder)s cannot be written: %(reason)s.")
        raise Sick(sentence % {"folder": folder, "reason": problem.strerror}) from None
    if free < MIN_SPACE:
        raise Sick(_("Only %(free)s MB are free in %(folder)s.") % {"free": free // 2**20, "folder": folder})
    return f"{free / 2**30:.1f} GB free in {folder}"


def clock() -> str:
    """Compare this machine's clock with the database's, and with the newest row. Raises Sick."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            skew = abs((timezone.now() - cursor.fetchone()[0]).total_seconds())
        if skew > MAX_SKEW_SECONDS:
            sentence = _("This machine's clock and the database's differ by %(seconds)s seconds: replies seem dead.")
            raise Sick(sentence % {"seconds": f"{skew:.0f}"})
    newest = Conversation.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()
    if newest is not None and (newest - timezone.now()).total_seconds() > MAX_SKEW_SECONDS:
        sentence = _("This machine's clock is behind what was last written, at %(time)s UTC.")
        raise Sick(sentence % {"time": f"{newest:%Y-%m-%d %H:%M}"})
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}"


def websockets() -> Iterable[Finding]:
    """Find a site whose open pages all lack a websocket: its own proxy may be the cause."""
    if count := event_stream.only_streams():
        sentence = _("No page is connected by a websocket now: %(count)s go on without. `doctor` looks at the proxy.")
        yield Finding(sentence % {"count": count}, is_grave=False)


def certificate_authorities() -> str:
    """Check that CHATSITE_CA_FILE can be read. Raises Sick."""
    if problem := authorities.problem():
        raise Sick(problem)
    return f"{authorities.count()} in {settings.CHATSITE_CA_FILE}" if settings.CHATSITE_CA_FILE else "the usual ones"


def environment() -> str | list[Finding]:
    """Return the settings that are checked: a terminal may have others than the server."""
    origins = ", ".join(settings.CHATSITE_ORIGINS)
    looked_at = f"Chatsite {settings.CHATSITE_VERSION}, {settings.CHATSITE_DATA}, {origins}"
    if "CHATSITE_ORIGINS" in os.environ:
        return looked_at
    advice = "CHATSITE_ORIGINS is not set in this terminal; where the server has settings, give them to doctor too."
    return [Finding(looked_at, advice, is_grave=False)]


CHECKS = (
    Check(gettext_lazy("settings"), environment, By.DOCTOR),
    Check(gettext_lazy("database"), database, By.READY | By.DOCTOR),
    Check(gettext_lazy("version"), version, By.OVERVIEW | By.DOCTOR),
    Check(gettext_lazy("Redis"), redis_server, By.START | By.OVERVIEW),
    Check(gettext_lazy("websockets"), websockets, By.OVERVIEW),
    Check(gettext_lazy("disk"), disk),
    Check(gettext_lazy("clock"), clock),
    Check(gettext_lazy("authorities"), certificate_authorities),
)


def _write_a_row() -> None:
    """Change a row for good: SQLite never writes a change that is empty or rolled back."""
    if not Pulse.objects.filter(pk=1).update(at=timezone.now()):
        try:
            Pulse.objects.create(pk=1)
        except IntegrityError:  # another process checked at the same moment
            return


def _version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        return str(cursor.fetchone()[0])


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())
