"""The mending of the index, while chats go on: after an upgrade, an import, or a change of its rules."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from conversations.models import Conversation, Message, Passage, SearchEntry
from conversations.models.message import UNDER_WAY, MessageQuerySet
from conversations.search import indexing, passages

Row = TypeVar("Row", Conversation, Message, Passage)
BATCH, MANY = 50, 5_000
"""Rows of one transaction, for which other writers wait, and rows that are looked for at once."""
ROUND_SECONDS = 0.25
"""Seconds of one round of the sweeper that go into mending."""


def missing_messages() -> MessageQuerySet:
    """Return the ended messages that the index lacks, or has for others than their conversation's readers."""
    scope = Coalesce(OuterRef("conversation__team"), OuterRef("conversation__owner"))
    entry = SearchEntry.objects.filter(message=OuterRef("pk"), version=indexing.VERSION, scope=scope)
    return Message.objects.exclude(status__in=UNDER_WAY).filter(~Exists(entry))


def missing_titles() -> "QuerySet[Conversation]":
    """Return the conversations whose title the index lacks, or has for others."""
    scope = Coalesce(OuterRef("team"), OuterRef("owner"))
    entry = SearchEntry.objects.filter(conversation=OuterRef("pk"), message=None, version=indexing.VERSION, scope=scope)
    return Conversation.objects.exclude(title="").filter(~Exists(entry))


def count_missing() -> int:
    return missing_messages().count() + missing_titles().count() + passages.missing().count()


def mend() -> Iterator[int]:
    """Add all that is missing, the oldest first, and yield the number of rows of each batch after its commit."""
    yield from _add(missing_titles(), indexing.set_title)
    yield from _add(missing_messages().select_related("conversation").defer("html"), indexing.renew_message)
    yield from _add(passages.missing().select_related("held__file"), passages.renew)


def _add(missing: "QuerySet[Row]", write: Callable[[Row], None]) -> Iterator[int]:
    last: UUID | int | None = None
    while keys := list(
        (missing.filter(pk__gt=last) if last else missing).order_by("pk").values_list("pk", flat=True)[:MANY]
    ):
        for first in range(0, len(keys), BATCH):
            yield _add_batch(missing.filter(pk__in=keys[first : first + BATCH]), write)
        last = keys[-1]


def _add_batch(rows: "QuerySet[Row]", write: Callable[[Row], None]) -> int:
    """Index the rows that are still missing; nobody deletes them meanwhile."""
    with transaction.atomic():
        batch = list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))
        for row in batch:
            write(row)
    return len(batch)


def forget_all() -> None:
    """Let `mend` make every entry again; until then it is found as before."""
    SearchEntry.objects.update(version=0)
    Passage.objects.update(version=0)


class Mending:
    """The sweeper's part of it: a little each round, until nothing is missing."""

    def __init__(self) -> None:
        self.is_done = False

    def begin(self) -> None:
        """Look again for what is missing."""
        self.is_done = False

    def go_on(self) -> None:
        until = time.monotonic() + ROUND_SECONDS
        if self.is_done:
            return
        for _ in mend():
            if time.monotonic() > until:
                return
        self.is_done = True


mending = Mending()
