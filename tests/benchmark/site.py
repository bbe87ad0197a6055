"""The real server as `start` runs it, on a database with the people and conversations of one scenario.

Runs as a process. It prints its seats as one line of JSON, with a large history the sessions of people who search it as
another and, when it answers, the line that `start` prints. A further process of the same site is given its port only.
"""

import json
import os
import sys
from typing import Any

import django


def main(port: int, vendor: int = 0, scenario: dict[str, Any] | None = None, messages: int = 0) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from django.core.management import call_command

    if scenario is not None:
        call_command("migrate", interactive=False, verbosity=0)
        _prepare(vendor, scenario, messages)
    call_command("start", host="127.0.0.1", port=port, fetch_model=False)


def _prepare(vendor: int, scenario: dict[str, Any], messages: int) -> None:
    """Create the people and conversations, and print their sessions."""
    from django.db import transaction

    searchers = _searchers(messages) if messages else []
    with transaction.atomic():
        seats = _seats(vendor, **scenario)
    print(json.dumps(seats), flush=True)
    if messages:
        print(json.dumps(searchers), flush=True)


def _seats(vendor: int, *, streams: int, viewers: int, history: int, **_: Any) -> list[dict[str, Any]]:
    """Return a conversation for each stream, with the sessions of its viewers; the first one is for probes."""
    _make_model(vendor)
    long = _seat("probe", 1, history)
    return [long, *(_seat(f"s{number}", viewers, 0) for number in range(streams))]


def _searchers(messages: int) -> list[str]:
    """Return a session of one person of each team; a large history is made if there is none."""
    from conversations.models import Conversation, User
    from conversations.search import rebuilding
    from tests.benchmark import history

    if not Conversation.objects.exists():
        history.fill(messages)
        sum(rebuilding.mend())
    names = [f"person{number}" for number in range(history.TEAMS)]
    return [_session(person) for person in User.objects.filter(username__in=names)]


def _make_model(vendor: int) -> None:
    from providers.models import ApiKey, Deployment, Endpoint, LanguageModel

    Endpoint.objects.all().delete()
    LanguageModel.objects.all().delete()
    endpoint = Endpoint.objects.create(name="bench", wire="openai", base_url=f"http://127.0.0.1:{vendor}/v1")
    ApiKey.objects.create(endpoint=endpoint, secret="not-a-key-but-as-long-as-one-that-is")
    Deployment.objects.create(model=LanguageModel.objects.create(name="bench"), endpoint=endpoint, vendor_id="bench")


def _seat(name: str, viewers: int, history: int) -> dict[str, Any]:
    from conversations.ids import new_id
    from conversations.models import Conversation, Membership, Team, User

    unique = f"{name}-{new_id().hex}"
    people = [User.objects.create(username=f"{unique}-{number}", password="!") for number in range(viewers)]
    team = Team.objects.create(name=unique) if viewers > 1 else None
    if team:
        Membership.objects.bulk_create(Membership(team=team, user=person, role="member") for person in people)
    conversation = Conversation.objects.create(owner=people[0], team=team, title=name, revision=1)
    _write_history(conversation, people[0], history)
    return {"conversation": str(conversation.id), "sessions": [_session(person) for person in people]}


def _write_history(conversation: Any, person: Any, count: int) -> None:
    from conversations.models import Message
    from tests.benchmark.plan import said_before

    messages: list[Message] = []
    for number in range(count):
        text, role = said_before(number), ("user", "assistant")[number % 2]
        parent = messages[-1] if messages else None
        fields = {"text": text, "parts": [{"kind": "text", "text": text}], "status": "complete", "revision": 1}
        messages.append(Message(conversation=conversation, parent=parent, role=role, author=person, **fields))
    Message.objects.bulk_create(messages)


def _session(person: Any) -> str:
    """Return the key of a session in which this person is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.create()
    assert store.session_key
    return str(store.session_key)


if __name__ == "__main__":
    main(*map(json.loads, sys.argv[1:]))
