"""Pages of a snapshot, so that one request costs little however long the conversation is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from conversations.models import Message, Share

MAX_MESSAGES = 100
MAX_CHARACTERS = 1_000_000
"""Characters of stored parts and HTML; a longer message is a page of its own."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a snapshot: its number, the count of pages, and its messages."""

    number: int
    count: int
    messages: Sequence[Message]

    @property
    def before(self) -> int | None:
        """Return the number of the previous page."""
        return self.number - 1 if self.number > 1 else None

    @property
    def behind(self) -> int | None:
        """Return the number of the next page."""
        return self.number + 1 if self.number < self.count else None


def page_of(share: Share, wanted: str) -> Page:
    """Return the page of this number with authors and files, or the first page if there is no such page."""
    sizes = Message.objects.sizes_of_branch(share.message_id)
    ends = list(_ends([size for _, size in sizes]))
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1
    if not 1 <= number <= len(ends):
        number = 1
    begin, end = ([0, *ends][number - 1], ends[number - 1]) if ends else (0, 0)
    messages = Message.objects.branch(sizes[end - 1][0], end - begin) if ends else []
    prefetch_related_objects(messages, "files", "verification")
    return Page(number, len(ends), messages)


def _ends(sizes: Sequence[int]) -> Iterator[int]:
    """Yield the index after the last message of each page."""
    begin = size = 0
    for at, each in enumerate(sizes):
        if at > begin and (at - begin >= MAX_MESSAGES or size + each > MAX_CHARACTERS):
            yield at
            begin, size = at, 0
        size += each
    if sizes:
        yield len(sizes)
