"""A process of a site whose people ask again as soon as they are answered, without vendors, sockets and browsers.

Runs as a process. It reads its people from a line of its input, says when it is ready, reads from a second line when to
begin, and prints as one line of JSON the milliseconds of all questions and ends that are measured.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count
from typing import Any
from uuid import UUID

import django

_ids = count(1)


class Notes:
    """What is measured from `since` on: milliseconds of each question's ack and of each end; and wrong ends."""

    def __init__(self, since: float) -> None:
        self._since = since
        self.questions: list[float] = []
        self.ends: list[float] = []
        self.lost: list[str] = []
        self.waiting: dict[UUID, asyncio.Future[None]] = {}

    def note(self, times: list[float], begun: float) -> None:
        if begun >= self._since:
            times.append(1000 * (time.monotonic() - begun))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    wanted = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_run(**wanted))), flush=True)
    os._exit(0)  # the site's own threads have nothing left to store


async def _run(people: list[list[str]], reply: float, warm: float, seconds: float) -> dict[str, Any]:
    from conversations import lifecycle
    from conversations.models import User
    from providers.models import LanguageModel
    from tests.benchmark.load import played

    played.replace_vendors(reply)
    users = {str(user.pk): user for user in await asyncio.to_thread(list, User.objects.all())}
    models = [str(key) for key in await asyncio.to_thread(list, LanguageModel.objects.values_list("pk", flat=True))]
    lifecycle.start_up(asyncio.get_running_loop())
    print("ready", flush=True)
    begin = float(await asyncio.to_thread(sys.stdin.readline))
    notes = Notes(begin + warm)
    _note_ends(notes)
    until = begin + warm + seconds
    first = [begin + number * reply / len(people) for number in range(len(people))]
    talks = [
        _talk(users[owner], conversation, models[number % len(models)], first[number], until, notes)
        for number, (owner, conversation) in enumerate(people)
    ]
    await asyncio.gather(*talks)
    return {"questions": notes.questions, "ends": notes.ends, "lost": notes.lost}


def _note_ends(notes: Notes) -> None:
    """Note how each reply ends, from its last delta until its end is stored and announced."""
    from conversations.generation.checkpoints import writer
    from conversations.live import LiveReply, hub
    from conversations.models.message import Status

    end, tell, ends = writer.end, writer.when_ended, dict[UUID, LiveReply]()

    def ending(reply: LiveReply, outcome: Any, html: str | None) -> None:
        ends[reply.id] = reply
        if outcome.status != Status.COMPLETE:
            notes.lost.append(f"{outcome.status} {outcome.error_code}")
        end(reply, outcome, html)

    def ended(reply_id: UUID) -> None:
        tell(reply_id)
        reply = ends.pop(reply_id)
        if reply.stream is not None:
            notes.note(notes.ends, reply.stream.ended_at)  # type: ignore[attr-defined]
        hub.call_later(0, lambda: notes.waiting.pop(reply.conversation).set_result(None))

    writer.end, writer.when_ended = ending, ended  # type: ignore[method-assign]


async def _talk(user: Any, conversation: str, model: str, begin: float, until: float, notes: Notes) -> None:
    """Ask as this person, wait for the end of the reply, and ask again."""
    from conversations import actions
    from conversations.protocol.parsing import parse
    from conversations.workers import database_threads

    await asyncio.sleep(max(0.0, begin - time.monotonic()))
    while (asked := time.monotonic()) < until:
        command = parse(_question(conversation, model))
        ended = notes.waiting[UUID(conversation)] = asyncio.get_running_loop().create_future()
        stored = database_threads.submit_change(actions.post_message, user, command, UUID(conversation))
        await asyncio.wrap_future(stored)
        notes.note(notes.questions, asked)
        await ended


def _question(conversation: str, model: str) -> Any:
    text = "What would somebody ask, of about as many words as people usually write before they send it?"
    fields = {"conversation": conversation, "text": text, "models": [model]}
    return {"type": "message.send", "id": f"c{os.getpid()}-{next(_ids)}", **fields}


if __name__ == "__main__":
    main()
