"""Forks of the shown branch where the thread goes on elsewhere, or where its reader has not seen messages."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from conversations.models import Conversation, Message, ReadMark, SharedPlace, User

MAX_UNSEEN = 100
"""Unseen messages that are looked for, the newest ones."""


@dataclass(slots=True)
class OtherVersion:
    """A version that is not shown, at a fork of the branch that is."""

    fork: UUID | None
    """The message below which the versions stand; None if they begin the conversation."""
    version: UUID
    end: UUID | None = None
    """The end of the thread, if it goes on from this version."""
    person: User | None = None
    """The person who led the thread there, or wrote there last."""
    number: int = 0
    """Its place among the versions, from 1."""
    unseen: list[UUID] = field(default_factory=list)
    """Messages at and below it that others wrote and that the reader was not shown, the oldest first."""

    def to_json(self) -> dict[str, Any]:
        person = {"id": str(self.person.pk), "name": self.person.name} if self.person else None
        return {
            "fork": self.fork and str(self.fork),
            "version": str(self.version),
            "number": self.number,
            "end": self.end and str(self.end),
            "person": person,
            "unseen": [str(message) for message in self.unseen],
        }


def other_versions(reader: User, conversation: Conversation, leaf: UUID | None) -> list[OtherVersion]:
    """Return the versions beside the branch down to `leaf` of which the reader should learn."""
    if leaf is None:
        return []
    place, unseen = Message.objects.leaf_for(reader, conversation), _unseen(reader, conversation)
    ends = {leaf, *unseen, *([place] if place else [])}
    if len(ends) == 1:
        return []
    parents = Message.objects.parents_up_from(ends)
    shown = _branch(parents, leaf)
    found: dict[UUID, OtherVersion] = {}
    for message in unseen:
        if version := _beside(parents, shown, leaf, message):
            found.setdefault(version, OtherVersion(parents[version], version)).unseen.append(message)
    if place and (version := _beside(parents, shown, leaf, place)):
        there = found.setdefault(version, OtherVersion(parents[version], version))
        there.end = place
        there.person = _leader(reader, conversation, there)
    _number(conversation, found)
    return sorted(found.values(), key=lambda other: other.end is None)


def _unseen(reader: User, conversation: Conversation) -> list[UUID]:
    """Return others' messages that are newer than all that this person was shown; none for a newcomer."""
    mark = ReadMark.objects.filter(user=reader, conversation=conversation).first()
    if mark is None or conversation.is_private:
        return []
    since = mark.revision if mark.shown is None else mark.shown
    news = conversation.messages.filter(revision__gt=since).exclude(author=reader)
    return sorted(news.order_by("-revision").values_list("pk", flat=True)[:MAX_UNSEEN])


def _branch(parents: Mapping[UUID, UUID | None], leaf: UUID) -> set[UUID | None]:
    """Return the messages down to `leaf`, and None for the place above the first."""
    shown: set[UUID | None] = {None}
    at: UUID | None = leaf
    while at is not None:
        shown.add(at)
        at = parents.get(at)
    return shown


def _beside(parents: Mapping[UUID, UUID | None], shown: set[UUID | None], leaf: UUID, message: UUID) -> UUID | None:
    """Return the version through which a message is beside the shown branch, or None."""
    version = message
    while version not in shown:
        above = parents.get(version)
        if above in shown:
            return None if above == leaf else version
        assert above is not None
        version = above
    return None


def _leader(reader: User, conversation: Conversation, there: OtherVersion) -> User | None:
    if conversation.is_private:
        return reader
    at_fork = {"parent": there.fork} if there.fork else {"parent__isnull": True}
    place = SharedPlace.objects.filter(conversation=conversation, **at_fork).select_related("person").first()
    end = conversation.messages.filter(pk=there.end or there.version).select_related("author").first()
    if end and (place is None or end.revision > place.revision):
        return end.author
    return place.person if place else None


def _number(conversation: Conversation, found: Mapping[UUID, OtherVersion]) -> None:
    if not found:
        return
    forks = [other.fork for other in found.values() if other.fork]
    beginning = Q(parent=None) if len(forks) < len(found) else Q()
    counts: defaultdict[UUID | None, int] = defaultdict(int)
    rows = conversation.messages.filter(Q(parent__in=forks) | beginning).order_by("id")
    for fork, version in rows.values_list("parent", "pk"):
        counts[fork] += 1
        if version in found:
            found[version].number = counts[fork]
