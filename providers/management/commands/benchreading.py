"""`benchreading`: measures the CPU time of reading replies, without a network."""

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.errors import VendorError
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.wires import registry

_CHUNK = 64 * 1024
_MEGABYTE = 1024 * 1024
_KEY = "not-a-key-but-as-long-as-one-that-is"

_GEMINI = b'{"candidates":[{"content":{"parts":[%s]},"index":0}]}'
_PICTURE = _GEMINI % (b'{"inlineData":{"mimeType":"image/png","data":"' + b"QUJD" * (4 * _MEGABYTE) + b'"}}')
_OPENAI = b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n'
_EMPTY = {"openai": b'data:{"choices":[{"delta":{}}]}\n\n', "gemini": b'data:{"candidates":[{"content":{}}]}\n\n'}
_IMAGE = b'{"choices":[{"delta":{"images":[{"image_url":{"url":"data:image/png;base64,%s"}}]}}]}'


@dataclass(frozen=True, slots=True)
class Body:
    """A reply to read, and the seconds of CPU that it may cost. `refused`: it must not be read to its end."""

    name: str
    wire: str
    content: bytes
    bar: float
    refused: bool = False


class Command(BaseCommand):
    help = "Reads large and finely cut replies and prints the CPU time they cost; fails if one costs too much."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--runs", type=int, default=3, help="read each so often and take the quickest (3)")

    def handle(self, *args: Any, **options: Any) -> None:
        slow = [body.name for body in _bodies() if not self._measured(body, options["runs"])]
        self._measure_deltas(options["runs"])
        if slow:
            raise CommandError(f"Over the bar: {', '.join(slow)}.")

    def _measured(self, body: Body, runs: int) -> bool:
        results = [_read(body) for _ in range(max(1, runs))]
        seconds = min(result[0] for result in results)
        is_fine = seconds <= body.bar and results[0][2] == body.refused
        outcome = "refused" if results[0][2] else "read"
        bar = f"bar {1000 * body.bar:.0f} ms" if is_fine else f"NOT FINE, bar {1000 * body.bar:.0f} ms"
        self.stdout.write(f"{body.name:44} {1000 * seconds:7.0f} ms  {outcome}  ({bar})")
        return is_fine

    def _measure_deltas(self, runs: int) -> None:
        event = _OPENAI % b"word "
        body = Body("", "openai", event * 20_000, 0)
        # One event per chunk: neighbouring events of one chunk become one delta.
        seconds, deltas, _ = min(_read(body, len(event)) for _ in range(max(1, runs)))
        self.stdout.write(f"{'one delta of a usual reply':44} {1_000_000 * seconds / deltas:7.1f} µs")


def _bodies() -> Iterator[Body]:
    yield Body("an event of 16 MB, Gemini", "gemini", b"data: %s\n\n" % _PICTURE, 0.3)
    yield Body("an object of 16 MB in an array, Gemini", "gemini", b"[%s]" % _PICTURE, 0.3)
    yield Body("an event of 16 MB, OpenAI", "openai", b"data: %s\n\n" % (_IMAGE % (b"QUJD" * (4 * _MEGABYTE))), 0.3)
    yield Body("a line of 33 MB", "openai", b"data: " + b"A" * (33 * _MEGABYTE), 0.3, refused=True)
    yield _megabyte("tiny events, OpenAI", "openai", b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
    yield _megabyte("tiny events, Gemini", "gemini", b"data: %s\n\n" % (_GEMINI % b'{"text":"a"}'))
    yield _megabyte("tiny objects in an array, Gemini", "gemini", _GEMINI % b'{"text":"a"}' + b",\n")
    yield _megabyte("comments", "openai", b":\n\n")
    for wire, name in (("openai", "OpenAI"), ("gemini", "Gemini")):
        yield _megabyte(f"empty events, {name}", wire, b"data:{}\n\n", refused=True)
        yield _megabyte(f"empty objects, {name}", wire, b"{}\n", refused=True)
        yield _megabyte(f"lists of empty objects, {name}", wire, b"data:[{},{},{},{},{},{},{}]\n\n", refused=True)
        yield _megabyte(f"the smallest fair empty events, {name}", wire, _EMPTY[wire])
        yield _megabyte(f"nested empty objects, {name}", wire, b'{"":' + 30 * b"[" + 30 * b"]" + b"}\n")


def _megabyte(name: str, wire: str, event: bytes, *, refused: bool = False) -> Body:
    return Body(f"1 MB of {name}", wire, event * (_MEGABYTE // len(event)), 1.0, refused)


def _read(body: Body, chunk: int = _CHUNK) -> tuple[float, int, bool]:
    """Return the CPU seconds, the number of deltas, and whether the body was refused."""
    reading, deltas, refused = Reading(registry.wire(body.wire), KeyMask(_KEY)), 0, False
    started = process_time()
    try:
        for at in range(0, len(body.content), chunk):
            deltas += sum(1 for _ in reading.feed(body.content[at : at + chunk]))
    except VendorError:
        refused = True
    return process_time() - started, deltas, refused
