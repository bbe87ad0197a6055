"""A browser window without a browser: the socket logic of static/js, with a record of all frames."""

import itertools
import json
import random
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import create_connection
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.event_streams import EventStream
from tests.faults.notes import PATIENCE, UNDER_WAY, Note, Sending, Shown

ANSWER, PONG, CONNECT = 10.0, 5.0, 4.0
TICK, IDLE = 2.0, 25.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 10.0
_numbers = itertools.count(1)


class Page:
    """One window on one conversation, in a thread of its own, which reconnects whenever its connection is lost.

    Any thread may call `say`. `next_words`, if set, returns the next question whenever all are answered. With
    `makes_remarks` it remarks on each question that comes, and resolves what it has said.
    """

    def __init__(
        self, address: str, session: str, person: str, origin: str = "", conversation: str = "", way: str = "socket"
    ) -> None:
        self.person, self.conversation = person, conversation
        self.notes: list[Note] = []
        self.sendings: list[Sending] = []
        self.messages: dict[str, Shown] = {}
        self.remarks: dict[str, int] = {}
        self.makes_remarks = False
        self.whole_at: list[float] = []
        self.close_codes: list[int] = []
        self.heals = 0
        self.next_words: Callable[[], dict[str, Any] | None] = lambda: None
        self._address, self._session, self._origin, self._way = address, session, origin or address, way
        self._revision = 0
        self._seqs: dict[str, int] = {}
        self._outbox: deque[Sending] = deque()
        self._asked: dict[str, tuple[float, dict[str, Any]]] = {}
        self._opening = ""
        self._pinged = 0.0
        self._connection = 0
        self._socket: Any = None
        self._leaving, self._awake = threading.Event(), threading.Event()
        self._changed = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._run, name=f"page of {person}", daemon=True)
        self._thread.start()

    # --- From any thread ---

    def say(self, text: str, **fields: Any) -> Sending:
        """Put a question into the outbox; it is sent as soon as those before it are answered."""
        command = {"type": "message.send", "id": f"p{next(_numbers)}", "text": text, **fields}
        with self._changed:
            sending = Sending(self.person, {"conversation": self.conversation or None, **command})
            self.sendings.append(sending)
            self._outbox.append(sending)
            if len(self._outbox) == 1 and self._socket is not None and not self._opening:
                self._deliver()
        return sending

    def do(self, kind: str, **fields: Any) -> None:
        """Send a command whose answer is only recorded; it is lost without a connection."""
        with self._changed:
            if self._socket is not None:
                self._ask({"type": kind, **fields})

    def wait(self, condition: Callable[["Page"], object], patience: float = PATIENCE) -> None:
        """Wait until the condition is true of this window."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), patience), f"{self.person} sees {self.messages}"

    @property
    def revision(self) -> int:
        return self._revision

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection and nothing is being caught up on."""
        return self._socket is not None and not self._opening

    def wake(self) -> None:
        """Reconnect at once if there is no connection, as a window does that is looked at again."""
        self._awake.set()

    def is_quiet(self) -> bool:
        """Return whether all is answered, every shown reply has ended, and nothing is being caught up on."""
        running = any(shown.status in UNDER_WAY for shown in self.messages.values())
        asks = any(command["type"].startswith("remark.") for _, command in self._asked.values())
        return self.is_connected and not (running or asks or self._outbox)

    def leave(self) -> None:
        self._leaving.set()
        self._awake.set()
        with self._changed:
            if self._socket is not None:
                self._socket.close_socket()
        self._thread.join(PATIENCE)

    # --- The connection ---

    def _run(self) -> None:
        failures = 0
        while not self._leaving.is_set():
            heard = len(self.notes)
            try:
                self._live()
            except ConnectionClosed as closed:
                self.close_codes.append(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, WebSocketException):  # refused, overdue, or broken while being made
                pass
            self._lose()
            failures = 1 if len(self.notes) > heard else failures + 1
            longest = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2**failures)
            self._awake.wait(random.uniform(SHORTEST_PAUSE, longest))
            self._awake.clear()

    def _live(self) -> None:
        with self._dialled() as socket:
            self._greet(socket)
            while True:
                self._listen(socket)

    def _dialled(self) -> Any:
        """Return a new connection of this window's way."""
        cookie = {"Cookie": f"sessionid={self._session}"}
        if self._way == "stream":
            return EventStream(self._origin, cookie, origin=self._origin, through=self._address)
        place = urlsplit(self._address)
        return connect(
            f"ws{self._origin.removeprefix('http')}/ws/",  # a proxy between passes the site's own name on
            sock=create_connection((place.hostname or "", place.port or 80), CONNECT),
            origin=Origin(self._origin),
            additional_headers=cookie,
            open_timeout=CONNECT,
            close_timeout=0.1,
            ping_interval=None,
            compression=None,
            max_size=None,
        )

    def _greet(self, socket: Any) -> None:
        with self._changed:
            if self._leaving.is_set():
                raise ConnectionAbortedError("left while the connection was made")
            self._socket, self._pinged = socket, monotonic()
            self._connection += 1
            if self.conversation:
                self._open()
            elif self._outbox:
                self._deliver()
            self._changed.notify_all()

    def _listen(self, socket: Any) -> None:
        try:
            frame = json.loads(socket.recv(timeout=max(0.0, self._next_moment() - monotonic())))
        except TimeoutError:
            frame = None
        with self._changed:
            if frame is not None:
                self._take(frame)
            self._tick()
            self._changed.notify_all()

    def _lose(self) -> None:
        with self._changed:
            self._socket, self._opening = None, ""
            self._asked.clear()
            self._changed.notify_all()

    # --- The clock ---

    def _next_moment(self) -> float:
        return min([self._pinged + self._rhythm(), *(deadline for deadline, _ in self._asked.values())])

    def _rhythm(self) -> float:
        return TICK if any(shown.status in UNDER_WAY for shown in self.messages.values()) else IDLE

    def _tick(self) -> None:
        now = monotonic()
        if any(deadline <= now for deadline, _ in self._asked.values()):
            raise TimeoutError("an answer is overdue")
        if self._pinged + self._rhythm() <= now:
            self._pinged = now
            self._ask({"type": "ping", "open": {self.conversation: self._revision} if self.conversation else {}}, PONG)

    # --- Saying ---

    def _ask(self, command: dict[str, Any], patience: float = ANSWER) -> str:
        command = {"id": f"q{next(_numbers)}", **command}
        self._asked[command["id"]] = (monotonic() + patience, command)
        self.notes.append(Note(monotonic(), self._connection, True, command))
        assert self._socket is not None
        with suppress(ConnectionClosed):  # the page's own thread notices it
            self._socket.send(json.dumps(command, default=str))
        return str(command["id"])

    def _open(self) -> None:
        if not self._opening:
            fields = {"conversation": self.conversation, "html": False, "since": self._revision}
            self._opening = self._ask({"type": "conversation.open", **fields})

    def _deliver(self) -> None:
        if self._outbox[0].command["id"] not in self._asked:
            self._ask(self._outbox[0].command)

    # --- Hearing ---

    def _take(self, frame: dict[str, Any]) -> None:
        is_answer = frame["type"] in ("ack", "error")
        command = self._asked.pop(frame["id"], (0.0, None))[1] if is_answer else None
        self.notes.append(Note(monotonic(), self._connection, False, frame, command))
        if command is not None:
            self._answered(command, frame)
        elif frame.get("conversation") == self.conversation and not self._opening:
            getattr(self, f"_{frame['type'].replace('.', '_')}", lambda event: None)(frame)

    def _answered(self, command: dict[str, Any], answer: dict[str, Any]) -> None:
        match command["type"]:
            case "conversation.open":
                self._opened(answer)
            case "message.send":
                self._acknowledged(answer)
            case "remark.add" if answer["type"] == "ack":
                self._ask({"type": "remark.resolve", "remark": answer["remark"]})
            case "ping" if answer.get("moved"):
                self._heal()

    def _opened(self, ack: dict[str, Any]) -> None:
        self._opening = ""
        if ack["type"] == "error":
            self.conversation = ""
            return
        assert not ack.get("reload"), "more was missed than this window can take"
        for message in ack["messages"]:
            self._put(message)
        for reply in ack["streaming"]:
            self._seqs[reply["message"]] = reply["seq"]
            self.messages[reply["message"]] = Shown("streaming", reply["text"], reply["seq"])
        for remark in ack.get("remarks", ()):
            self._note_remark(remark)
        self._revision = ack["revision"]
        self.whole_at.append(monotonic())
        self._go_on()

    def _acknowledged(self, answer: dict[str, Any]) -> None:
        sending = self._outbox.popleft()
        sending.answer = answer
        sending.answered.set()
        if answer["type"] == "ack" and not self.conversation:
            self.conversation = answer["conversation"]
            self._open()
        else:
            self._go_on()

    def _go_on(self) -> None:
        if self._outbox:
            self._deliver()
        elif words := self.next_words():
            self.say(**words)

    def _message_created(self, event: dict[str, Any]) -> None:
        message = event["message"]
        if not self._missed(event["revision"]) and message["id"] not in self.messages:
            self._put(message)
            if self.makes_remarks and message["status"] == "complete":
                self._ask({"type": "remark.add", "message": message["id"], "text": "Is it?", "start": 0, "end": 1})

    def _message_delta(self, event: dict[str, Any]) -> None:
        key, seq = event["message"], event["seq"]
        known = self._seqs.get(key, 0)
        if seq <= known:
            return
        if seq > known + 1 or key not in self.messages:
            self._heal()
            return
        self._seqs[key] = seq
        shown = self.messages[key]
        self.messages[key] = Shown("streaming", shown.text + event.get("text", ""), seq)

    def _message_finished(self, event: dict[str, Any]) -> None:
        if not self._missed(event["revision"]):
            self._put(event["message"])
            if not self._outbox and (words := self.next_words()):
                self.say(**words)

    def _conversation_updated(self, event: dict[str, Any]) -> None:
        if not self._missed(event["revision"]) and "remark" in event:
            self._note_remark(event["remark"])

    def _note_remark(self, remark: dict[str, Any]) -> None:
        self.remarks[remark["id"]] = max(remark["revision"], self.remarks.get(remark["id"], 0))

    def _missed(self, revision: int) -> bool:
        if revision > self._revision + 1:
            self._heal()
            return True
        self._revision = max(self._revision, revision)
        return False

    def _heal(self) -> None:
        self.heals += 1
        self._open()

    def _put(self, message: dict[str, Any]) -> None:
        self._seqs.pop(message["id"], None)
        self.messages[message["id"]] = Shown(message["status"], message["text"], message["seq"])


def chatter(page: Page, model: str, luck: random.Random, most: int = 6) -> Callable[[], dict[str, Any] | None]:
    """Return a function for endless questions, some after a running reply, and words for people that mention one.

    At most `most` replies run at once; the limit per person is eight.
    """
    numbers = itertools.count(1)

    def next_words() -> dict[str, Any] | None:
        running = sum(shown.status in UNDER_WAY for shown in page.messages.values())
        if running >= most:
            return None
        if luck.random() < 0.1:
            return {"text": f"{mention_by(page.person)} {next(numbers)}", "models": [], "parent": None}
        where: dict[str, Any] = {} if luck.random() < 0.2 else {"parent": None}
        return {"text": f"{page.person} asks {next(numbers)}", "models": [model], **where}

    return next_words


def mention_by(person: str) -> str:
    """Return the mention of somebody else."""
    return "@bob" if person == "alice" else "@alice"
