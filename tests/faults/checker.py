"""Was every promise kept? Told from what each side noted, by nobody who took part.

`broken_promises(history)` is a list of sentences, empty where all is well. Every check is a function of its own that
yields its findings; contract and invariants are those of the websocket in the README.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.chatterbox import Call
from tests.faults.notes import UNDER_WAY, Note, Sending, Shown
from tests.faults.page import Page
from tests.faults.rows import Row


@dataclass(frozen=True, slots=True)
class Witness:
    """One window: everything it said and heard, and what it shows at the end."""

    person: str
    notes: Sequence[Note]
    shown: Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Crash:
    """The moment of a kill (monotonic seconds) and the rows that it left."""

    at: float
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class History:
    """`is_across`: several processes wrote, and readers at one watched what another wrote."""

    sendings: Sequence[Sending]
    witnesses: Sequence[Witness]
    calls: Sequence[Call]
    rows: Sequence[Row]
    crashes: Sequence[Crash] = ()
    is_across: bool = False

    @property
    def killed(self) -> set[str]:
        """Messages that a kill found under way."""
        return {row.id for crash in self.crashes for row in crash.rows if not row.is_terminal}


def history_of(
    pages: Sequence[Page], calls: Sequence[Call], rows: Sequence[Row], crashes: Sequence[Crash] = ()
) -> History:
    """What all these windows have noted, beside the vendor's calls and the rows."""
    witnesses = [Witness(page.person, page.notes, page.messages) for page in pages]
    return History([sending for page in pages for sending in page.sendings], witnesses, calls, rows, crashes)


def broken_promises(history: History) -> list[str]:
    checks = (lost_acks, duplicates, unfinished, changed_ends, gaps, other_orders, other_texts, lost_words)
    return [f"{check.__name__}: {finding}" for check in checks for finding in check(history)]


def lost_acks(history: History) -> Iterator[str]:
    """What was acknowledged is stored: the question as it was asked, and its replies below it."""
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
    """One command is one row, one ack however often it was said, and one answer of the vendor at most."""
    stored = Counter(row.text for row in history.rows if not row.is_reply)
    called = Counter(call.question for call in history.calls if call.said)  # what was refused may be asked again
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


def unfinished(history: History) -> Iterator[str]:
    """In the end every message has ended, in the rows and in every window."""
    yield from (f"{row.id} is still {row.status}" for row in history.rows if not row.is_terminal)
    for witness in history.witnesses:
        for key, shown in witness.shown.items():
            if shown.status in UNDER_WAY:
                yield f"{witness.person} still sees {key} as {shown.status}"


def changed_ends(history: History) -> Iterator[str]:
    """A message that has ended stays as it is: for whoever was told, across crashes, for ever."""
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
    """After the ack of an open every revision and every seq comes, once, in order, until the connection ends.

    Two commits may tell of themselves in the other order: whoever sees a revision skipped has to open again at once.
    Across processes words may be missed, which a nudge tells of, and what a killed one wrote ends as it was stored.
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
    """What one connection knows of a conversation; `cut` are killed replies, None where a single process wrote all."""

    def __init__(self, ack: dict[str, Any], cut: Collection[str] | None = None) -> None:
        self.cut = cut
        self.revision: int = ack["revision"]
        self.seqs: dict[str, int] = {reply["message"]: reply["seq"] for reply in ack["streaming"]}
        self.followed: set[str] = set()
        self.ended = {message["id"] for message in ack["messages"] if message["status"] not in UNDER_WAY}

    def hear(self, event: dict[str, Any]) -> tuple[str, list[str]]:
        """What was skipped, and what may not be."""
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
        """A reply may end before its first word has come here: the end carries all of them."""
        if key in self.followed and seq != self.seqs[key] and key not in (self.cut or ()):
            yield f"{key} ended at seq {seq}, after {self.seqs.get(key, 0)}"
        self.ended.add(key)


def _is_nudge(delta: Mapping[str, Any]) -> bool:
    """A delta without anything: words were missed between processes, and its seq makes the window open again."""
    return not delta.keys() & {"text", "thought", "part"}


def _is_open(note: Note) -> bool:
    return note.is_ours and note.frame["type"] == "conversation.open"


def _follow(note: Note, looks: dict[str, _Look], cut: Collection[str] | None) -> tuple[str, list[str]]:
    """From the moment that we ask to open until the ack, what comes may be old or new."""
    frame = note.frame
    if _is_open(note):
        looks.pop(frame["conversation"], None)
    elif frame["type"] == "ack" and note.answers and note.answers["type"] == "conversation.open":
        looks[note.answers["conversation"]] = _Look(frame, cut)
    elif not note.is_ours and frame["type"] not in ("ack", "error") and frame.get("conversation") in looks:
        return looks[frame["conversation"]].hear(frame)
    return "", []


def other_orders(history: History) -> Iterator[str]:
    """Whoever hears of a revision or of a seq hears the same."""
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
    """A reply is what the vendor said: all of it when complete, its beginning otherwise; windows show the same."""
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
    """A reply holds all that any viewer was sent, unless the process that wrote it was killed."""
    killed = history.killed
    rows = {row.id: row for row in history.rows}
    longest: defaultdict[str, int] = defaultdict(int)
    for note in (note for _, note in _heard(history, "message.delta") if not _is_nudge(note.frame)):
        longest[note.frame["message"]] = max(longest[note.frame["message"]], note.frame["seq"])
    for key, seq in longest.items():
        if key not in killed and (key not in rows or rows[key].seq < seq):
            yield f"{key} holds less than its viewers were sent"


def seconds_lost(history: History) -> list[float]:
    """Of each reply that a kill broke off: how long before it the oldest word was said that is not in the row."""
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
    """Every whole message that anybody was told of."""
    for witness in history.witnesses:
        for note in witness.notes:
            if isinstance(note.frame.get("message"), dict):
                yield witness, note.frame["message"]
            for message in note.frame.get("messages", ()):
                yield witness, message
