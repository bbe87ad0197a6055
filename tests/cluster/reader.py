"""A reader of one conversation that follows only the contract: it appends the next delta, and opens after a gap."""

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 15.0


class Reader:
    """A subscription; `messages` holds the text, seq and status of each; `gaps` counts how often it opened again."""

    def __init__(self, site: str, session: str, conversation: str, *, html: bool = False) -> None:
        self.conversation, self.html = conversation, html
        self.revision = 0
        self.messages: dict[str, dict[str, Any]] = {}
        self.frames: list[dict[str, Any]] = []
        self.gaps = -1
        self.closed_with = 0
        self._opening = ""
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._connection = connect(
            f"ws{site.removeprefix('http')}/ws/",
            origin=site,  # type: ignore[arg-type]
            additional_headers={"Cookie": f"sessionid={session}"},
            max_size=None,
            max_queue=None,  # else a reader that does not read cannot close either
        )
        self._socket = self._connection.__enter__()
        self._open()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.until(lambda: not self._opening)

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until the condition is true; it is checked after every frame."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), (
                self.closed_with,
                self.revision,
                self.messages,
                self.frames[-5:],
            )

    def text(self, message: str) -> str:
        return str(self.messages.get(message, {}).get("text", ""))

    def status(self, message: str) -> str:
        return str(self.messages.get(message, {}).get("status", ""))

    def seq(self, message: str) -> int:
        return int(self.messages.get(message, {}).get("seq", 0))

    def close(self) -> None:
        self._connection.__exit__(None, None, None)
        self._thread.join(PATIENCE)

    def _open(self) -> None:
        self._opening, self.gaps = f"open{next(self._numbers)}", self.gaps + 1
        command = {"type": "conversation.open", "id": self._opening, "conversation": self.conversation}
        self._socket.send(json.dumps({**command, "html": self.html, "since": self.revision}))

    def _read(self) -> None:
        try:
            for text in self._socket:
                frame = json.loads(text)
                with self._changed:
                    self.frames.append(frame)
                    self._take(frame)
                    self._changed.notify_all()
        except ConnectionClosed as closed:
            self.closed_with = closed.rcvd.code if closed.rcvd else 1006

    def _take(self, frame: dict[str, Any]) -> None:
        if frame.get("id") == self._opening:
            assert frame["type"] == "ack", frame
            self._opening, self.revision = "", frame["revision"]
            for message in frame["messages"]:
                self.messages[message["id"]] = message
            for entry in frame["streaming"]:
                self.messages.setdefault(entry["message"], {"status": "streaming"}).update(entry)
        elif frame.get("conversation") == self.conversation and not self._opening:
            self._grow(frame) if frame["type"] == "message.delta" else self._count(frame)

    def _grow(self, frame: dict[str, Any]) -> None:
        known = self.messages.setdefault(frame["message"], {"seq": 0, "text": "", "status": "streaming"})
        if frame.get("first", frame["seq"]) == known["seq"] + 1:  # a page may get several pieces in one frame
            known["seq"], known["text"] = frame["seq"], known["text"] + frame.get("text", "")
        elif frame["seq"] > known["seq"] and known["status"] in ("waiting", "streaming"):
            self._open()

    def _count(self, frame: dict[str, Any]) -> None:
        revision = frame.get("revision")
        if revision is None or revision <= self.revision:
            return
        if revision > self.revision + 1:
            self._open()
            return
        self.revision = revision
        if message := frame.get("message"):
            self.messages[message["id"]] = message
