"""Drafts that are kept with an account: whose they are, whose text stays, and when they go."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from conversations import actions
from conversations.actions.staff.closing import close_own_account
from conversations.models import Conversation, Draft, User
from conversations.models.personal import draft as drafts
from providers.models import LanguageModel
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("static_files")
ADDRESS = "/api/v1/drafts"


def at_home(person: User) -> Client:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    return client


def save(client: Client, text: str, origin: str, *over: str, conversation: Any = None) -> dict[str, str]:
    given = {"origin": origin, "version": str(uuid4()), "over": over, "text": text, "conversation": conversation}
    answer = client.put(ADDRESS, given, content_type="application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_device_goes_on_with_what_another_has_written_and_overwrites_nothing_that_it_does_not_know(
    cast: Cast, model: LanguageModel
) -> None:
    laptop, phone, origin = at_home(cast.alice), at_home(cast.alice), str(uuid4())
    first = save(laptop, "A plan", origin)
    assert phone.get(ADDRESS).json() == [first]
    second = save(phone, "A better plan", origin, first["version"])
    assert second["text"] == "A better plan"
    assert save(laptop, "Another plan", origin, first["version"]) == second, "the laptop learns of it first"
    third = save(laptop, "Another plan", origin, second["version"])
    assert third["text"] == "Another plan"
    assert save(laptop, "", origin, third["version"])["text"] == ""
    assert Draft.objects.get().text == "", "what was sent or emptied is not kept"
    assert '"text": ""' in laptop.get("/").content.decode(), "the other devices learn of it"


def test_a_draft_is_seen_by_its_person_at_its_place_alone(cast: Cast, model: LanguageModel) -> None:
    shared = actions.create_conversation(cast.alice, team=cast.team)
    save(at_home(cast.alice), "Of the team?", str(uuid4()), conversation=str(shared.pk))
    place = f"{ADDRESS}?conversation={shared.pk}"
    assert [row["text"] for row in at_home(cast.alice).get(place).json()] == ["Of the team?"]
    assert "Of the team?" in at_home(cast.alice).get(f"/conversations/{shared.pk}/").content.decode()
    assert at_home(cast.alice).get(ADDRESS).json() == []
    assert at_home(cast.bob).get(place).json() == []
    assert "Of the team?" not in at_home(cast.bob).get(f"/conversations/{shared.pk}/").content.decode()
    assert at_home(cast.carol).get(place).status_code == 404
    Conversation.objects.filter(pk=shared.pk).delete()
    assert not Draft.objects.exists()


def test_drafts_are_bounded_and_go_with_time_and_with_the_account(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 2)
    alice = at_home(cast.bob)
    for text in "abc":
        save(alice, text, str(uuid4()))
    assert sorted(Draft.objects.values_list("text", flat=True)) == ["b", "c"]
    given = {"origin": str(uuid4()), "version": str(uuid4()), "text": "x" * 100_001}
    assert alice.put(ADDRESS, given, content_type="application/json").json()["error"]["code"] == "too_long"
    Draft.objects.filter(text="b").update(updated_at=timezone.now() - timedelta(days=31))
    assert [row["text"] for row in alice.get(ADDRESS).json()] == ["c"]
    Draft.remove_old()
    assert Draft.objects.get().text == "c"
    close_own_account(cast.bob)
    assert not Draft.objects.exists()
