"""The process that converts one document: `python -m conversations.files.converting.process KIND [MOST]`.

It reads the document from standard input, and writes JSON: {"media_type", "text", "pages", "is_cut"}.
Of kind `pictures` these are {"pictures"}, of at most MOST pages. For a Refusal that is {"refused": code}.
It has little memory and time, no environment, and nothing of the site.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any

from conversations.files.converting.refusal import Refusal

MAX_MEMORY = 640 * 2**20
"""Bytes of address space: a tree of a million elements takes a third of it."""
MAX_SECONDS = 12
"""Processor time."""
_FAILURES = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""Exceptions for a file that no program has written."""
MAX_OUTPUT = 16 * 2**20
"""Bytes that it can write anywhere."""


def main(kind: str, most: str = "0") -> int:
    """Convert standard input; a process without memory or time ends with a code that is not 0."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # not every system knows this limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    answers = os.dup(1)
    os.dup2(2, 1)  # so that no print mixes with the answer
    answer = converted(kind, sys.stdin.buffer.read(), int(most))
    with os.fdopen(answers, "wb") as output:
        output.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    return 0


def converted(kind: str, content: bytes, most: int = 0) -> dict[str, Any]:
    """Return the document, or its first pages as pictures, as JSON, or the code of its refusal."""
    from conversations.files.converting import dispatch

    try:
        if kind == "pictures":
            from conversations.files.converting import pdf

            return pdf.pictures(content, most)
        return dispatch.read(kind, content)
    except Refusal as refusal:
        return {"refused": refusal.code}
    except (MemoryError, RecursionError):
        return {"refused": "oversized"}
    except _FAILURES:
        return {"refused": "unreadable"}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
