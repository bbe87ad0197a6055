"""The real `manage.py start` in a process of its own, with its own database, to be killed and restarted."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from time import monotonic
from types import MappingProxyType

from tests import canaries
from tests.fake_vendor import FakeVendor
from tests.faults.furniture import furnished
from tests.faults.page import Page
from tests.faults.vitals import Vitals, vitals

BASE = Path(__file__).resolve().parents[2]


class RealSite:
    """A furnished site in `folder`; `database_url` as DATABASE_URL, "" for a SQLite in the folder.

    `environment` holds further settings. `vendor_url` is the vendor's address for the site, if not on loopback.
    """

    def __init__(
        self,
        folder: Path,
        vendor: FakeVendor,
        database_url: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
        vendor_url: str = "",
    ) -> None:
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.database = database_url or str(folder / "chatsite.sqlite3")
        self.pages: list[Page] = []
        self.vendor = vendor
        self._log = folder / "log"
        self._process: subprocess.Popen[str] | None = None
        self.environment = os.environ | {
            "CHATSITE_DATA": str(folder),
            "CHATSITE_PRIVATE_HOSTS": vendor.host,
            "CHATSITE_ORIGINS": self.address,
            **({"DATABASE_URL": database_url} if database_url else {}),
            **environment,
        }
        self._furniture = furnished(folder, database_url, vendor_url or vendor.openai_url, self.environment)

    @property
    def model(self) -> str:
        return str(self._furniture["model"])

    @property
    def team(self) -> str:
        return str(self._furniture["team"])

    @property
    def process(self) -> int:
        """Return the id of the server's process."""
        assert self._process is not None
        return self._process.pid

    def beside(self) -> "RealSite":
        """Return another process of the same site, not yet started."""
        other = copy(self)
        other.port, other.pages, other._process = _free_port(), [], None
        other.address = f"http://127.0.0.1:{other.port}"
        other._log = self._log.with_name("log of another")
        other.environment = self.environment | {"CHATSITE_ORIGINS": other.address}
        return other

    def vitals(self) -> Vitals:
        """Return the process's present use of resources."""
        return vitals(self.process, int(self.vendor.host.rpartition(":")[2]))

    def start(self) -> None:
        """Start the server and return as soon as it answers."""
        command = [sys.executable, "manage.py", "start", "--no-local-model", "--port", str(self.port)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=BASE, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert "answers" in line, self.complaints()

    def command(self, *words: str) -> tuple[int, str]:
        """Run another command of manage.py with the site's settings; return its exit code and output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=BASE, env=self.environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def kill(self) -> float:
        """Kill the server and return the moment: monotonic seconds."""
        return self._end(signal.SIGKILL)[0]

    def terminate(self) -> tuple[float, int]:
        """Send SIGTERM, wait, and return the seconds that it took and the exit code."""
        begun = monotonic()
        code = self._end(signal.SIGTERM)[1]
        return monotonic() - begun, code

    def session(self, person: str) -> str:
        """Return the key of this person's session."""
        return str(self._furniture["sessions"][person])

    def page(self, person: str, conversation: str = "", address: str = "") -> Page:
        """Open a window of this person, at another address if a proxy is between."""
        self.pages.append(Page(address or self.address, self.session(person), person, self.address, conversation))
        return self.pages[-1]

    def complaints(self) -> str:
        """Return the whole log."""
        return self._log.read_text("utf-8")

    def close(self) -> None:
        for page in self.pages:
            page.leave()
        if self._process is not None and self._process.poll() is None:
            self.kill()
        secrets = canaries.of_site(self._log.parent)
        found = canaries.hits_in(self._log.parent, secrets, (*canaries.KEEPERS, "static"))
        assert found == [], "secrets in the data folder or the log"

    def _end(self, how: signal.Signals) -> tuple[float, int]:
        assert self._process is not None
        at = monotonic()
        self._process.send_signal(how)
        self._process.communicate(timeout=20)
        return at, self._process.returncode


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
