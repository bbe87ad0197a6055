"""Assistants while conversations use them: retries, edits, forks, exports, copies, estimates, leavers, two writers."""

import json
from typing import Any

import pytest

from conversations.actions import model_choice
from conversations.actions.assistants import files, writing
from conversations.actions.staff.leavers import Recipients, end_access
from conversations.errors import Refused
from conversations.files import storage
from conversations.imports.formats import chatsite
from conversations.models import Assistant, AssistantFile, Budget, Conversation, Message
from conversations.protocol.assistants import checked
from conversations.protocol.prompts import Place
from conversations.usage import quotas
from providers.models import ApiKey, AuditEntry, LanguageModel, Trouble
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.conversations.sharing import bytes_of
from tests.conversations.test_assistants import Connect, make, say, wait_for
from tests.conversations.test_model_list import rest
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")
NO_FILES: Any = None


def test_a_retry_takes_the_assistant_s_present_parameters_and_keeps_the_asker_s_own(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    mason = make(cast.alice, models=[model.pk], parameters={"temperature": 0.25, "max_tokens": 70})
    socket = connect(cast.alice)
    sent = say(socket, assistant=str(mason.pk), parameters={"max_tokens": 90})
    writing.change_assistant(cast.alice, mason.pk, parameters={"temperature": 1.5})
    again = socket.ask("reply.retry", message=sent["replies"][0])["replies"][0]
    wait_for(socket, again)
    assert Message.objects.get(pk=again).parameters == {"temperature": 1.5, "max_tokens": 90}
    edited = socket.ask("message.edit", message=sent["message"], text="In other words")["replies"][0]
    wait_for(socket, edited)
    told = [(one.json.get("temperature"), one.json.get("max_tokens")) for one in vendor.requests]
    assert told == [(0.25, 90), (1.5, 90), (1.5, 90)]
    assert (
        "parameters"
        not in Api(cast.alice).get(f"/conversations/{sent['conversation']}/messages")["results"][1]["assistant"]
    ), "readers are told the reply's own, once"


def test_an_edit_falls_back_as_the_assistant_says_and_what_was_for_people_is_asked_of_it(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    first, second = serve(vendor, "openai", "first"), serve(vendor, "openai", "second")
    mason = make(cast.alice, models=[first.pk, second.pk])
    socket = connect(cast.alice)
    sent = say(socket, assistant=str(mason.pk))
    LanguageModel.objects.filter(pk=first.pk).update(enabled=False)
    edited = socket.ask("message.edit", message=sent["message"], text="Edited")["replies"][0]
    wait_for(socket, edited)
    assert vendor.requests[-1].json["model"] == "second"
    note = socket.ask("message.send", conversation=sent["conversation"], text="For us", models=[])
    edited = socket.ask("message.edit", message=note["message"], text="And you?", models=[str(model.pk)])["replies"][0]
    wait_for(socket, edited)
    assert Message.objects.get(pk=edited).assistant == mason.note()


def test_a_fork_goes_on_with_the_assistant_for_those_who_may_use_it(
    cast: Cast, model: LanguageModel, connect: Connect
) -> None:
    own = make(cast.alice, models=[model.pk])
    sent = say(connect(cast.alice), assistant=str(own.pk), team=str(cast.team.pk))
    for person, assistant in ((cast.alice, own), (cast.bob, None)):
        forked = connect(person).ask("conversation.fork", message=sent["replies"][0])["conversation"]
        fork = Conversation.objects.get(pk=forked)
        assert (fork.assistant, fork.began_with) == (assistant, own.note())


def test_an_export_comes_in_again_with_its_assistants_and_forged_ones_do_not(
    cast: Cast, model: LanguageModel, connect: Connect
) -> None:
    mason = make(cast.alice, models=[model.pk], parameters={"temperature": 1}, symbol="🧱")
    sent = say(connect(cast.alice), assistant=str(mason.pk))
    told = Api(cast.alice).client.get(f"/api/v1/conversations/{sent['conversation']}/export?format=json")
    exported = json.loads(bytes_of(told))
    assert exported["began_with"] == mason.note()
    told = chatsite.thread(exported, NO_FILES)
    assert (told.began_with, told.messages[1].fields["assistant"]) == (mason.note(), mason.note())
    assert told.messages[0].fields["assistant"] is None
    for forged in ({"id": "x"}, {"name": "\u202e"}, {"symbol": "many signs"}, {"symbol": 7}, {"id": None}):
        assert chatsite.thread({**exported, "began_with": {**mason.note(), **forged}}, NO_FILES).began_with is None
    odd = {**mason.note(), "name": "\ud800" * 4_000, "version": -1, "parameters": {"temperature": 9}}
    cut = chatsite.thread({**exported, "began_with": odd}, NO_FILES).began_with
    assert cut is not None
    assert (len(cut["name"]) <= 120, cut["version"], set(cut)) == (True, 0, {"id", "name", "symbol", "version"})


def test_what_others_changed_meanwhile_is_not_overwritten_and_the_same_twice_is_no_change(cast: Cast) -> None:
    shared = make(cast.alice, Place("team", cast.team.pk))
    page = Api(cast.alice).client
    address = f"/assistants/{shared.pk}/"
    seen = shared.updated_at.isoformat()
    told = {"name": "Mason", "instructions": shared.instructions, "seen": seen}
    assert page.post(address, {**told, "starter_1": "Stone?"}).status_code == 302
    count = AuditEntry.objects.count()
    assert page.post(address, {**told, "starter_1": "Stone?"}).status_code == 302, "a second click"
    assert AuditEntry.objects.count() == count
    late = page.post(address, {**told, "name": "Roofer"})
    assert late.status_code == 422
    assert "Somebody has changed this assistant meanwhile" in late.content.decode()
    shared.refresh_from_db()
    assert (shared.name, shared.starters) == ("Mason", ["Stone?"])
    assert shared.updated_at.isoformat() in late.content.decode(), "once told, it may be saved"
    for _click in range(2):
        page.post(f"{address}archive/", {"archived": "1"})
    shared.refresh_from_db()
    assert shared.archived, "a double click does not undo itself"
    page.post(f"{address}archive/", {"archived": ""})
    shared.refresh_from_db()
    assert not shared.archived


def test_a_copy_has_the_files_and_each_may_lose_its_own(cast: Cast, model: LanguageModel) -> None:
    shared = make(cast.alice, Place("team", cast.team.pk))
    files.add_files(cast.alice, shared.pk, [storage.store(cast.alice, "facts.md", "text/plain", b"A facade.").pk])
    reader = Api(cast.rita).client
    assert "facts.md" in reader.get(f"/assistants/new/?from={shared.pk}").content.decode()
    reader.post(f"/assistants/new/?from={shared.pk}", {"name": "Mine"})
    mine = Assistant.objects.get(owner=cast.rita)
    file = shared.held.get().file_id
    assert mine.held.get().file_id == file
    reader.post(f"/assistants/{mine.pk}/files/{file}/remove/")
    assert (mine.held.count(), shared.held.count()) == (0, 1)
    outsider = Api(cast.carol).client
    assert "facts.md" not in outsider.get(f"/assistants/new/?from={shared.pk}").content.decode()
    outsider.post(f"/assistants/new/?from={shared.pk}", {"name": "Stolen"})
    assert not AssistantFile.objects.filter(assistant__owner=cast.carol).exists()


def test_an_estimate_counts_what_the_assistant_sends_along(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    mason = make(cast.alice, models=[model.pk], instructions="stone " * 4_000, parameters={"max_tokens": 11})
    api = Api(cast.alice)

    def tokens(**fields: Any) -> tuple[int, int]:
        status, told = api.call("POST", "/estimate", {"text": "Hi", **fields})
        assert status == 200, told
        return told["input_tokens"], told["output_tokens"]

    plain, asked = tokens(), tokens(assistant=str(mason.pk))
    assert asked[0] > plain[0] + 3_000
    assert asked[1] == 11
    conversation = say(connect(cast.alice), assistant=str(mason.pk))["conversation"]
    assert tokens(conversation=conversation)[0] > plain[0] + 3_000
    assert tokens(conversation=conversation, assistant=None)[0] < plain[0] + 100
    assert Api(cast.bob).call("POST", "/estimate", {"text": "Hi", "assistant": str(mason.pk)})[0] == 404
    Conversation.objects.update(team=cast.team)
    status, told = Api(cast.bob).call("POST", "/estimate", {"text": "Hi", "conversation": conversation})
    assert status == 200
    assert told["input_tokens"] < plain[0] + 100, "whoever may not use it asks without it"


def test_a_leaver_s_assistants_go_with_the_prompts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make(cast.bob)
    files.add_files(cast.bob, Assistant.objects.get().pk, [storage.store(cast.bob, "f.md", "text/plain", b"Mine").pk])
    monkeypatch.setattr(quotas, "MAX_ASSISTANTS", 0)
    with pytest.raises(Refused):
        end_access(cast.alice, cast.bob, Recipients(prompts=cast.carol))
    monkeypatch.undo()
    end_access(cast.alice, cast.bob, Recipients(prompts=cast.carol))
    taken = Assistant.objects.get()
    assert taken.owner == cast.carol
    assert Api(cast.carol).client.get(f"/api/v1/files/{taken.held.get().file_id}").status_code == 200
    assert AuditEntry.objects.filter(subject_type="conversations.assistant").exists()


def test_names_of_models_that_a_reader_may_not_use_are_not_told(
    cast: Cast, model: LanguageModel, vendor: FakeVendor
) -> None:
    secret = serve(vendor, "openai", "codename-otter")
    secret.teams.add(cast.team)
    everybodys = make(cast.alice, Place("site"), models=[secret.pk, model.pk])
    shown = Api(cast.carol).client.get(f"/assistants/{everybodys.pk}/").content.decode()
    assert "parrot" in shown
    assert "codename-otter" not in shown


@pytest.mark.parametrize("symbol", ["👩🏽‍❤️‍💋‍👨🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧‍👦"])
def test_the_longest_emoji_pass_the_page_s_own_limit(symbol: str, cast: Cast) -> None:
    assert checked({"symbol": symbol})["symbol"] == symbol
    field = Api(cast.alice).client.get("/assistants/new/").content.decode().partition('name="symbol"')[2]
    limit = int(field.partition('maxlength="')[2].partition('"')[0])
    assert len(symbol.encode("utf-16-le")) // 2 <= limit, "browsers count UTF-16"


@pytest.mark.parametrize("symbol", ["\u202e", "\u2800", "\u3164", "\u200d"])
def test_a_symbol_that_cannot_be_seen_is_none(symbol: str) -> None:
    assert checked({"symbol": symbol})["symbol"] == ""


def test_the_next_of_its_models_answers_while_the_first_rests_or_has_no_key_or_money(
    cast: Cast, vendor: FakeVendor
) -> None:
    first, second = serve(vendor, "openai", "first"), serve(vendor, "openai", "second")
    mason, conversation = make(cast.alice, models=[first.pk, second.pk]), Conversation(owner=cast.alice)

    def answers() -> LanguageModel:
        return model_choice.models(cast.alice, conversation, [], assistant=mason)[0]

    assert answers() == first
    rest(first.deployments.get().endpoint)
    assert answers() == second
    rest(second.deployments.get().endpoint)
    assert answers() == first, "where all rest, the favourite one is waited for"
    Trouble.objects.all().delete()
    spent = Budget.objects.create(kind="model", period="day", hard=0, target=first.pk)
    assert answers() == second
    spent.delete()
    assert answers() == first
    ApiKey.objects.filter(endpoint__deployments__model=first).update(enabled=False)
    assert answers() == second


def test_a_model_to_fall_back_on_is_not_sent_what_it_does_not_take(
    cast: Cast, model: LanguageModel, connect: Connect, vendor: FakeVendor
) -> None:
    mason = make(cast.alice, models=[model.pk], parameters={"top_k": 7, "temperature": 0.5})
    say(connect(cast.alice), assistant=str(mason.pk))
    sent = vendor.requests[-1].json
    assert (sent["temperature"], "top_k" in sent) == (0.5, False), "the vendor has no such parameter"


def test_whoever_saves_very_many_is_told_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.accounts.rate_limits.prompt", lambda _person: True)
    shown = Api(cast.alice).client.post("/assistants/new/", {"name": "Mason"}).content.decode()
    assert "You have saved too many assistants in the last minute." in shown
    assert Api(cast.alice).refusal("POST", "/assistants", {"name": "Mason"}) == (429, "rate_limited")
