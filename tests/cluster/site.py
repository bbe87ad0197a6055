"""A site of several real server processes over one PostgreSQL and one Redis, beside a scripted vendor."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg

from tests import canaries
from tests.cluster.reader import Reader
from tests.fake_vendor import FakeVendor
from tests.made_once import spare_collection
from tests.services import MIGRATED, Redis, migrated_postgres
from tests.sockets import Socket

BASE = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
CSRF = "c" * 32


class Process:
    """One server process of the site."""

    def __init__(self, site: "Site") -> None:
        self.site, self.port = site, _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "django", "start", "--port", str(self.port), "--no-local-model"]
        environment = site.environment | {"CHATSITE_ORIGINS": self.origin}
        self.process = subprocess.Popen(
            command, cwd=BASE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self._answers = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait(self) -> None:
        """Wait until it serves."""
        assert self._answers.wait(4 * PATIENCE), self.said
        assert self.process.poll() is None, self.said

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.said.append(line)
                if "answers at" in line:
                    self._answers.set()
        self._answers.set()

    def socket(self, name: str) -> Socket:
        """Open a websocket of this person; the test closes it."""
        return self.site.opened(Socket(self.origin, self.site.sessions[name]))

    def reader(self, name: str, conversation: str, *, html: bool = False) -> Reader:
        """Open a reader of this conversation, which follows it as a browser does."""
        return self.site.opened(Reader(self.origin, self.site.sessions[name], conversation, html=html))

    def status(self, path: str) -> int:
        """Return the status of a request without a session."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def delete(self, name: str, conversation: str) -> None:
        """Delete a conversation as this person at this process."""
        headers = {"Cookie": f"sessionid={self.site.sessions[name]}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("DELETE", f"/api/v1/conversations/{conversation}", headers=headers)
        response = connection.getresponse()
        assert response.status == 204, response.read()
        connection.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join(PATIENCE)

    def end(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        return code


class Site:
    """The site; use it in a `with`. `processes` are killed at the end."""

    def __init__(self, folder: Path) -> None:
        self.postgres, self.redis, self.vendor = migrated_postgres(), Redis(), FakeVendor()
        self.robot = FakeVendor()
        """A webhook of Bob's, which is told of mentions."""
        self.robot.script = lambda _request: [200, b"ok"]
        self.folder = folder
        self.processes: list[Process] = []
        self._opened: list[Any] = []

    def __enter__(self) -> "Site":
        for service in (self.postgres, self.redis, self.vendor, self.robot):
            service.__enter__()
        self.database_url = self.postgres.new_database(MIGRATED)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
            "DJANGO_SETTINGS_MODULE": "chatsite.settings",
            "CHATSITE_DATA": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "CHATSITE_PRIVATE_HOSTS": f"{self.vendor.host},{self.robot.host}",
        }
        spare_collection(self.folder)
        command = [sys.executable, "-m", "tests.cluster.cast", self.vendor.openai_url, f"http://{self.robot.host}/hook"]
        made = subprocess.run(command, cwd=BASE, env=self.environment, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        cast = json.loads(made.stdout)
        self.sessions, self.team, self.model = cast["sessions"], cast["team"], cast["model"]
        return self

    def __exit__(self, *_: object) -> None:
        self.close_sockets()
        for process in self.processes:
            process.kill()
        for service in (self.vendor, self.redis, self.postgres):
            service.__exit__(None, None, None)

    def start(self, count: int = 1) -> list[Process]:
        """Start `count` more processes and return them once they all serve."""
        started = [Process(self) for _ in range(count)]
        self.processes += started
        for process in started:
            process.wait()
        return started

    def opened(self, socket: Any) -> Any:
        self._opened.append(socket)
        return socket

    def close_sockets(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def forget_guesses(self) -> None:
        """Delete all counts of attempts."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("DELETE FROM chatsite_cache")

    def stored(self, message: str, text: str) -> None:
        """Wait until the row of this message has this text."""
        pause = threading.Event()
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for _ in range(int(PATIENCE / 0.05)):
                row = connection.execute("SELECT text FROM conversations_message WHERE id = %s", [message]).fetchone()
                if row == (text,):
                    return
                pause.wait(0.05)
        raise AssertionError(f"the row has {row}")

    def write(self, statement: str, *values: str) -> None:
        """Change rows as a process of the site might."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statement, values)  # type: ignore[arg-type]

    def told_secrets(self, *, with_backup: bool) -> list[str]:
        """Return the secrets found in its rows, files, logs and perhaps a backup; Redis must hold no keys at all."""
        secrets = canaries.of_site(self.folder)
        told = "".join(line for process in self.processes for line in process.said)
        found = [f"log: {hit}" for hit in canaries.hits(told.encode(), {**secrets, **self.sessions})]
        with psycopg.connect(self.database_url) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (name,) in names:
                with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copied:
                    found += [f"{name}: {hit}" for hit in canaries.hits(b"".join(map(bytes, copied)), secrets)]
        if with_backup:
            backup = [sys.executable, "-m", "django", "backup", str(self.folder / "backup")]
            subprocess.run(backup, cwd=BASE, env=self.environment, check=True, capture_output=True)
        size = self.redis.ask("DBSIZE")
        return found + canaries.hits_in(self.folder, secrets) + ([] if size == b":0\r\n" else [f"Redis: {size!r}"])

    def complaints(self) -> list[str]:
        """Return the lines of the logs, without the first ones and those about an absent Redis."""
        expected = re.compile(r"answers at|Set it up|runs as root|Redis (is away|does not answer)")
        return [line for process in self.processes for line in process.said if not expected.search(line)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
