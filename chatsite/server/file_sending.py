"""The sending of a file: its bytes stay on disk until the client takes them."""

# ruff: noqa: N802  (the names of Twisted)
from pathlib import Path
from typing import Any

from chatsite.server.progress import Progress

PIECE_BYTES = 64 * 1024  # bytes
STALL_SECONDS = 60.0  # without a piece taken by the network: then the reader has left, or attacks


class FileSending:
    """Twisted's push producer of a response's body: it reads the next piece when the last one has left.

    The constructor raises OSError if there is no such file. A reader who takes nothing for STALL_SECONDS loses the
    connection.
    """

    def __init__(self, request: Any, path: Path) -> None:
        self.request = request
        self.is_paused = False
        self._file = path.open("rb")
        self._progress = Progress(STALL_SECONDS, 1, request.channel.transport.abortConnection)

    def begin(self) -> None:
        self.request.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        self.is_paused = False
        while not self.is_paused:
            piece = self._file.read(PIECE_BYTES)
            if not piece:
                self._finish()
                return
            self._progress.count(len(piece))
            self.request.write(piece)  # the transport pauses us from in here

    def pauseProducing(self) -> None:
        self.is_paused = True

    def stopProducing(self) -> None:
        """Close the file, after the last piece or when the connection is lost."""
        self.is_paused = True
        self._progress.end()
        self._file.close()

    def _finish(self) -> None:
        self.stopProducing()
        self.request.unregisterProducer()
        self.request.finish()
