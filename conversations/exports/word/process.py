"""The process that writes a Word document: `python -m conversations.exports.word.process`, lines in, document out.

It has limits of memory and time, because others wrote what it reads, and holds nothing of the site. python-docx is
loaded here alone: it takes 20 MB.
"""

import io
import json
import resource
import sys

MAX_SECONDS = 60
MAX_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space."""


def main() -> None:
    """Write the document once it is complete."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from conversations.exports.word.document import WordDocument

    head, *messages = (json.loads(line) for line in sys.stdin.buffer)
    written = WordDocument(head["title"], head["language"])
    for message in messages:
        written.add_message(message)
    kept = io.BytesIO()
    written.save(kept)
    sys.stdout.buffer.write(kept.getvalue())


if __name__ == "__main__":
    main()
