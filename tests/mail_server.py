"""A mail server that keeps every letter: `with MailServer() as server: server.url, server.letters.get(timeout=…)`."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import SimpleQueue
from typing import Self


class MailServer(socketserver.ThreadingTCPServer):
    """A server with as much SMTP as Python's client needs, on loopback and in clear.

    It refuses commands that begin with `refused`.
    """

    daemon_threads = True

    def __init__(self, refused: bytes = b"no command") -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.refused = refused
        self.letters: SimpleQueue[EmailMessage] = SimpleQueue()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say(b"220 here")
        for line in self.rfile:
            if line.upper().startswith(b"DATA"):
                self._say(b"354 go on")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.put(message_from_bytes(letter, _class=EmailMessage, policy=policy.default))
            self._say(b"550 not from you" if line.upper().startswith(self.server.refused) else b"250 yes")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
