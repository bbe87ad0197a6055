"""Verified answers: who marks them, who learns of it, who finds them, and whom a question is offered one."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import actions
from conversations.connections.opening import open_conversation
from conversations.errors import Refused
from conversations.exports import markdown_text, thread_json, web_page
from conversations.exports.branch import branch_ids
from conversations.live import events
from conversations.models import (
    Conversation,
    Membership,
    Message,
    Notification,
    Project,
    ReadMark,
    Team,
    User,
    Verification,
)
from conversations.protocol import commands, parsing
from conversations.search import entries
from conversations.search.queries import parse
from conversations.search.rebuilding import forget_all, mend
from conversations.search.results import search
from conversations.verified.offers import offers
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.conversations.sharing import share, shown
from tests.verified_questions import ANSWERED, CLOSE, FAR

pytestmark = pytest.mark.usefixtures("static_files")
QUESTION = "How do I reset the VPN token after changing my phone?"
ASKED = "reset my VPN token, I have a new phone"


def answer(
    owner: User, team: Team | None = None, question: str = QUESTION, text: str = "Ask the help desk."
) -> Message:
    conversation = Conversation.objects.create(owner=owner, team=team, title="Help", revision=0)
    asked = say(conversation, question, author=owner)
    return say(conversation, text, role="assistant", parent=asked, author=owner, model_name="parrot")


def verify(person: User, reply: Message, note: str = "", until: Any = None) -> None:
    actions.verify_reply(person, commands.Verify(reply.pk, note, until))


def offered(person: User, typed: str = ASKED) -> list[UUID]:
    return [offer.mark.message_id for offer in offers(person, typed)]


def code_of(act: Any, *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.code


def test_who_writes_marks_a_reply_and_its_verifier_or_a_lead_withdraws_it(cast: Cast) -> None:
    reply = answer(cast.alice, cast.team)
    assert code_of(verify, cast.rita, reply) == code_of(verify, cast.carol, reply) == "not_found"
    verify(cast.bob, reply, "Checked", timezone.localdate() + timedelta(days=1))
    mark = Api(cast.rita).get(f"/conversations/{reply.conversation_id}/messages")["results"][1]["verified"]
    assert (mark["by"]["name"], mark["note"]) == ("bob", "Checked")
    colleague = User.objects.create_user("dora")
    Membership.objects.create(team=cast.team, user=colleague, role="member")
    assert code_of(verify, colleague, reply) == "conflict"
    assert code_of(actions.unverify_reply, colleague, reply.pk) == "not_found"
    verify(cast.alice, reply, "Mine now")
    assert code_of(actions.unverify_reply, cast.bob, reply.pk) == "not_found"
    actions.unverify_reply(cast.alice, reply.pk)
    assert events.message_json(Message.objects.get(pk=reply.pk))["verified"] is None
    assert code_of(actions.unverify_reply, cast.alice, reply.pk) == "not_found", "it is withdrawn already"
    verify(colleague, reply)


def test_what_is_no_finished_answer_or_lies_in_the_past_is_refused(cast: Cast) -> None:
    reply = answer(cast.bob)
    failed = say(reply.conversation, "", role="assistant", parent=reply.parent, status="failed")
    assert code_of(verify, cast.bob, failed) == "conflict"
    assert reply.parent is not None
    assert code_of(verify, cast.bob, reply.parent) == "not_found"
    assert code_of(verify, cast.bob, reply, "", timezone.localdate() - timedelta(days=1)) == "bad_field"
    frame = {"type": "reply.verify", "id": "1", "message": str(reply.pk)}
    for wrong in ({"until": "tomorrow"}, {"until": 5}, {"note": 5}, {"note": "x" * 501}, {"until": "2025-02-30"}):
        assert code_of(parsing.parse, {**frame, **wrong}) in ("bad_field", "too_long")


def test_a_mark_counts_in_the_revision_makes_nothing_unread_and_is_told_later(cast: Cast) -> None:
    reply = answer(cast.alice, cast.team)
    conversation = Conversation.objects.get(pk=reply.conversation_id)
    before, updated = conversation.revision, conversation.updated_at
    for person in (cast.bob, cast.rita):
        actions.mark_read(person, conversation.pk, before)
    verify(cast.bob, reply, "Checked")
    verify(cast.bob, reply, "Checked")  # as after a lost answer
    conversation.refresh_from_db()
    assert (conversation.revision, conversation.updated_at) == (before + 1, updated)
    assert ReadMark.objects.get(user=cast.rita, conversation=conversation).revision == before + 1
    told = open_conversation(cast.rita, commands.Open(conversation.pk, since=before))
    assert told.messages(html=False) == {"messages": []}
    [mark] = told.place()["marks"]
    assert (mark["message"], mark["verified"]["note"]) == (reply.pk, "Checked")
    actions.unverify_reply(cast.bob, reply.pk)
    told = open_conversation(cast.rita, commands.Open(conversation.pk, since=before))
    assert told.place()["marks"] == [{"message": reply.pk, "verified": None}]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_labelled_questions_are_offered_their_answer_and_no_others(cast: Cast, language: str) -> None:
    replies = [answer(cast.alice, cast.team, question) for question in ANSWERED]
    for reply in replies:
        verify(cast.bob, reply)
    missed = {typed: offered(cast.rita, typed)[:1] for typed, number in CLOSE[language]
              if offered(cast.rita, typed)[:1] != [replies[number].pk]}  # fmt: skip
    assert missed == {}
    assert {typed for typed in FAR[language] if offered(cast.rita, typed)} == set()


def test_the_closest_is_found_among_many_newer_ones(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "SHARING", 2)
    closest = answer(cast.alice, cast.team)
    others = [answer(cast.alice, cast.team, f"How do I reset printer {number}?") for number in range(3)]
    for reply in (closest, *others):
        verify(cast.bob, reply)
    assert offered(cast.rita) == [closest.pk]


def test_a_projects_page_lists_its_own(cast: Cast) -> None:
    inside, outside, gone = (answer(cast.alice, cast.team, text) for text in ("Inside?", "Outside?", "Gone?"))
    project = Project.objects.create(name="Harbour", owner=cast.alice, team=cast.team)
    Conversation.objects.filter(messages__in=[inside, gone]).update(project=project)
    for reply in (inside, outside, gone):
        verify(cast.bob, reply)
    actions.delete_conversation(cast.alice, gone.conversation_id)
    page = Api(cast.rita).client.get(f"/projects/{project.pk}/verified/").content.decode()
    assert "Inside?" in page
    assert "Outside?" not in page
    assert "Gone?" not in page


def test_nobody_is_offered_what_they_may_not_read(cast: Cast) -> None:
    own, team = answer(cast.bob), answer(cast.bob, cast.team, text="Ask the **help desk**.")
    unmarked = answer(cast.bob, cast.team)
    for reply in (own, team):
        verify(cast.bob, reply)
    found = {name: set(offered(getattr(cast, name))) for name in ("alice", "bob", "rita", "carol")}
    assert found == {"alice": {team.pk}, "bob": {own.pk, team.pk}, "rita": {team.pk}, "carol": set()}
    assert unmarked.pk not in found["bob"]
    results = Api(cast.rita).get(f"/verified?q={ASKED}")["results"]
    assert [(one["message"], one["text"]) for one in results] == [(str(team.pk), "Ask the help desk.")]
    actions.remove_member(cast.alice, cast.team.pk, cast.rita.pk)
    assert offered(cast.rita) == []
    actions.move_conversation(cast.bob, team.conversation_id, None)
    assert offered(cast.alice) == []
    actions.delete_conversation(cast.bob, own.conversation_id)
    assert offered(cast.bob) == [team.pk]
    actions.unverify_reply(cast.bob, team.pk)
    assert offered(cast.bob) == []


def test_verified_answers_come_first_in_the_search_also_after_the_index_is_made_again(cast: Cast) -> None:
    replies = [answer(cast.alice, cast.team, f"Question {number}", "The token, the token.") for number in range(3)]
    long = answer(cast.alice, cast.team, "Another question", "Much else. " * 200 + "A token.")
    verify(cast.bob, long)
    for _ in range(2):
        results = search(cast.rita, parse("token")).results
        assert results[0].message == long.pk
        assert {result.message for result in results} == {long.pk, *(reply.pk for reply in replies)}
        assert [result.verified is not None for result in results] == [True, False, False, False]
        forget_all()
        sum(mend())
    verify(cast.bob, replies[0])
    assert search(cast.rita, parse("token"), "newest").results[0].message == long.pk
    found = Api(cast.rita).get("/search?q=token")["results"]
    assert [hit["verified"] and hit["verified"]["by"]["name"] for hit in found] == ["bob", "bob", None, None]


def test_its_verifier_is_told_when_the_day_has_come(cast: Cast) -> None:
    reply = answer(cast.alice, cast.team)
    verify(cast.bob, reply, "", timezone.localdate())
    assert [mark.message_id for mark in Verification.objects.due_for(cast.bob)] == [reply.pk]
    assert not Verification.objects.due_for(cast.alice).exists()
    client = Api(cast.bob).client
    page = client.get("/verified/").content.decode()
    assert page.index("<h1") < page.index("Due for review")
    assert page.count(f"#message-{reply.pk}") == 1
    assert "The others" not in page
    assert "verified-due" in client.get("/").content.decode()
    assert "verified-due" not in Api(cast.alice).client.get("/").content.decode()
    verify(cast.bob, reply, "", timezone.localdate() + timedelta(days=30))
    assert "verified-due" not in client.get("/").content.decode()
    verify(cast.bob, reply, "", timezone.localdate())
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    assert not Verification.objects.due_for(cast.bob).exists(), "it is not for them any more"


def test_nobody_is_asked_to_look_again_at_what_was_looked_at(cast: Cast) -> None:
    reply, today = answer(cast.alice, cast.team), timezone.localdate()

    def told() -> list[User]:
        Notification.objects.note_due()
        return [row.person for row in Notification.objects.unread().select_related("person")]

    verify(cast.bob, reply, "", today)
    first = Notification.objects.all()
    assert told() == [cast.bob]
    verify(cast.bob, reply, "Not yet", today)
    assert (told(), first.count()) == ([cast.bob], 1), "it is still due"
    verify(cast.alice, reply, "Not yet", today)
    assert told() == [cast.alice], "it is hers now"
    verify(cast.alice, reply, "Looked", today + timedelta(days=30))
    assert told() == []
    verify(cast.alice, reply, "Or not", today)
    assert told() == [cast.alice]
    actions.unverify_reply(cast.alice, reply.pk)
    assert told() == []


def test_exports_say_who_vouches_and_shared_pages_only_that_somebody_does(cast: Cast) -> None:
    reply = answer(cast.alice, cast.team)
    verify(cast.bob, reply, "Checked with *legal*")
    conversation = reply.conversation
    ids = branch_ids(reply.pk)
    text = b"".join(markdown_text.pieces(conversation, ids)).decode()
    assert "*Verified by bob on " in text
    assert r"Checked with \*legal\*" in text
    assert "Checked with *legal*" in b"".join(web_page.pieces(conversation, ids)).decode()
    exported = b"".join(thread_json.pieces(cast.rita, conversation, reply.pk, ids, thread_json.Data()))
    told = json.loads(exported)["messages"][1]["verified"]
    assert (told["by"], told["note"], told["until"]) == ("bob", "Checked with *legal*", None)
    _, path = share(cast.alice, conversation)
    shared = shown(path)
    assert "Verified on " in shared
    assert "bob" not in shared
    assert "legal" not in shared


def test_a_thread_asks_for_all_its_marks_at_once(cast: Cast) -> None:
    reply = answer(cast.alice, cast.team)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            Api(cast.alice).get(f"/conversations/{reply.conversation_id}/messages")
        counts.append(len(queries))
        for number in range(5):
            verify(cast.bob, say(reply.conversation, f"{number}", role="assistant", parent=reply.parent))
    assert counts[1] <= counts[0] + 1
