"""The corpus as rows, indexed."""

import re
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any
from uuid import UUID

import pytest

from conversations.models import Conversation, File, Membership, Message, Team, User
from conversations.search.rebuilding import mend
from tests.search.corpus import CONVERSATIONS, PEOPLE, TEAMS

_MESSAGE = re.compile(r"(?P<name>\w+)(?: < (?P<parent>\w+))?: (?P<text>.*?)(?: \[(?P<file>[^\[\]]+)\])?$")
NOISE = 60


@dataclass
class Corpus:
    people: dict[str, User] = field(default_factory=dict)
    names: dict[tuple[UUID, UUID | None], str] = field(default_factory=dict)
    """Names of messages and titles, by the ids of conversation and message."""
    readers: dict[str, set[str]] = field(default_factory=dict)
    """People who may read it, by the name of a conversation; as the corpus says, not as the site does."""


@pytest.fixture
def corpus(db: None) -> Corpus:
    made = Corpus({name: User.objects.create(username=name, is_superuser=name == "root") for name in PEOPLE})
    teams = {name: Team.objects.create(name=name) for name in TEAMS}
    for name, members in TEAMS.items():
        for person in members:
            Membership.objects.create(team=teams[name], user=made.people[person], role="member")
    removed = Membership.objects.create(team=teams["Platform"], user=made.people["dave"], role="lead")
    for name, (audience, title, told) in CONVERSATIONS.items():
        made.readers[name] = {*TEAMS.get(audience, [audience])}
        writer = made.people[min(made.readers[name])]
        conversation = Conversation.objects.create(owner=writer, team=teams.get(audience), title=title, revision=1)
        made.names[conversation.pk, None] = name
        for key, message in _messages(conversation, writer, told).items():
            made.names[conversation.pk, message.pk] = f"{name}.{key}"
    make_noise(made.people["alice"], teams["Platform"], NOISE)
    sum(mend())
    removed.delete()
    teams["Ghosts"].delete()
    return made


def _messages(conversation: Conversation, writer: User, told: str) -> dict[str, Message]:
    made: dict[str, Message] = {}
    above: Message | None = None
    for line in dedent(told).strip().splitlines():
        found = _MESSAGE.fullmatch(line)
        assert found, line
        above = made[found["parent"]] if found["parent"] else above
        is_reply = found["name"].startswith("r")
        fields: dict[str, Any] = {"model_name": "parrot"} if is_reply else {}
        above = made[found["name"]] = Message.objects.create(
            conversation=conversation, parent=above, role="assistant" if is_reply else "user", author=writer,
            text=found["text"], parts=[], status="complete", revision=1, **fields,
        )  # fmt: skip
        if found["file"]:
            file = File.objects.create(owner=writer, name=found["file"], media_type="text/plain", size=1, was_sent=True)
            above.files.add(file)
            above.parts = [{"kind": "file", "file": str(file.pk), "name": file.name}, *above.parts]
            above.save()
    return made


def make_noise(writer: User, team: Team | None, count: int) -> None:
    """Add newer messages full of common words."""
    conversation = Conversation.objects.create(owner=writer, team=team, title="Small talk", revision=1)
    said = "We talk about the week, a table, a client and a page. 我们今天讨论一下会议的时间和内容，数据都在表里。"
    common = {"conversation": conversation, "role": "user", "author": writer, "status": "complete", "revision": 1}
    Message.objects.bulk_create(Message(text=f"{said} {number}", **common) for number in range(count))
