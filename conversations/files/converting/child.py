"""The conversion of a document, as the server sees it: one process for each, few at a time."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conversations.errors import Refused
from conversations.files.converting.process import MAX_OUTPUT, MAX_SECONDS
from conversations.files.converting.refusal import Refusal

VERSION = 2
"""The version of the converter: a file that comes again after a new one is read again."""
TURN_SECONDS = 30
"""Longest wait for the documents of others."""
SENTENCES = {
    "encrypted": ("encrypted_file", "This file is protected by a password: save it without one, and add it again."),
    "macros": (
        "file_with_macros",
        "This file has macros: save it without them (as docx, xlsx or pptx), and add it again.",
    ),
    "old_format": ("old_format", "This is an old Office format: save it as docx, xlsx or pptx, and add it again."),
    "outside": (
        "outside_parts",
        "This file loads parts from elsewhere: save it as PDF, and add that.",
    ),
    "oversized": ("oversized_file", "This file is too large once it is unpacked: split it, or save it as PDF or text."),
    "slow": ("oversized_file", "This file takes too long to read: split it, or save it as PDF or text."),
    "unreadable": ("unreadable_file", "This file is damaged: open it in its program, save it, and add it again."),
    "unsupported": (
        "bad_field",
        "A file must be a PNG, JPEG or WebP picture, a PDF, a text, or a document of an office program or EPUB.",
    ),
}
"""By the code of a Refusal: the code for programs, and the English sentence."""
_ENDS = {-signal.SIGXCPU: "slow", -signal.SIGKILL: "slow", 1: "unreadable"}
"""Refusals by the exit codes of the process; other signals come from a lack of memory."""
_BASE = Path(__file__).resolve().parents[3]
MAX_READERS = 2
"""Processes that read at the same time."""
_under_way: list[Hashable] = []
"""The people whose documents they read."""
_free = threading.Condition()


@dataclass(frozen=True, slots=True)
class Converted:
    """A document that was read: its type, its text (empty if it has none), and a PDF's pages."""

    media_type: str
    text: str
    pages: int | None
    is_cut: bool


def convert(kind: str, content: bytes, owner: Hashable = None) -> Converted:
    """Read a document of this person and this kind: zip, pdf, html, csv or text.

    Raises Refusal, and Refused while too many others are read.
    """
    answer = _asked(owner, content, kind)
    pages = answer["pages"]
    return Converted(
        str(answer["media_type"]),
        str(answer["text"]),
        pages if isinstance(pages, int) else None,
        bool(answer["is_cut"]),
    )


def pictures(content: bytes, most: int, owner: Hashable = None) -> list[str]:
    """Return the first pages of a PDF as JPEG in base64, at most so many; raises like `convert`."""
    drawn = _asked(owner, content, "pictures", str(most))["pictures"]
    return [str(one) for one in drawn] if isinstance(drawn, list) else []


def refused(refusal: Refusal) -> Refused:
    """Return the refusal with the sentence for the person who added the file."""
    return Refused(*SENTENCES.get(refusal.code, SENTENCES["unreadable"]))


def _asked(owner: Hashable, content: bytes, *words: str) -> dict[str, object]:
    """Return what the process answers; raises Refusal."""
    with _turn(owner):
        answer = _answer([sys.executable, "-m", "conversations.files.converting.process", *words], content)
    if "refused" in answer:
        raise Refusal(str(answer["refused"]))
    return answer


def _answer(command: list[str], content: bytes) -> dict[str, object]:
    """Run the process and return its answer, which comes through a file: so its size is bounded."""
    with tempfile.TemporaryFile() as written:
        try:
            # It inherits no environment: that may hold secrets.
            done = subprocess.run(  # noqa: S603
                command,
                input=content,
                stdout=written,
                stderr=subprocess.DEVNULL,
                timeout=3 * MAX_SECONDS,
                cwd=_BASE,
                env={},
            )
        except subprocess.TimeoutExpired:
            raise Refusal("slow") from None
        except OSError:
            raise Refused("unavailable", "This site cannot read documents just now; try again later.") from None
        if done.returncode:
            raise Refusal(_ENDS.get(done.returncode, "oversized"))
        written.seek(0)
        try:
            return dict(json.loads(written.read(MAX_OUTPUT)))
        except (TypeError, ValueError):
            raise Refusal("unreadable") from None


@contextmanager
def _turn(owner: Hashable) -> Iterator[None]:
    """Wait for a place among the few processes; one person has one of them, so that nobody keeps others waiting."""
    with _free:
        if not _free.wait_for(lambda: len(_under_way) < MAX_READERS and owner not in _under_way, TURN_SECONDS):
            raise Refused("unavailable", "Many documents are being read just now; try again in a minute.")
        _under_way.append(owner)
    try:
        yield
    finally:
        with _free:
            _under_way.remove(owner)
            _free.notify_all()
