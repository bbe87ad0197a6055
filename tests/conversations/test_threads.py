"""The thread as a page gets it: the shown branch, its other versions, and the people for whom it exists."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import markdown
from conversations.content import threads
from conversations.content.threads import MAX_MESSAGES
from conversations.models import Conversation, Message, User
from providers.models import LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.calling import say
from tests.conversations.test_tree import ask, change, ended
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

Connect = Callable[..., Socket]
SignIn = Callable[..., Client]


def thread(client: Client, conversation: str, after: str = "") -> dict[str, Any]:
    response = client.get(f"/conversations/{conversation}/thread/", {"after": after} if after else {})
    assert response.status_code == 200
    return response.json()


def shown(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the messages, in order."""
    return re.findall(r'<chat-message [^>]*data-id="([^"]+)"', answer["html"])


def versions(answer: dict[str, Any]) -> list[list[str]]:
    """Return the versions beside each message."""
    return [names.split() for names in re.findall(r'data-versions="([^"]*)"', answer["html"])]


def test_every_message_names_those_beside_it(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model, "One")
    second = ask(alice, model, "Two", conversation=first["conversation"])
    again = change(alice, "reply.retry", message=second["replies"][0])["replies"]
    ended(alice, again[0])
    answer = thread(sign_in(cast.alice), first["conversation"])
    assert shown(answer) == [first["message"], *first["replies"], second["message"], *again]
    assert versions(answer) == [[], [], [], [*second["replies"], *again]]
    assert answer["revision"] == Conversation.objects.get().revision
    assert answer["after"] is None


def test_what_is_below_a_message_comes_alone(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    alice, client = connect(cast.alice), sign_in(cast.alice)
    first = ask(alice, model, "One")
    second = ask(alice, model, "Two", conversation=first["conversation"])
    answer = thread(client, first["conversation"], first["replies"][0])
    assert answer["after"] == first["replies"][0]
    assert shown(answer) == [second["message"], *second["replies"]]
    for elsewhere in (first["conversation"], "nonsense"):
        whole = thread(client, first["conversation"], elsewhere)
        assert whole["after"] is None
        assert len(shown(whole)) == 4


def test_models_asked_at_once_stand_side_by_side_until_a_question_follows(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice, client = connect(cast.alice), sign_in(cast.alice)
    first = ask(alice, model, models=[model.id, other.id])
    answer = thread(client, first["conversation"])
    assert 'class="comparison"' in answer["html"]
    assert shown(answer) == [first["message"], *first["replies"]]
    assert re.findall('data-current="(.*?)"', answer["html"]) == ["first"]
    assert versions(answer) == [[], [], []]

    change(alice, "branch.choose", message=first["replies"][1])
    answer = thread(client, first["conversation"])
    assert answer["html"].index('data-current="chosen"') > answer["html"].index(first["replies"][1])

    ask(alice, model, "And?", conversation=first["conversation"], parent=first["replies"][1])
    answer = thread(client, first["conversation"])
    assert "comparison" not in answer["html"]
    assert shown(answer)[:2] == [first["message"], first["replies"][1]]
    assert versions(answer)[1] == first["replies"]


def test_another_try_stays_in_its_model_s_column(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice, client = connect(cast.alice), sign_in(cast.alice)
    first = ask(alice, model, models=[model.id, other.id])
    again = change(alice, "reply.retry", message=first["replies"][0])["replies"][0]
    ended(alice, again)
    answer = thread(client, first["conversation"])
    assert shown(answer)[1:] == [again, first["replies"][1]]
    assert versions(answer)[1] == [first["replies"][0], again]
    change(alice, "branch.choose", message=first["replies"][0])
    assert shown(thread(client, first["conversation"]))[1:] == first["replies"]


def test_a_reply_without_a_question_stands_beside_nobody_else_s(
    cast: Cast, model: LanguageModel, connect: Connect
) -> None:
    """An import may begin with a reply. Two of one moment are a comparison only below one question."""
    moment = timezone.now()
    for owner, name in ((cast.carol, "parrot"), (cast.carol, "wren"), (cast.alice, "crow")):
        conversation = Conversation.objects.create(owner=owner)
        text = f"{owner.username}'s"
        say(conversation, text, role="assistant", model_name=name, created_at=moment)
    turns = threads.thread_for(cast.alice, conversation).turns
    assert [message.text for turn in turns for message in turn.messages] == ["alice's"]
    reply = turns[0].messages[0].pk
    assert threads.end_for(cast.alice, conversation) == reply
    assert connect(cast.alice).ask("reply.retry", message=reply)["code"] == "conflict"


def test_another_model_s_try_is_no_comparison(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice = connect(cast.alice)
    first = ask(alice, model)
    again = change(alice, "reply.retry", message=first["replies"][0], models=[other.id])["replies"][0]
    ended(alice, again)
    answer = thread(sign_in(cast.alice), first["conversation"])
    assert shown(answer)[1:] == [again]
    assert "comparison" not in answer["html"]


def test_the_thread_is_there_for_readers_alone(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    ours = ask(connect(cast.alice), model, "A secret plan", team=cast.team.id)["conversation"]
    address = f"/conversations/{ours}/thread/"
    assert "secret" in sign_in(cast.rita).get(address).json()["html"]
    absent = sign_in(cast.carol).get(f"/conversations/{Message.objects.first().pk}/thread/")  # type: ignore[union-attr]
    refused = sign_in(cast.carol).get(address)
    assert refused.status_code == absent.status_code == 404
    assert "secret" not in refused.content.decode()
    assert Client(headers={"host": "127.0.0.1"}).get(address).status_code == 302
    assert sign_in(cast.alice).post(address).status_code == 405


def long_conversation(owner: User, length: int) -> tuple[Conversation, list[str]]:
    """Create a conversation of `length` messages, and return it with their ids."""
    conversation = Conversation.objects.create(owner=owner, title="long", revision=1)
    messages: list[Message] = []
    for number in range(length):
        parent, role = messages[-1] if messages else None, ("user", "assistant")[number % 2]
        said = {"text": f"{number}", "parts": [{"kind": "text", "text": f"{number}"}], "status": "complete"}
        messages.append(Message(conversation=conversation, parent=parent, role=role, author=owner, revision=1, **said))
    Message.objects.bulk_create(messages)
    return conversation, [str(message.pk) for message in messages]


def test_a_long_thread_comes_in_pieces_from_its_end(cast: Cast, sign_in: SignIn) -> None:
    conversation, ids = long_conversation(cast.alice, 2 * MAX_MESSAGES + 7)
    client, address = sign_in(cast.alice), f"/conversations/{conversation.pk}/thread/"
    page = client.get(f"/conversations/{conversation.pk}/").content.decode()
    assert shown({"html": page}) == ids[-MAX_MESSAGES:]
    last = thread(client, str(conversation.pk))
    assert shown(last) == ids[-MAX_MESSAGES:]
    assert f'data-before="{ids[-MAX_MESSAGES]}"' in last["html"]
    middle = client.get(address, {"before": ids[-MAX_MESSAGES]}).json()
    assert shown(middle) == ids[7 : MAX_MESSAGES + 7]
    first = client.get(address, {"before": ids[7]}).json()
    assert shown(first) == ids[:7]
    assert "data-before" not in first["html"]
    assert shown(client.get(address, {"before": ids[0]}).json()) == []
    assert shown(thread(client, str(conversation.pk), ids[3])) == ids[4:]
    below = thread(client, str(conversation.pk), ids[-1])
    assert (below["after"], shown(below)) == (ids[-1], [])


def test_a_thread_of_long_messages_comes_in_shorter_pieces(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation, _ = long_conversation(cast.alice, 6)
    html = "x" * 400
    Message.objects.filter(conversation=conversation).update(html=html, html_version=markdown.RENDERER_VERSION)
    monkeypatch.setattr(threads, "MAX_CHARACTERS", 1_000)
    turns = threads.thread_for(cast.alice, conversation).turns
    assert [message.text for turn in turns for message in turn.messages] == ["4", "5"]
    monkeypatch.setattr(threads, "MAX_CHARACTERS", 10)
    assert len(threads.thread_for(cast.alice, conversation).turns) == 1


def test_only_a_message_of_this_conversation_leads_further_up(cast: Cast, sign_in: SignIn) -> None:
    theirs, _ = long_conversation(cast.alice, 3)
    _, ids = long_conversation(cast.carol, 5)
    address = f"/conversations/{theirs.pk}/thread/"
    assert shown(sign_in(cast.alice).get(address, {"before": ids[4]}).json()) == []


def test_a_long_thread_costs_as_many_queries_as_a_short_one(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.alice)
    counts = []
    for length in (4, 3 * MAX_MESSAGES):
        conversation, _ = long_conversation(cast.alice, length)
        client.get(f"/conversations/{conversation.pk}/")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/conversations/{conversation.pk}/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
