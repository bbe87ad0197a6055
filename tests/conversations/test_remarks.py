"""Remarks: who makes them, where they stand, who learns of them, and what becomes of them elsewhere."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from conversations import actions
from conversations.connections.opening import open_conversation
from conversations.errors import Refused
from conversations.exports import markdown_text, thread_json, web_page
from conversations.exports.branch import branch_ids
from conversations.models import Conversation, Message, Notification, ReadMark, Remark, Team, User
from conversations.protocol import commands, parsing
from conversations.usage import quotas
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.conversations.sharing import answer, last, share, shown, talk

pytestmark = pytest.mark.usefixtures("static_files")


def remark(person: User, message: Message, text: str = "Is it?", **fields: Any) -> UUID:
    body = {"type": "remark.add", "id": str(uuid4()), "message": str(message.pk), "text": text, **fields}
    return UUID(actions.add_remark(person, parsing.parse(body))["remark"])


def reply(person: User, above: UUID, text: str = "It is.") -> UUID:
    body = {"type": "remark.reply", "id": str(uuid4()), "remark": str(above), "text": text}
    return UUID(actions.reply_to_remark(person, parsing.parse(body))["remark"])


def code_of(act: Any, *args: Any, **fields: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*args, **fields)
    return refused.value.code


def listed(person: User, conversation: Conversation) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = Api(person).get(f"/conversations/{conversation.pk}/remarks")["results"]
    return results


def test_who_writes_remarks_and_readers_do_when_their_team_lets_them(cast: Cast) -> None:
    message = last(talk(cast.alice, team=cast.team))
    made = remark(cast.bob, message)
    for outsider in (cast.rita, cast.carol):
        assert code_of(remark, outsider, message) == code_of(reply, outsider, made) == "not_found"
        assert code_of(actions.resolve_remark, outsider, made, is_resolved=True) == "not_found"
    assert [one["text"] for one in listed(cast.rita, message.conversation)] == ["Is it?"]
    Team.objects.update(readers_remark=True)
    hers = remark(cast.rita, message)
    assert code_of(actions.delete_remark, cast.rita, made) == code_of(remark, cast.carol, message) == "not_found"
    actions.delete_remark(cast.alice, hers)
    actions.remove_member(cast.alice, cast.team.pk, cast.rita.pk)
    assert code_of(remark, cast.rita, message) == code_of(reply, cast.rita, made) == "not_found"
    actions.move_conversation(cast.alice, message.conversation_id, None)
    assert code_of(actions.delete_remark, cast.bob, made) == "not_found"


def test_words_are_found_in_the_stored_text_or_the_remark_is_on_the_whole_message(cast: Cast) -> None:
    text = "👩‍👧 **far** e\u0301 far שלום א"
    message = answer(talk(cast.alice), last(talk(cast.alice)), text)
    places = {"**far**": (4, 11), "e\u0301": (12, 14), "שלום": (19, 23), "👩‍👧": (0, 3)}
    for words, place in places.items():
        assert text[slice(*place)] == words
        by_place = Remark.objects.get(pk=remark(cast.alice, message, start=place[0], end=place[1]))
        by_words = Remark.objects.get(pk=remark(cast.alice, message, quote=words))
        assert [(one.start, one.end, one.quote) for one in (by_place, by_words)] == [(*place, words)] * 2
    for words in ("far", "not there"):
        lost = Remark.objects.get(pk=remark(cast.alice, message, quote=words))
        assert (lost.start, lost.end, lost.quote) == (None, None, words)
    whole = answer(message.conversation, message, "x" * 5000)
    huge = Remark.objects.get(pk=remark(cast.alice, whole, start=0, end=5000))
    assert (huge.end, len(huge.quote)) == (5000, 500)


WRONG: list[dict[str, Any]] = [
    {"start": 0}, {"end": 3}, {"start": 3, "end": 3}, {"start": 5, "end": 2}, {"start": -1, "end": 2},
    {"start": 0, "end": 10**6}, {"start": 0, "end": 2**70}, {"start": "0", "end": 1}, {"start": 0.5, "end": 1},
    {"start": True, "end": 2}, {"start": 0, "end": 3, "quote": "other"}, {"quote": 5}, {"assignee": str(uuid4())},
    {"assignee": "x"}, {"text": ""}, {"text": "\u200b "}, {"text": None}, {"text": "x" * 2001}, {"text": "\x00"},
]  # fmt: skip


def test_hostile_fields_are_refused_in_one_sentence(cast: Cast) -> None:
    message = last(talk(cast.alice))
    for wrong in WRONG:
        assert code_of(remark, cast.alice, message, **wrong) in ("bad_field", "bad_text", "too_long"), wrong
    assert not Remark.objects.exists()


def test_a_reply_under_way_takes_no_remark_and_a_flood_ends(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    message = last(talk(cast.alice))
    running = answer(message.conversation, message, "", status="streaming")
    assert code_of(remark, cast.alice, running) == "conflict"
    monkeypatch.setattr(quotas, "MAX_REMARKS_A_MINUTE", 2)
    made = remark(cast.alice, message)
    reply(cast.alice, made)
    assert code_of(reply, cast.alice, made) == "rate_limited"
    monkeypatch.setattr(quotas, "MAX_REMARKS", 2)
    assert code_of(reply, cast.alice, made) == "busy"


def test_a_command_said_again_is_done_once_and_two_who_resolve_at_once_name_the_first(cast: Cast) -> None:
    message = last(talk(cast.alice, team=cast.team))
    body = {"type": "remark.add", "id": "once", "message": str(message.pk), "text": "Is it?"}
    acks = [actions.add_remark(cast.bob, parsing.parse(body)) for _ in range(2)]
    assert acks[0] == acks[1]
    assert code_of(actions.add_remark, cast.bob, parsing.parse({**body, "text": "Other"})) == "conflict"
    made = UUID(acks[0]["remark"])
    for person in (cast.bob, cast.alice):
        actions.resolve_remark(person, made, is_resolved=True)
    [told] = listed(cast.bob, message.conversation)
    assert (told["resolved"]["by"]["name"], told["revision"]) == ("bob", acks[0]["revision"] + 1)
    actions.resolve_remark(cast.alice, made, is_resolved=False)
    actions.assign_remark(cast.alice, made, cast.rita.pk)
    assert code_of(actions.assign_remark, cast.alice, made, cast.carol.pk) == "bad_field"
    [told] = listed(cast.bob, message.conversation)
    assert (told["resolved"], told["assignee"]["name"]) == (None, "rita")
    below = reply(cast.alice, reply(cast.bob, made))
    assert Remark.objects.get(pk=below).above_id == made
    assert code_of(actions.resolve_remark, cast.bob, below, is_resolved=True) == "conflict"


def test_each_new_assignee_is_told_and_the_one_before_no_longer(cast: Cast) -> None:
    message = last(talk(cast.alice, team=cast.team))
    made = remark(cast.alice, message, assignee=str(cast.bob.pk))

    def told() -> list[str]:
        return list(Notification.objects.unread().values_list("person__username", flat=True))

    assert told() == ["bob"]
    actions.assign_remark(cast.alice, made, cast.rita.pk)
    assert told() == ["rita"]
    Notification.objects.update(read_at=timezone.now())
    actions.assign_remark(cast.alice, made, cast.bob.pk)
    actions.assign_remark(cast.alice, made, cast.rita.pk)
    assert told() == ["rita"], "once more"
    actions.assign_remark(cast.alice, made, cast.alice.pk)
    assert told() == [], "nobody is told of what they do"
    actions.assign_remark(cast.alice, made, cast.bob.pk)
    actions.delete_remark(cast.alice, made)
    assert told() == []


def test_each_change_counts_in_the_revision_and_is_told_later_and_only_words_are_unread(cast: Cast) -> None:
    message = last(talk(cast.alice, team=cast.team))
    conversation = Conversation.objects.get(pk=message.conversation_id)
    before, updated = conversation.revision, conversation.updated_at
    for person in (cast.alice, cast.bob):
        actions.mark_read(person, conversation.pk, before)
    made = remark(cast.bob, message, start=0, end=3)
    marks = {mark.user_id: mark.revision for mark in ReadMark.objects.filter(conversation=conversation)}
    assert marks == {cast.alice.pk: before, cast.bob.pk: before + 1}
    actions.mark_read(cast.alice, conversation.pk, before + 1)
    actions.resolve_remark(cast.bob, made, is_resolved=True)
    assert ReadMark.objects.get(user=cast.alice, conversation=conversation).revision == before + 2
    conversation.refresh_from_db()
    assert (conversation.revision, conversation.updated_at) == (before + 2, updated)
    opened = open_conversation(cast.alice, commands.Open(conversation.pk, since=before))
    [told] = opened.place()["remarks"]
    assert opened.messages(html=False) == {"messages": []}
    assert (told["id"], told["quote"], told["resolved"]["by"]["name"]) == (made, "Not", "bob")
    reply(cast.alice, made)
    actions.delete_remark(cast.bob, made)
    opened = open_conversation(cast.alice, commands.Open(conversation.pk, since=before))
    assert [one["deleted"] for one in opened.place()["remarks"]] == [True, True]
    assert "remarks" not in open_conversation(cast.alice, commands.Open(conversation.pk)).place()
    assert listed(cast.alice, conversation) == []
    assert set(Remark.objects.values_list("text", "quote")) == {("", "")}


def test_what_a_legal_hold_keeps_is_not_deleted(cast: Cast) -> None:
    message = last(talk(cast.alice, team=cast.team))
    made = remark(cast.bob, message)
    User.objects.filter(pk=cast.bob.pk).update(legal_hold=True)
    assert code_of(actions.delete_remark, cast.bob, made) == "held"
    assert code_of(actions.end_conversation, cast.alice, message.conversation_id) == "held"


def test_exports_have_them_and_what_has_other_readers_has_not(cast: Cast) -> None:
    conversation = talk(cast.alice, team=cast.team)
    message = last(conversation)
    made = remark(cast.bob, message, "Check *this*", start=4, end=9, assignee=str(cast.rita.pk))
    reply(cast.alice, made, "<b>Done</b>")
    ids = branch_ids(message.pk)
    text = b"".join(markdown_text.pieces(conversation, ids)).decode()
    assert r"- “\*far\*” – Check \*this\* (bob · " in text
    assert r"- \<b\>Done" in text
    page = b"".join(web_page.pieces(conversation, ids)).decode()
    assert '<q class="remarks-told__quote" dir="auto">*far*</q>' in page
    assert "&lt;b&gt;Done" in page
    exported = json.loads(b"".join(thread_json.pieces(cast.rita, conversation, message.pk, ids, thread_json.Data())))
    first, second = exported["messages"][1]["remarks"]
    assert (first["author"], first["assignee"], first["quote"], second["remark"]) == (
        "bob",
        "rita",
        "*far*",
        first["id"],
    )
    _, path = share(cast.alice, conversation)
    assert "Check this" not in shown(path).replace("*", "")
    fork = parsing.parse({"type": "conversation.fork", "id": "f", "message": str(message.pk)})
    copied = actions.fork_conversation(cast.rita, fork)["conversation"]
    assert listed(cast.rita, Conversation.objects.get(pk=copied)) == []
