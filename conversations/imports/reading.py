"""All conversations of an upload in their order, each read into a thread or a problem."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from conversations.imports import fields
from conversations.imports.formats.registry import Format, format_of, thread_of, unwrapped
from conversations.imports.json_items import items
from conversations.imports.thread import Problem, Thread
from conversations.imports.upload import DAMAGED, Upload

MAX_CONVERSATIONS = 50_000
MAX_UNKNOWN = 20
"""Items at a document's beginning of which one must be a conversation; else the document is about something else."""


class Read(NamedTuple):
    """One conversation of a file: a thread, or the reason why it cannot be read, and its title."""

    format_name: str
    thread: Thread | None
    problem: str = ""
    title: str = ""


def conversations(path: Path) -> Iterator[Read]:
    """Yield the conversations; raises Problem if there are none or too many."""
    count = 0
    with Upload(path) as upload:
        for read in _read_all(upload):
            count += 1
            if count > MAX_CONVERSATIONS:
                raise Problem("too_long")
            yield read
    if not count:
        raise Problem("unknown_format")


def _read_all(upload: Upload) -> Iterator[Read]:
    try:
        for document in upload.documents():
            yield from _in_document(upload, items(document))
    except DAMAGED:
        raise Problem("broken") from None


def _in_document(upload: Upload, found: Iterator[dict[str, object] | Problem]) -> Iterator[Read]:
    known: Format | None = None
    unread: list[Read] = []
    for item in found:
        for one in [item] if isinstance(item, Problem) else unwrapped(item):
            form = None if isinstance(one, Problem) else format_of(one)
            known = known or form
            if form and not isinstance(one, Problem):
                yield from unread
                unread.clear()
                yield _read(form, one, upload)
            elif known:
                yield _unread(known, one)
            else:
                unread.append(_unread(None, one))
            if not known and len(unread) > MAX_UNKNOWN:
                return
    if any(read.problem != "broken" for read in unread):  # too long or too deep to be known
        yield from unread


def _read(form: Format, raw: dict[str, object], upload: Upload) -> Read:
    try:
        return Read(form.NAME, thread_of(form, raw, upload))
    except Problem as problem:
        return Read(form.NAME, None, problem.reason, _title(raw))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return Read(form.NAME, None, "broken", _title(raw))  # a shape that no reader foresees


def _unread(form: Format | None, raw: dict[str, object] | Problem) -> Read:
    name = form.NAME if form else ""
    return Read(name, None, raw.reason) if isinstance(raw, Problem) else Read(name, None, "broken", _title(raw))


def _title(raw: dict[str, object]) -> str:
    return fields.text(raw.get("title") or raw.get("name"), 500)
