"""A network between browser and site that can be cut, held up and mended."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Link:
    """A forwarder of connections from `address` to the site."""

    def __init__(self, site: str) -> None:
        self._site = ("127.0.0.1", urlsplit(site).port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._is_cut = False
        self._lock = threading.Lock()
        self._answers_pass = threading.Event()
        self._answers_pass.set()
        self._silenced: list[threading.Event] = []
        self._marks: list[bytes] = []
        self.was_cut = threading.Event()

    def cut(self) -> None:
        """Close every connection, and later ones at once."""
        with self._lock:
            self._is_cut, pairs, self._pairs = True, self._pairs, []
        self.was_cut.set()
        for pair in pairs:
            _end(*pair)

    def lose_answers(self) -> None:
        """Hold back the site's answers; the browser's data still arrives."""
        self._answers_pass.clear()

    def fall_silent(self) -> None:
        """Hold back answers on the present connections only; new connections work."""
        self.lose_answers()
        self._silenced.append(self._answers_pass)
        self._answers_pass = threading.Event()
        self._answers_pass.set()

    def cut_before(self, *marks: bytes) -> None:
        """Cut when the site has sent all of these; the last one does not arrive. Sets `was_cut`."""
        self.was_cut.clear()
        self._marks = list(marks)

    def mend(self) -> None:
        """Allow new connections; those that have lost data are closed."""
        if not self._answers_pass.is_set():
            self.cut()
            self._answers_pass.set()
        self._is_cut = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.mend()
        self.cut()
        for event in self._silenced:
            event.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                self._forward(browser, socket.create_connection(self._site))

    def _forward(self, browser: socket.socket, site: socket.socket) -> None:
        with self._lock:  # a concurrent cut either closes this pair or is seen here
            is_cut = self._is_cut
            if not is_cut:
                self._pairs.append((browser, site))
        if is_cut:
            _end(browser, site)
            return
        always = threading.Event()
        always.set()
        threading.Thread(target=self._pump, args=(browser, site, always), daemon=True).start()
        threading.Thread(target=self._pump, args=(site, browser, self._answers_pass), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, may_pass: threading.Event) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                may_pass.wait()
                self._look_for_marks(piece)
                target.sendall(piece)
        _end(source, target)

    def _look_for_marks(self, piece: bytes) -> None:
        if self._marks and self._marks[0] in piece:
            del self._marks[0]
            if not self._marks:
                self.cut()


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
