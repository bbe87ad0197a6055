"""Retention: a team's silent conversations are deleted forever after its days, and a legal hold keeps them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations import actions
from conversations.errors import Held, NotFound
from conversations.models import Conversation, Message, SearchEntry, Team
from conversations.models.conversation import TIME_IN_BIN
from conversations.models.keeping.retention import NOTICE
from providers.models.audit import AuditEntry
from tests.conftest import Cast
from tests.conversations.calling import say

pytestmark = pytest.mark.usefixtures("static_files")


def talk(cast: Cast, title: str, days: int, **more: Any) -> Conversation:
    """Return a conversation of the team, begun by Alice, in which Bob wrote last so many days ago."""
    made = Conversation.objects.create(owner=cast.alice, title=title, **{"team": cast.team, **more})
    say(made, f"words of {title}", author=cast.bob)
    Conversation.objects.filter(pk=made.pk).update(updated_at=timezone.now() - timedelta(days=days))
    return made


def begin(cast: Cast, days: int) -> None:
    """Set the team's period, and let the week before it acts go by."""
    actions.set_retention(cast.alice, cast.team.pk, days)
    Team.objects.update(keeps_from=timezone.now() - timedelta(seconds=1))


def titles() -> set[str]:
    return set(Conversation.objects.values_list("title", flat=True))


def test_silent_conversations_go_after_the_days_of_their_team(cast: Cast) -> None:
    talk(cast, "silent", 31)
    talk(cast, "alive", 29)
    talk(cast, "private", 400, team=None)
    with pytest.raises(NotFound):
        actions.set_retention(cast.bob, cast.team.pk, 30)
    actions.set_retention(cast.alice, cast.team.pk, 30)
    actions.end_overdue()
    assert titles() == {"silent", "alive", "private"}, "a week's notice"
    begin(cast, 30)
    actions.end_overdue()
    assert titles() == {"alive", "private"}
    assert Message.objects.count() == 2
    assert not SearchEntry.objects.exclude(conversation__title__in=titles()).exists()
    noted = AuditEntry.objects.filter(subject=str(cast.team.pk)).values_list("after__keeps_days", flat=True)
    assert list(noted) == [30]
    actions.set_retention(cast.alice, cast.team.pk, 90)
    assert Team.objects.get().keeps_from < timezone.now(), "a longer period needs no notice"
    actions.set_retention(cast.alice, cast.team.pk, None)
    assert Team.objects.get().keeps_from is None


def test_a_restored_conversation_is_not_deleted_for_its_age(cast: Cast) -> None:
    silent = talk(cast, "silent", 31)
    actions.delete_conversation(cast.alice, silent.pk)
    begin(cast, 30)
    actions.restore_conversation(cast.alice, silent.pk)
    actions.end_overdue()
    assert titles() == {"silent"}


@pytest.mark.parametrize("held", ["team", "alice", "bob"])
def test_a_legal_hold_keeps_what_is_a_teams_or_a_person_s(cast: Cast, held: str) -> None:
    silent, deleted = talk(cast, "silent", 31), talk(cast, "deleted", 31)
    actions.delete_conversation(cast.alice, deleted.pk)
    Conversation.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now() - 2 * TIME_IN_BIN)
    begin(cast, 30)
    holder = getattr(cast, held)
    type(holder).objects.filter(pk=holder.pk).update(legal_hold=True)
    actions.end_overdue()
    assert actions.empty_bin(cast.alice, timezone.now()) == 0
    with pytest.raises(Held):
        actions.end_conversation(cast.alice, silent.pk)
    if held == "team":
        with pytest.raises(Held):  # its owner alone could delete it
            actions.move_conversation(cast.alice, silent.pk, None)
    assert titles() == {"silent", "deleted"}
    alice = Client()
    alice.force_login(cast.alice)
    shown = alice.get("/bin/").content.decode()
    assert "kept by a legal hold" in shown
    assert reverse("end", args=[deleted.pk]) not in shown
    type(holder).objects.filter(pk=holder.pk).update(legal_hold=False)
    actions.end_overdue()
    assert titles() == set()


def test_a_lead_reads_what_goes_before_it_is_set_and_members_read_it_at_the_head(cast: Cast) -> None:
    silent = talk(cast, "silent", 30)
    talk(cast, "alive", 1)
    page = reverse("team-retention", args=[cast.team.pk])
    alice, rita = Client(), Client()
    alice.force_login(cast.alice)
    rita.force_login(cast.rita)
    asked = alice.post(page, {"days": "30"})
    assert (asked.context["count"], asked.context["lost"]) == (2, 1)
    assert asked.context["moment"] - timezone.now() < NOTICE
    assert Team.objects.get().keeps_days is None
    assert alice.post(page, {"days": "30", "confirmed": "yes"}).status_code == 302
    shown = rita.get(reverse("conversation", args=[silent.pk])).content.decode()
    assert "Deleted after <span>30</span> days without a new message" in shown
    assert "with its files" in alice.get(page).content.decode()
