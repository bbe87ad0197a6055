"""Imports: what comes of each tool's file, nothing twice, and what was a team's where its importer says."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.exports import archive
from conversations.files import storage
from conversations.models import (
    Arrangement,
    Conversation,
    File,
    ImportItem,
    Membership,
    Message,
    Team,
    User,
)
from conversations.models.sidebar import archived_by
from tests.conversations.calling import say
from tests.conversations.import_samples import (
    CHATGPT_ZIP,
    CLAUDE,
    LIBRECHAT,
    NEXTCHAT,
    OPEN_WEBUI,
    png,
    zipped,
)
from tests.conversations.importing import Bring, Heard, alice, bring, heard, kinds, start, thread
from tests.conversations.sharing import answer, last

__all__ = ["alice", "bring", "heard"]


def test_chatgpt_in_several_files_with_branches_thoughts_code_pictures_and_models(bring: Bring) -> None:
    batch = bring(CHATGPT_ZIP)
    assert (batch.status, batch.found, batch.imported, batch.skipped) == ("done", 3, 2, 1)
    first = Conversation.objects.get(title="部署 <b>plan</b>")
    question, reply, then, done = thread(first)
    assert kinds(question) == ["image", "text"]
    assert [file.name for file in question.files.all()] == ["beach.png"]
    assert kinds(reply) == ["thought", "code", "code_result", "text"]
    assert reply.text == "Two ."
    assert [message.model_name for message in (reply, done)] == ["o4-mini", "gpt-5-thinking"]
    assert then.author == first.owner
    assert first.messages.count() == 5, "the other version, too"
    assert (first.created_at.year, first.updated_at.second, reply.created_at.second) == (2025, 40, 42)
    assert done.created_at == then.created_at, "what has no time has its parent's"
    [lost] = batch.items.filter(outcome="skipped")
    assert (lost.title, lost.reason) == ("Lost", "broken")


def test_claude_with_a_pasted_text_and_a_file_that_is_not_in_the_export(bring: Bring) -> None:
    batch = bring(CLAUDE)
    question, reply = thread(Conversation.objects.get(title="Claude's"))
    assert [part.get("name") for part in question.parts] == ["pasted.txt", "gone.pdf", None]
    assert question.files.get().path.read_text() == "A long pasted text."
    assert reply.text == "Read, too."
    assert Message.objects.filter(text="Read.").get().thought == "Hm."
    assert batch.items.get().reason == "without_files"


@pytest.mark.parametrize(
    ("content", "title", "said", "model", "prompt"),
    [
        (OPEN_WEBUI, "Open WebUI's", ["15 × 17?", "255"], "deepseek-r1", ""),
        (LIBRECHAT, "LibreChat's", ["Hello", "Hey"], "GPT", "Be brief."),
        (zipped(a___one__json=LIBRECHAT), "LibreChat's", ["Hello", "Hey"], "GPT", "Be brief."),
        (NEXTCHAT, "NextChat's", ["你好", "你好！"], "gpt-4o", "Be kind."),
    ],
)
def test_the_other_tools(bring: Bring, content: Any, title: str, said: list[str], model: str, prompt: str) -> None:
    bring(content)
    found = Conversation.objects.get()
    assert (found.title, found.system_prompt) == (title, prompt)
    assert [message.text for message in thread(found)] == said
    assert thread(found)[-1].model_name == model
    assert found.owner.imports.get().status == "done"


def test_a_tree_of_messages_comes_however_deep_it_is(bring: Bring) -> None:
    levels = 1_500
    opened = "".join(
        f'{{"messageId": "{at}", "isCreatedByUser": {("true", "false")[at % 2]}, "text": "No. {at}", "children": ['
        for at in range(levels)
    )
    whole = f'{{"conversationId": "d", "title": "Deep", "messagesTree": [{opened}{"]}" * levels}]}}'
    assert bring(whole.encode()).imported == 1
    assert len(thread(Conversation.objects.get())) == levels
    assert bring(whole[:-levels].encode() + b"}" * levels).imported == 0, "malformed"


def test_open_webuis_thoughts_and_pictures_come(bring: Bring) -> None:
    bring(OPEN_WEBUI)
    question, reply = thread(Conversation.objects.get())
    assert question.files.get().is_image
    assert reply.thought == "Ten first."
    assert reply.parts[0]["seconds"] == 3


def test_nothing_comes_twice_and_what_was_deleted_comes_again(bring: Bring) -> None:
    bring(CLAUDE)
    without_id = [{**CLAUDE[0], "uuid": None}]
    assert [bring(without_id).imported, bring(without_id).imported] == [1, 0]
    again = bring(CLAUDE)
    assert (again.found, again.imported, again.skipped) == (1, 0, 1)
    assert again.items.get().reason == "already_here"
    Conversation.objects.all().delete()
    assert bring(CLAUDE).imported == 1
    assert bring(CLAUDE, User.objects.create_user("bob")).imported == 1, "what others have imported does not count"


def test_what_a_conversation_has_gained_since_comes_once(bring: Bring) -> None:
    bring(CLAUDE)
    here = Conversation.objects.get()
    said = {message.text: message for message in here.messages.all()}
    own = say(here, "Thanks.", author=here.owner, parent=said["Read, too."])
    more = {"uuid": "m4", "sender": "human", "text": "Thanks.", "parent_message_uuid": "m2"}
    below = {"uuid": "m5", "sender": "assistant", "text": "Gladly.", "parent_message_uuid": "m4"}
    grown = [{**CLAUDE[0], "chat_messages": [*CLAUDE[0]["chat_messages"], more, below]}]
    waiting = bring(grown, starts=False)
    assert list(waiting.items.values_list("messages", "reason", "outcome")) == [(2, "grown", "new")]
    assert start(waiting).imported == 1
    assert bring(grown).imported == 0
    new = here.messages.exclude(pk__in=[own.pk, *(message.pk for message in said.values())]).order_by("pk")
    assert [(message.text, message.parent) for message in new] == [("Thanks.", said["Read."]), ("Gladly.", new[0])]
    here.refresh_from_db()
    assert [message.revision for message in new] == [here.revision - 1, here.revision]
    assert ImportItem.objects.get(conversation=here).batch == waiting
    talk = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "您好"}]
    assert bring({"messages": talk}).items.get().reason == ""
    assert bring({"messages": [*talk, *talk]}).items.get().reason == "grown", "one without an id, too"


@pytest.mark.usefixtures("static_files")
def test_what_was_a_teams_goes_to_the_team_that_its_importer_chooses(bring: Bring, alice: User, heard: Heard) -> None:
    crew, bob = Team.objects.create(name="Crew", keeps_days=30), User.objects.create_user("bob")
    Membership.objects.create(team=crew, user=alice)
    Membership.objects.create(team=crew, user=bob, role="reader")
    for title, team in (("Rivers", crew), ("Own", None)):
        made = Conversation.objects.create(owner=alice, title=title, team=team)
        old = timezone.now() - timedelta(days=400)
        say(made, "Danube", author=alice, created_at=old, parts=[{"kind": "text", "text": "Danube"}])
        Conversation.objects.filter(pk=made.pk).update(updated_at=old)
    zipped_up = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    for team in (crew, None):
        Conversation.objects.all().delete()
        batch = bring(zipped_up, starts=False)
        assert set(batch.items.values_list("team", flat=True)) == {"Crew", ""}
        batch.team = crew
        assert start(batch).imported == 2
        assert dict(Conversation.objects.values_list("title", "team__name")) == {"Rivers": team and "Crew", "Own": None}
        assert heard[-1].payload == {"type": "import.ended", "import": batch.pk, "imported": 2}
        is_fresh = Conversation.objects.get(title="Rivers").updated_at > timezone.now() - timedelta(days=1)
        assert is_fresh == bool(team), "else the team's period would delete it"
        Membership.objects.filter(user=alice).delete()
    assert set(heard[0].people or ()) == {alice.pk, bob.pk}


# --- There and back --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("static_files")
def test_export_import_export_is_the_same_but_for_ids(bring: Bring, alice: User) -> None:
    fill(alice)
    first = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    Conversation.objects.all().delete()
    File.objects.all().delete()
    assert bring(first).imported == 2
    second = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    assert told_in(second) == told_in(first)
    assert [row.title for row in archived_by(alice)] == ["Plain"]
    assert Arrangement.objects.get(pinned=True).conversation.title == "Rich 中文"
    assert Message.objects.get(text="Hello").for_people
    assert bring(first).imported == 0, "nothing twice"


def fill(alice: User) -> None:
    """Create a pinned thread with versions, a picture, thoughts, code, sources, a broken reply; an archived one."""
    rich = Conversation.objects.create(
        owner=alice, title="Rich 中文", system_prompt="Be brief.", parameters={"temperature": 0.5}
    )
    picture = storage.keep(alice, "red.png", png())
    question = say(rich, "Look", author=alice, parts=[storage.part_of(picture), {"kind": "text", "text": "Look"}])
    storage.attach(question, [picture])
    sources = {"kind": "citation", "sources": [{"uri": "https://example.org/", "title": "E"}],
               "supports": [{"start": 0, "end": 3, "sources": [0]}]}  # fmt: skip
    parts = [
        {"kind": "thought", "text": "Hm.", "seconds": 2.5},
        {"kind": "text", "text": "Red."},
        sources,
        {"kind": "code", "text": "1", "language": "python"},
        {"kind": "code_result", "text": "1", "outcome": "ok"},
    ]
    answer(rich, question, "Red.", parts=parts, input_tokens=5, output_tokens=7, cost=12, finish_reason="stop")
    answer(rich, question, "Rot.", status="interrupted", error_code="cut_off", parameters={"temperature": 1})
    say(rich, "And now?", author=alice, parent=last(rich), parts=[{"kind": "text", "text": "And now?"}])
    for author, text in ((None, "It is red."), (alice, "It is red, and 中文.")):
        message = rich.messages.order_by("id")[2 if author else 1]
        made = rich.summaries.create(message=message, text=text, status="ready", room=50, model_name="parrot")
        made.versions.create(number=1, text=text, author=author, is_by_model=author is None)
    bob = User.objects.create_user("bob")
    plain = Conversation.objects.create(owner=alice, title="Plain")
    say(plain, "Hello", author=bob, parts=[{"kind": "text", "text": "Hello"}], for_people=True)
    Arrangement.objects.arrange(alice, rich, pinned=True)
    Arrangement.objects.arrange(alice, plain, archived=True)


def told_in(content: bytes) -> Any:
    """Return all that an export says, with ids in the order in which they come, and without times of exports."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        told = [
            json.loads(found.read(name))
            for name in found.namelist()
            if "conversations/" in name and name.endswith(".json")
        ]
        texts = sorted(found.read(name).decode() for name in found.namelist() if name.endswith(".md"))
        texts = [text.replace("bob (imported)", "bob") for text in texts]
        files = sorted(found.read(name) for name in found.namelist() if name.startswith("files/"))
    for conversation in told:
        numbers: dict[str, str] = {}
        text = json.dumps({**conversation, "exported_at": None}, ensure_ascii=False)
        for key in [
            conversation["id"],
            *(
                one["id"]
                for message in conversation["messages"]
                for one in [message, *message["files"], *message.get("summaries", ())]
            ),
        ]:
            text = text.replace(key, numbers.setdefault(key, f"id {len(numbers)}"))
        conversation["text"] = text
    parts = [text.replace(key, "") for text in texts for key in [text.partition("../files/")[2][:36]]]
    return sorted(conversation["text"] for conversation in told), parts, files
