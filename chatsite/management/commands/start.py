"""`manage.py start`, from the moment when everything is installed."""

import gc
import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError, connections
from django.utils.module_loading import import_string

from chatsite import data_folder_lock, database_upgrade, static_collection
from chatsite.bootstrap import address
from chatsite.child_process import run_in_child
from chatsite.configuration import certificate_authorities, database_url
from chatsite.server import open_files
from conversations import malloc_settings
from conversations.accounts import first_run
from providers import checks, local_model

OBJECTS_BETWEEN_COLLECTIONS = 20_000


class Command(BaseCommand):
    """The command that brings database and static files up to date, then serves until a signal ends it."""

    help = "Serve the site; on a fresh machine `python3 manage.py start` installs what it needs first."
    requires_system_checks: list[str] = []  # `manage.py check` runs them; they would cost every start a second

    def add_arguments(self, parser: ArgumentParser) -> None:
        address.add_options(parser)

    def handle(self, *, host: str, port: int, fetch_model: bool, restore: Path | None = None, **_: Any) -> None:
        os.umask(0o077)
        malloc_settings.keep_heaps_small()
        open_files.raise_limit()
        self._warn_of_plain_http(host)
        self._take_the_folder()
        if problem := certificate_authorities.problem():
            raise CommandError(problem)
        run_in_child(partial(self._bring_up_to_date, restore))
        self._warn_of_root()
        for finding in checks.findings(checks.By.START):
            self._say(f"WARNING: {finding.text} {finding.detail}".rstrip())
        code = first_run.code()  # read now: the event loop must not query the database

        def answering(_: int) -> None:
            self._announce(code)
            if fetch_model:
                local_model.fetch_in_background(Path(sys.executable), settings.CHATSITE_DATA)

        _serve(host, port, answering)

    def _warn_of_root(self) -> None:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            self.stderr.write(
                "WARNING: this runs as root. Whatever breaks into it would own the machine: give it a user of its own, "
                "as deploy/chatsite@.service does."
            )

    def _warn_of_plain_http(self, host: str) -> None:
        over_tls = all(origin.startswith("https://") for origin in settings.CHATSITE_ORIGINS)
        if not (over_tls or address.is_loopback(host)):
            self.stderr.write(
                "WARNING: this serves plain http to other machines. Whoever shares their network can read passwords "
                "and conversations. Put a proxy with https in front and set CHATSITE_ORIGINS to its address."
            )

    def _take_the_folder(self) -> None:
        try:
            data_folder_lock.acquire(
                settings.CHATSITE_DATA, shared=settings.SEVERAL_PROCESSES, origins=settings.CHATSITE_ORIGINS
            )
        except data_folder_lock.Taken:
            raise CommandError(
                f"Another process serves from {settings.CHATSITE_DATA} already. Several can share it only if all of "
                "them are given the same PostgreSQL (DATABASE_URL) and the same Redis (REDIS_URL)."
            ) from None
        except OSError as problem:
            raise CommandError(f"{settings.CHATSITE_DATA} cannot be written: {problem.strerror}.") from None

    def _bring_up_to_date(self, restore: Path | None) -> None:
        gc.freeze()
        gc.enable()  # a first start creates many objects here and keeps few; this child process ends afterwards
        with data_folder_lock.one_at_a_time(settings.CHATSITE_DATA):
            database_url.keep_private(settings.CHATSITE_DATA)
            try:
                if restore:
                    self._restore(restore)
                database_upgrade.bring_up_to_date(self._say)
            except (database_upgrade.Newer, database_upgrade.NotCopied, database_upgrade.Unfit) as refused:
                raise CommandError(str(refused)) from None
            static_collection.collect_if_changed()
        connections.close_all()

    def _restore(self, path: Path) -> None:
        from chatsite.backup import archive  # it imports psycopg, which a start on SQLite does not need

        try:
            self._say(archive.restore(path))
        except archive.Unusable as problem:
            raise CommandError(str(problem)) from None

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()

    def _announce(self, code: str | None) -> None:
        origin = settings.CHATSITE_ORIGINS[0]
        self.stdout.write(f"Chatsite answers at {origin}/ (Ctrl-C ends it)")
        if code:
            self.stdout.write(f"Set it up at {origin}/setup/?code={code}")
        self.stdout.flush()


def _serve(host: str, port: int, answering: Any) -> None:
    # Not earlier: modules of the application need the collected files, and Server starts Twisted.
    from chatsite.clients.owner import find_owner
    from chatsite.server.daphne import CannotListenError, Server, event_loop
    from conversations import lifecycle

    application = import_string(settings.ASGI_APPLICATION)
    import_module(settings.ROOT_URLCONF)  # else the first request waits for it

    def drain() -> None:
        lifecycle.shut_down()
        local_model.shut_down()

    _collect_garbage_rarely()
    lifecycle.start_up(event_loop)
    try:
        Server(application, host, port, answering=answering, drain=drain, whose=find_owner).run()
    except CannotListenError as error:
        drain()
        raise CommandError(address.why_not(host, port, error.socketError)) from None
    with suppress(DatabaseError):  # it is away: the next start finds the write-ahead log
        database_url.fold_in()


def _collect_garbage_rarely() -> None:
    """Make garbage collections rare.

    A long conversation is thousands of objects, none of them garbage. Searching them took as long as the work itself.
    """
    gc.freeze()  # without a collection: finding the one megabyte of garbage took a third of the start
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()
