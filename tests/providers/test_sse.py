"""The event decoder against a plain reading of the specification."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.errors import BadReply
from providers.reading.body import MAX_UNREADABLE, BodyDecoder
from providers.reading.sse import MAX_EVENT_BYTES, ByteOrderMark, Event, Events, Lines
from providers.wires.json_values import count

SYNTAX = [
    b"\r",
    b"\n",
    b"\r\n",
    b"data",
    b"data:",
    b"data: ",
    b"event: x",
    b":",
    b" ",
    b"id",
    b"\xef\xbb\xbf",
    b"a",
    b"\xff",
]
BODIES = st.lists(st.sampled_from(SYNTAX) | st.binary(max_size=3), max_size=30).map(b"".join)


def by_the_book(body: bytes) -> list[tuple[str, bytes]]:
    """Decode bodies without JSON as WHATWG HTML 9.2.6 says, as a whole; but the last event needs no blank line."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    events, kind, data = [], "", b""
    for line in [*re.split(rb"\r\n|\r|\n", body), b""]:
        if line == b"":
            if data:
                events.append((kind, data.removesuffix(b"\n")))
            kind, data = "", b""
            continue
        field, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if field == b"data":
            data += value + b"\n"
        elif field == b"event":
            kind = value.decode("utf-8", "replace")
    return events


def decoded(pieces: list[bytes]) -> list[tuple[str, bytes]]:
    """Return the events that the three readers of every body find in one in pieces."""
    mark, lines, events = ByteOrderMark(), Lines(), Events()
    stripped = [*map(mark.strip, pieces)]
    read = [line for piece in (*stripped, mark.flush()) for line in whole_lines(lines, piece)]
    found: list[list[Event]] = [events.line(line) for line in (*read, lines.flush(), b"")]
    return [(event.name, event.data) for completed in found for event in completed]


def whole_lines(lines: Lines, chunk: bytes) -> Iterator[bytes]:
    position = lines.start_of(chunk)
    while position < len(chunk):
        line, position = lines.next_line(chunk, position)
        if line is not None:
            yield line


def cut(body: bytes, cuts: list[int]) -> list[bytes]:
    """Return `body` in pieces, cut at places taken modulo its length."""
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [body[start:stop] for start, stop in pairwise(edges)]


def single(body: bytes) -> list[bytes]:
    """Return `body` byte by byte."""
    return [body[at : at + 1] for at in range(len(body))]


CUTS = st.lists(st.integers(0, 200), max_size=6)


def test_same_as_the_book_however_cut(soak: bool) -> None:
    @settings(max_examples=100_000 if soak else 500, deadline=None)
    @given(BODIES, CUTS)
    def check(body: bytes, cuts: list[int]) -> None:
        assert decoded(cut(body, cuts)) == by_the_book(body)
        assert decoded(single(body)) == by_the_book(body)

    check()


# Whole lines that begin none of the other formats, so that the body has to be read as events.
LINES = [
    b"",
    b"",
    b'data: {"n": 1}',
    b'data:{"n":',
    b"data: 2}",
    b"data: x",
    b"data: 5",
    b'data: [{"n": 3}, 4, {"n": 5}]',
    b"data",
    b"data: [DONE]",
    b"event: error",
    b"event:",
    b": comment",
    b":",
    b"id: 1",
    b"retry",
    b"other: x",
]
END = st.sampled_from([b"\r", b"\n", b"\r\n"])
EVENT_BODIES = st.lists(st.tuples(st.sampled_from(LINES), END), max_size=30).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


class PlainEvents:
    """The events of a body read line by line, also of one whose vendor leaves out blank lines."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bytes]] = []
        self._kind, self._data, self._habit = "", list[bytes](), False
        self._later: str | None = None

    def line(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            self._kind = self._kind if self._later is None else self._later
            self._end()
            self._kind, self._later = "", None
        elif field == b"event":
            self._kind, self._later = (self._kind, value.decode()) if self._data else (value.decode(), None)
        elif field == b"data":
            if self._is_ended_by(value):
                self._end()
            self._data.append(value)
            if value == b"[DONE]" or (self._habit and len(self._data) == 1 and is_finished(value)):
                self._end()

    def _is_ended_by(self, value: bytes) -> bool:
        said = b"\n".join(self._data)
        if not said.strip() or not value.strip():
            return False
        if not said.strip().startswith((b"{", b"[")):
            return value.startswith((b"{", b"["))
        self._habit = self._habit or (is_finished(said) and value != b"[DONE]")
        return is_finished(said) or value == b"[DONE]" or (self._habit and is_finished(value))

    def _end(self) -> None:
        if self._data:
            self.found.append((self._kind, b"\n".join(self._data)))
            self._kind, self._later, self._data = self._later or "", None, []


def is_finished(text: bytes) -> bool:
    """Return whether `text`, which has no brackets inside strings, is JSON with all brackets closed."""
    depth, closing = text.count(b"{") + text.count(b"["), text.count(b"}") + text.count(b"]")
    return text.strip().startswith((b"{", b"[")) and closing >= depth


def readable(data: bytes) -> list[object] | None:
    """Return the objects of an event's data, or None when it is no JSON."""
    try:
        value = json.loads(data)
    except ValueError:
        value = behind_unreadable(data.decode()) if data.startswith((b"{", b"[")) else []
    if not isinstance(value, dict | list) or not (value or data.startswith((b"{", b"["))):
        return None
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def behind_unreadable(text: str) -> list[object]:
    """Return the values from the first one on that begins with a brace on a line behind the first line."""
    found, place = list[object](), 1
    while (place := text.find("\n{", place) + 1) > 0:
        try:
            while place < len(text):
                value, place = json.JSONDecoder().raw_decode(text, place)
                found += value if isinstance(value, list) else [value]
                place += len(text[place:]) - len(text[place:].lstrip())
        except ValueError:
            place += 1
    return found


def objects_by_the_rules(body: bytes) -> list[object]:
    """Return the objects in the events of a body.

    "bad" stands for three in a row that cannot be read, "done" for the end marker.
    """
    events, found, unreadable, end = PlainEvents(), list[object](), 0, list[object]()
    for line in [*re.split(rb"\r\n|\r|\n", body), b""]:
        events.line(line)
    for kind, data in ((kind, data.strip()) for kind, data in events.found):
        if data.startswith(b"[DONE]"):
            end = ["done"]
            continue
        objects = readable(data) if data else []
        if objects is None:
            found += [{"error": {"message": " ".join(data.decode().split())}}] if kind == "error" else []
            continue
        unreadable = (0 if objects else unreadable + 1) if data else unreadable
        if unreadable == MAX_UNREADABLE and not end:
            return [*found, "bad"]
        found += [{"error": one} for one in objects] if kind == "error" else objects
    return found + end


def assembled(pieces: list[bytes]) -> list[object]:
    """Return our reader's objects of a body in pieces."""
    assembler, found = BodyDecoder(), list[object]()
    try:
        for piece in pieces:
            found += assembler.feed(piece)
        found += assembler.finish()
    except BadReply:
        return [*found, "bad"]
    return [*found, "done"] if assembler.done else found


def test_the_same_objects_as_by_the_rules_however_cut(soak: bool) -> None:
    @settings(max_examples=100_000 if soak else 500, deadline=None)
    @given(EVENT_BODIES, CUTS)
    @example(b'data: 2}\revent: error\rdata: [{"n": 3}, 4, {"n": 5}]\r', [])
    def check(body: bytes, cuts: list[int]) -> None:
        expected = objects_by_the_rules(body)
        assert assembled([body]) == expected
        assert assembled(cut(body, cuts)) == expected
        assert assembled(single(body)) == expected

    check()


def test_an_event_is_there_as_soon_as_its_blank_line_is() -> None:
    decoder = BodyDecoder()
    assert list(decoder.feed(b'data: {"a": 1}\r\r')) == [{"a": 1}]
    assert list(decoder.feed(b'\ndata: {"b": 2}\n')) == []
    assert list(decoder.feed(b"\n")) == [{"b": 2}]


def test_sixteen_megabytes_in_one_line_cost_little() -> None:
    body = b'data: {"x": "' + b"A" * (16 << 20) + b'"}\n\n'
    assembler = BodyDecoder()
    started = time.process_time()
    events = [event for at in range(0, len(body), 65536) for event in assembler.feed(body[at : at + 65536])]
    assert len(events[0]["x"]) == 16 << 20
    assert time.process_time() - started < 2


@pytest.mark.parametrize("start", [b"data: ", b'{"x": "'])
def test_an_endless_line_is_refused(start: bytes) -> None:
    assembler = BodyDecoder()
    list(assembler.feed(start))
    flood = (event for _ in range(MAX_EVENT_BYTES // 65536 + 2) for event in assembler.feed(b"A" * 65536))
    with pytest.raises(BadReply):
        list(flood)


def test_three_unreadable_events_in_a_row_are_no_reply() -> None:
    bad, good = b"data: {x\n\n", b'data: {"a": 1}\n\n'
    assert len(list(BodyDecoder().feed(bad + bad + good + bad + bad + good))) == 2
    with pytest.raises(BadReply):
        list(BodyDecoder().feed(good + bad + bad + bad))


def test_deep_nesting_is_unreadable_not_fatal() -> None:
    body = b"data: " + b"[" * 100_000 + b'\n\ndata: {"a": 1}\n\n'
    assert list(BodyDecoder().feed(body)) == [{"a": 1}]


HUGE = b'{"n": %s, "small": 1, "words": "kept"}' % (b"9" * 5000)


@pytest.mark.parametrize(
    "body", [HUGE, b"data: %s\n\n" % HUGE, b'data: {"a": 1}\n\ndata: %s\n\n' % HUGE, b"[%s]" % HUGE]
)
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_a_number_that_is_too_long_costs_no_words(body: bytes, sign: bytes) -> None:
    body = body.replace(b'"n": ', b'"n": ' + sign)
    assembler = BodyDecoder()
    (*_, event) = [*assembler.feed(b'data: {"first": 1}\n\n'), *assembler.feed(body), *assembler.finish()]
    assert event == {"n": float(sign + b"inf"), "small": 1, "words": "kept"}
    assert count(event["n"]) is None
    assert isinstance(event["small"], int)


def test_an_event_that_is_skipped_is_told_of_once_and_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = b"data: {secret\n\n", b'data: {"a": 1}\n\n'
    list(BodyDecoder().feed(good + b"data: alive\n\n" + good))
    assert [line for line in caplog.records if line.name == BodyDecoder.__module__] == []
    list(BodyDecoder().feed(good + bad + good + bad + good))
    (record,) = caplog.records
    assert "cannot be read" in record.getMessage()
    assert "secret" not in caplog.text
