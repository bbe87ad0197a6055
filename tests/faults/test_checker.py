"""The checker finds each fault that it is for: a history in which all is well, then with one fault."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.chatterbox import Call
from tests.faults.checker import Crash, History, Witness, broken_promises, seconds_lost
from tests.faults.notes import Note, Sending, Shown
from tests.faults.rows import Row
from tests.vendor_replies import Received

QUESTION, REPLY, CHAT = "q", "r", "c"


def message(key: str, status: str, text: str = "", seq: int = 0) -> dict[str, Any]:
    return {"id": key, "status": status, "text": text, "seq": seq}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "conversation": CHAT, **fields}


def delta(seq: int, text: str) -> dict[str, Any]:
    return event("message.delta", message=REPLY, seq=seq, text=text)


def notes(frames: list[dict[str, Any]]) -> list[Note]:
    """Return the notes of a window that asked, and opened the conversation before it received all of this."""
    send = {"type": "message.send", "id": "1", "text": "Hi", "conversation": CHAT}
    look = {"type": "conversation.open", "id": "2", "conversation": CHAT}
    opened = {"type": "ack", "id": "2", "revision": 0, "messages": [], "streaming": []}
    acked = {"type": "ack", "id": "1", "conversation": CHAT, "message": QUESTION, "replies": [REPLY]}
    start = [Note(0, 1, True, look), Note(0, 1, False, opened, look), Note(0, 1, True, send)]
    return [*start, *(Note(0, 1, False, frame) for frame in frames), Note(0, 1, False, acked, send)]


FRAMES = [
    event("message.created", revision=1, message=message(QUESTION, "complete", "Hi")),
    event("message.created", revision=2, message=message(REPLY, "waiting")),
    delta(1, "Hel"),
    delta(2, "lo"),
    event("message.finished", revision=3, seq=2, message=message(REPLY, "complete", "Hello", 2)),
]


def healthy() -> History:
    seen = {QUESTION: Shown("complete", "Hi"), REPLY: Shown("complete", "Hello", 2)}
    witnesses = [
        Witness(name, notes(copy.deepcopy(FRAMES)), dict(seen), conversation=CHAT) for name in ("alice", "bob")
    ]
    answer = {"type": "ack", "conversation": CHAT, "message": QUESTION, "replies": [REPLY]}
    sending = Sending("alice", {"id": "1", "text": "Hi"}, answer)
    call = Call("Hi", Received("POST", "/", [], "/", {}, b""), [(1.0, "Hel"), (2.0, "lo")], is_whole=True)
    rows = [
        Row(QUESTION, CHAT, "", "user", "complete", "Hi", 0, 1),
        Row(REPLY, CHAT, QUESTION, "assistant", "complete", "Hello", 2, 3),
    ]
    return History([sending], witnesses, [call], rows)


def test_a_history_in_which_all_is_well() -> None:
    assert broken_promises(healthy()) == []


def with_row(index: int, **changed: Any) -> Callable[[History], History]:
    def change(history: History) -> History:
        rows = list(history.rows)
        rows[index] = replace(rows[index], **changed)
        return replace(history, rows=rows)

    return change


def with_frames(*frames: dict[str, Any]) -> Callable[[History], History]:
    """Return the history with these frames in place of Bob's."""

    def change(history: History) -> History:
        alice, bob = history.witnesses
        return replace(history, witnesses=[alice, replace(bob, notes=notes(list(frames)))])

    return change


def without_rows(history: History) -> History:
    return replace(history, rows=[])


def asked_twice(history: History) -> History:
    return replace(history, calls=[*history.calls, *history.calls])


def stored_twice(history: History) -> History:
    return replace(history, rows=[*history.rows, replace(history.rows[0], id="again")])


def acked_otherwise(history: History) -> History:
    alice, bob = history.witnesses
    again = copy.deepcopy(alice.notes[-1])
    again.frame["message"] = "another"
    return replace(history, witnesses=[replace(alice, notes=[*alice.notes, again]), bob])


def ended_otherwise_before_a_crash(history: History) -> History:
    return replace(history, crashes=[Crash(1.0, [replace(history.rows[1], status="stopped")])])


def seen_otherwise(history: History) -> History:
    alice, bob = history.witnesses
    return replace(history, witnesses=[alice, replace(bob, shown={**bob.shown, REPLY: Shown("complete", "Help", 2)})])


def seen_unfinished(history: History) -> History:
    alice, bob = history.witnesses
    return replace(history, witnesses=[alice, replace(bob, shown={**bob.shown, REPLY: Shown("streaming", "Hello", 2)})])


def missed_a_remark(history: History) -> History:
    return replace(history, remarks={CHAT: {"remark": 4}})


def lost_a_remark(history: History) -> History:
    alice, bob = history.witnesses
    add, ack = {"type": "remark.add", "id": "3"}, {"type": "ack", "id": "3", "remark": "remark"}
    told = replace(alice, notes=[*alice.notes, Note(0, 1, False, ack, add)])
    return replace(history, witnesses=[told, bob], remarks={})


def without_the_vendor(history: History) -> History:
    return replace(history, calls=[])


FIRST, SECOND, HEL, LO, END = FRAMES
BROKEN: dict[str, tuple[str, Callable[[History], History]]] = {
    "an acked question is gone": ("lost_acks", without_rows),
    "an acked question has another text": ("lost_acks", with_row(0, text="Ho")),
    "an acked reply hangs elsewhere": ("lost_acks", with_row(1, parent="")),
    "a question is stored twice": ("duplicates", stored_twice),
    "the vendor was asked twice": ("duplicates", asked_twice),
    "two acks of one command differ": ("duplicates", acked_otherwise),
    "a reply has no end": ("unfinished", with_row(1, status="streaming")),
    "a window waits for ever": ("unfinished", seen_unfinished),
    "an end has changed since a crash": ("changed_ends", ended_otherwise_before_a_crash),
    "an end has changed since it was told": ("changed_ends", with_row(1, status="stopped")),
    "a delta is missing": ("gaps", with_frames(FIRST, SECOND, LO, END)),
    "the last delta is missing": ("gaps", with_frames(FIRST, SECOND, HEL, END)),
    "a delta comes twice": ("gaps", with_frames(FIRST, SECOND, HEL, LO, LO, END)),
    "deltas are out of order": ("gaps", with_frames(FIRST, SECOND, LO, HEL, END)),
    "a delta comes after the end": ("gaps", with_frames(FIRST, SECOND, HEL, LO, END, delta(3, "!"))),
    "a revision is missing": ("gaps", with_frames(FIRST, END)),
    "a revision comes twice": ("gaps", with_frames(FIRST, SECOND, SECOND, HEL, LO, END)),
    "two windows hear another text": ("other_orders", with_frames(FIRST, SECOND, delta(1, "Hex"), LO, END)),
    "two windows hear another order": ("other_orders", with_frames(FIRST, {**END, "revision": 2})),
    "a complete reply is not whole": ("other_texts", with_row(1, text="Hel")),
    "a stopped reply is not the vendor's": ("other_texts", with_row(1, text="Help", status="stopped")),
    "a reply is nobody's": ("other_texts", without_the_vendor),
    "a window shows another text": ("other_texts", seen_otherwise),
    "an acked remark is gone": ("lost_remarks", lost_a_remark),
    "a window knows nothing of a remark": ("lost_remarks", missed_a_remark),
    "a viewer was sent more than is kept": ("lost_words", with_row(1, text="Hel", status="stopped", seq=1)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(name: str) -> None:
    check, change = BROKEN[name]
    found = broken_promises(change(healthy()))
    assert any(finding.startswith(f"{check}: ") for finding in found), found


def test_a_skipped_revision_is_forgiven_to_who_opens_again() -> None:
    history = healthy()
    alice, bob = history.witnesses
    look = {"type": "conversation.open", "id": "3", "conversation": CHAT}
    later = event("conversation.updated", revision=4)
    late = [*notes([FIRST])[:-1], Note(0, 1, False, later), Note(0, 1, True, look)]
    assert broken_promises(replace(history, witnesses=[alice, replace(bob, notes=late)])) == []


@pytest.mark.parametrize(("kept", "lost"), [("Hello", 0.0), ("Hel", 0.5), ("", 1.5)])
def test_what_a_kill_loses_is_counted_from_its_oldest_word(kept: str, lost: float) -> None:
    history = healthy()
    left = replace(history.rows[1], status="streaming", text=kept)
    assert seconds_lost(replace(history, crashes=[Crash(2.5, [left])])) == [lost]
