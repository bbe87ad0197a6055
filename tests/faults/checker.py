"""The check whether every promise was kept, from the records of each side; it took no part itself.

`broken_promises(history)` is a list of sentences, empty if all is well. Every check is a function of its own that
yields its findings. Contract and invariants are those of the websocket in WEBSOCKET.md.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.chatterbox import Call
from tests.faults.notes import UNDER_WAY, Note, Sending, Shown
from tests.faults.page import Page
from tests.faults.rows import Row


@dataclass(frozen=True, slots=True)
class Witness:
    """One window: every frame that it sent and received, and its messages at the end."""

    person: str
    notes: Sequence[Note]
    shown: Mapping[str, Shown]
    remarks: Mapping[str, int] = field(default_factory=dict)
    """The revisions of the remarks that it knows, by their ids."""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Crash:
    """The moment of a kill (monotonic seconds) and the rows that it left."""

    at: float
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class History:
    """The records of all sides.

    `is_across`: several processes wrote, and readers at one watched what another wrote. `remarks` are those that are
    stored in each conversation; None if nobody looked.
    """

    sendings: Sequence[Sending]
    witnesses: Sequence[Witness]
    calls: Sequence[Call]
    rows: Sequence[Row]
    crashes: Sequence[Crash] = ()
    is_across: bool = False
    remarks: Mapping[str, Mapping[str, int]] | None = None

    @property
    def killed(self) -> set[str]:
        """Return the messages that were running at a kill."""
        return {row.id for crash in self.crashes for row in crash.rows if not row.is_terminal}


def history_of(
    pages: Sequence[Page],
    calls: Sequence[Call],
    rows: Sequence[Row],
    crashes: Sequence[Crash] = (),
    remarks: Mapping[str, Mapping[str, int]] | None = None,
) -> History:
    """Return the records of all these windows, with the vendor's calls and the rows."""
    witnesses = [Witness(page.person, page.notes, page.messages, page.remarks, page.conversation) for page in pages]
    sendings = [sending for page in pages for sending in page.sendings]
    return History(sendings, witnesses, calls, rows, crashes, remarks=remarks)


def broken_promises(history: History) -> list[str]:
    checks = (
        lost_acks,
        duplicates,
        unfinished,
        changed_ends,
        gaps,
        other_orders,
        other_texts,
        lost_words,
        lost_remarks,
    )
    return [f"{check.__name__}: {finding}" for check in checks for finding in check(history)]


def lost_acks(history: History) -> Iterator[str]:
    """Check that each acknowledged question is stored as asked, with its replies below it."""
    rows = {row.id: row for row in history.rows}
    for sending in (sending for sending in history.sendings if sending.is_acked):
        ack, text = sending.answer or {}, sending.command["text"]
        question = rows.get(ack["message"])
        if question is None or (question.text, question.conversation) != (text, ack["conversation"]):
            yield f"“{text}” was acknowledged and is not there"
        for reply in ack["replies"]:
            if reply not in rows or rows[reply].parent != ack["message"]:
                yield f"a reply to “{text}” was acknowledged and is not there"


def duplicates(history: History) -> Iterator[str]:
    """Check that one command has one row, one ack however often it was sent, and at most one answer."""
    stored = Counter(row.text for row in history.rows if not row.is_reply)
    called = Counter(call.question for call in history.calls if call.said)  # a refused call may be repeated
    for text, expected in Counter(sending.command["text"] for sending in history.sendings).items():
        if stored[text] > expected:
            yield f"“{text}” is stored {stored[text]} times"
        if called[text] > expected:
            yield f"“{text}” went to the vendor {called[text]} times"
    acks: dict[tuple[str, str], dict[str, Any]] = {}
    for witness, note in _heard(history, "ack"):
        if note.answers and note.answers["type"] == "message.send":
            first = acks.setdefault((witness.person, note.frame["id"]), note.frame)
            if first != note.frame:
                yield f"the command {note.frame['id']} was acknowledged in two ways"


def lost_remarks(history: History) -> Iterator[str]:
    """Check that each acknowledged remark is stored, and that every window knows exactly these in their last state."""
    if history.remarks is None:
        return
    stored = {key for remarks in history.remarks.values() for key in remarks}
    for _, note in _heard(history, "ack"):
        if note.answers and note.answers["type"] == "remark.add" and note.frame["remark"] not in stored:
            yield f"the remark {note.frame['remark']} was acknowledged and is not there"
    for witness in history.witnesses:
        if witness.remarks != history.remarks.get(witness.conversation, {}):
            yield f"{witness.person} knows of other remarks than are stored"


def unfinished(history: History) -> Iterator[str]:
    """Check that in the end every message has ended, in the rows and in every window."""
    yield from (f"{row.id} is still {row.status}" for row in history.rows if not row.is_terminal)
    for witness in history.witnesses:
        for key, shown in witness.shown.items():
            if shown.status in UNDER_WAY:
                yield f"{witness.person} still sees {key} as {shown.status}"


def changed_ends(history: History) -> Iterator[str]:
    """Check that an ended message never changes, in any window and across crashes."""
    final = {row.id: (row.status, row.text, row.seq) for row in history.rows}
    for crash in history.crashes:
        for row in crash.rows:
            if row.is_terminal and final.get(row.id) != (row.status, row.text, row.seq):
                yield f"{row.id} had ended as {row.status} and is another now"
    for witness, message in _told(history):
        if message["status"] not in UNDER_WAY:
            told = (message["status"], message["text"], message["seq"])
            if final.get(message["id"]) != told:
                yield f"{witness.person} was told of another end of {message['id']}"


def gaps(history: History) -> Iterator[str]:
    """Check that after an open's ack every revision and seq comes once, in order, until the connection ends.

    Two commits may be announced in the other order: a window that skips a revision must open again at once. Across
    processes deltas may be missed, which a nudge announces. A reply of a killed process ends as it was stored.
    """
    cut = history.killed if history.is_across else None
    for witness in history.witnesses:
        looks: dict[str, _Look] = {}
        connection, skipped = 0, ""
        for note in witness.notes:
            if note.connection != connection:
                connection, looks, skipped = note.connection, {}, ""
            if skipped and not _is_open(note):
                yield f"{witness.person}: {skipped}, and went on"
            skipped, found = _follow(note, looks, cut)
            yield from (f"{witness.person}: {finding}" for finding in found)


class _Look:
    """The state of a conversation on one connection.

    `cut` are killed replies, None if a single process wrote everything.
    """

    def __init__(self, ack: dict[str, Any], cut: Collection[str] | None = None) -> None:
        self.cut = cut
        self.revision: int = ack["revision"]
        self.seqs: dict[str, int] = {reply["message"]: reply["seq"] for reply in ack["streaming"]}
        self.followed: set[str] = set()
        self.ended = {message["id"] for message in ack["messages"] if message["status"] not in UNDER_WAY}

    def hear(self, event: dict[str, Any]) -> tuple[str, list[str]]:
        """Return a skipped revision or seq, which is allowed, and the faults."""
        skipped, found = "", []
        if "revision" in event:
            order = f"after revision {self.revision} came {event['revision']}"
            if event["revision"] <= self.revision:
                found.append(order)
            elif event["revision"] > self.revision + 1:
                skipped = order
            self.revision = event["revision"]
        if event["type"] == "message.delta":
            if self.cut is not None and _is_nudge(event):
                return f"seq {event['seq']} of {event['message']} came without a word", found
            found += self._hear_delta(event["message"], event["seq"])
        if event["type"] == "message.finished":
            found += self._hear_end(event["message"]["id"], event["seq"])
        return skipped, found

    def _hear_delta(self, key: str, seq: int) -> Iterator[str]:
        known = self.seqs.get(key, 0)
        if seq != known + 1 or key in self.ended:
            yield f"after seq {known} of {key} came {seq}"
        self.seqs[key] = seq
        self.followed.add(key)

    def _hear_end(self, key: str, seq: int) -> Iterator[str]:
        """Yield a fault unless the end fits. It may come before the first delta: it carries the whole text."""
        if key in self.followed and seq != self.seqs[key] and key not in (self.cut or ()):
            yield f"{key} ended at seq {seq}, after {self.seqs.get(key, 0)}"
        self.ended.add(key)


def _is_nudge(delta: Mapping[str, Any]) -> bool:
    """Return whether a delta is empty: deltas were missed between processes, and its seq causes a new open."""
    return not delta.keys() & {"text", "thought", "part"}


def _is_open(note: Note) -> bool:
    return note.is_ours and note.frame["type"] == "conversation.open"


def _follow(note: Note, looks: dict[str, _Look], cut: Collection[str] | None) -> tuple[str, list[str]]:
    """Return the findings of one frame; between an open and its ack, frames may be old or new."""
    frame = note.frame
    if _is_open(note):
        looks.pop(frame["conversation"], None)
    elif frame["type"] == "ack" and note.answers and note.answers["type"] == "conversation.open":
        looks[note.answers["conversation"]] = _Look(frame, cut)
    elif not note.is_ours and frame["type"] not in ("ack", "error") and frame.get("conversation") in looks:
        return looks[frame["conversation"]].hear(frame)
    return "", []


def other_orders(history: History) -> Iterator[str]:
    """Check that all who receive a revision or a seq receive the same one."""
    revisions: dict[tuple[str, int], tuple[str, str]] = {}
    deltas: dict[tuple[str, int], str] = {}
    for witness in history.witnesses:
        for frame in (note.frame for note in witness.notes if not note.is_ours and "conversation" in note.frame):
            message = frame.get("message")
            if frame["type"] == "message.delta" and not _is_nudge(frame):
                said = frame.get("text", "")
                if deltas.setdefault((str(message), frame["seq"]), said) != said:
                    yield f"{witness.person} heard another seq {frame['seq']} of {message}"
            elif "revision" in frame and frame["type"] != "ack":
                what = (frame["type"], message["id"] if isinstance(message, dict) else "")
                if revisions.setdefault((frame["conversation"], frame["revision"]), what) != what:
                    yield f"{witness.person} heard another revision {frame['revision']}"


def other_texts(history: History) -> Iterator[str]:
    """Check each reply against the vendor: the whole text when complete, else its beginning.

    Windows must show the same.
    """
    for row, call in _calls_of_replies(history):
        said = call.text if call else ""
        if row.text != said if row.status == "complete" else not said.startswith(row.text):
            yield f"{row.id} ({row.status}) is not what the vendor said"
    rows = {row.id: row for row in history.rows}
    for witness in history.witnesses:
        for key, shown in witness.shown.items():
            if key not in rows or (rows[key].text, rows[key].status) != (shown.text, shown.status):
                yield f"{witness.person} sees {key} otherwise than it is stored"


def lost_words(history: History) -> Iterator[str]:
    """Check that a reply holds every delta sent to a viewer, unless its process was killed."""
    killed = history.killed
    rows = {row.id: row for row in history.rows}
    longest: defaultdict[str, int] = defaultdict(int)
    for note in (note for _, note in _heard(history, "message.delta") if not _is_nudge(note.frame)):
        longest[note.frame["message"]] = max(longest[note.frame["message"]], note.frame["seq"])
    for key, seq in longest.items():
        if key not in killed and (key not in rows or rows[key].seq < seq):
            yield f"{key} holds less than its viewers were sent"


def seconds_lost(history: History) -> list[float]:
    """Return, for each reply that a kill broke off, the age of the oldest word missing from its row: seconds."""
    calls = {row.id: call for row, call in _calls_of_replies(history)}
    lost = []
    for crash in history.crashes:
        for row in (row for row in crash.rows if row.is_reply and not row.is_terminal):
            call = calls.get(row.id)
            lost.append(_seconds_lost(call, row.text, crash.at) if call else 0.0)
    return lost


def _seconds_lost(call: Call, kept: str, at: float) -> float:
    length = 0
    for moment, piece in call.said:
        length += len(piece)
        if length > len(kept):
            return max(0.0, at - moment)
    return 0.0


def _calls_of_replies(history: History) -> Iterator[tuple[Row, Call | None]]:
    questions = {row.id: row.text for row in history.rows}
    calls = {call.question: call for call in sorted(history.calls, key=lambda call: bool(call.said))}
    for row in history.rows:
        if row.is_reply:
            yield row, calls.get(questions.get(row.parent, ""))


def _heard(history: History, kind: str) -> Iterator[tuple[Witness, Note]]:
    for witness in history.witnesses:
        for note in witness.notes:
            if not note.is_ours and note.frame["type"] == kind:
                yield witness, note


def _told(history: History) -> Iterator[tuple[Witness, dict[str, Any]]]:
    """Yield every whole message that a window received."""
    for witness in history.witnesses:
        for note in witness.notes:
            if isinstance(note.frame.get("message"), dict):
                yield witness, note.frame["message"]
            for message in note.frame.get("messages", ()):
                yield witness, message
