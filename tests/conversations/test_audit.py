"""Changes of teams, memberships, links, tokens and audiences are in the audit log; messages never are."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from conversations import actions
from conversations.errors import Refused
from conversations.models import Budget, Conversation, File, Invitation, Message, PersonalToken, Share, Team, User
from conversations.models.message import Role, Status
from providers.audit import log
from providers.audit.log import Act
from providers.models import AuditEntry, Endpoint
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_teams import enter
from tests.providers.administering import NEW_KEY, endpoint
from tests.providers.test_audit import told

__all__ = ["endpoint"]

TITLE, WORDS, FILE = "CANARY-title-81b2", "CANARY-words-19c4", "CANARY-file-7d20.txt"

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def private(cast: Cast) -> Conversation:
    """Return a private conversation of Bob's, with words and a file that no other person may ever see."""
    conversation = Conversation.objects.create(owner=cast.bob, title=TITLE, revision=1, system_prompt=WORDS)
    file = File.objects.create(owner=cast.bob, name=FILE, media_type="text/plain", size=1)
    question = Message.objects.create(
        conversation=conversation, role=Role.USER, author=cast.bob, text=WORDS, status=Status.COMPLETE, revision=1
    )
    question.files.add(file)
    return conversation


@pytest.fixture(autouse=True)
def _tells_nothing_that_was_said(transactional_db: None) -> Iterator[None]:
    yield
    written = repr(list(AuditEntry.objects.values()))
    assert not [word for word in (TITLE, WORDS, FILE, PASSWORD) if word in written]


def act(act: str) -> list[tuple[str, str, str, str]]:
    return [entry for entry in told() if entry[1] == act]


def test_a_team_from_its_making_to_its_handing_over(cast: Cast) -> None:
    team = actions.create_team(cast.carol, "Moon")
    actions.change_team(cast.carol, team.pk, name="Sun", system_prompt="Be brief.")
    invitation, _secret = actions.invite(
        cast.carol, team.pk, "member", days=1, is_single_use=True, mailed_to="b@x.example"
    )
    actions.join(cast.bob, invitation)
    actions.change_role(cast.carol, team.pk, cast.bob.pk, "reader")
    actions.hand_over(cast.carol, team.pk, cast.bob.pk)
    actions.leave_team(cast.carol, team.pk)
    assert told() == [
        ("carol", "added", "team", "Moon"),
        ("carol", "added", "membership", "carol · Moon"),
        ("carol", "changed", "team", "Sun"),
        ("carol", "added", "invitation", "Sun · member"),
        ("bob", "added", "membership", "bob · Sun"),
        ("carol", "changed", "membership", "bob · Sun"),
        ("carol", "changed", "membership", "carol · Sun"),
        ("carol", "changed", "membership", "bob · Sun"),
        ("carol", "removed", "membership", "carol · Sun"),
    ]
    changed = AuditEntry.objects.get(subject_type="conversations.team", act=Act.CHANGED)
    assert changed.before == {"name": "Moon", "system_prompt": ""}
    assert changed.after == {"name": "Sun", "system_prompt": "Be brief."}
    made = AuditEntry.objects.get(subject_type="conversations.invitation")
    assert {
        "team": "Sun",
        "made_by": "carol",
        "role": "member",
        "mailed_to": "b@x.example",
    }.items() <= made.after.items()


def test_a_change_far_down_in_a_long_text_is_noted(cast: Cast) -> None:
    for last in "ab":
        actions.change_team(cast.alice, cast.team.pk, system_prompt="x" * 900 + last)
    assert len(told()) == 2
    assert AuditEntry.objects.latest("id").after["system_prompt"] == f"{'x' * 500}… (901)"


def test_who_is_removed_takes_the_links_for_many_along(cast: Cast) -> None:
    actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=False)
    actions.remove_member(cast.alice, cast.team.pk, cast.rita.pk)
    assert act("removed") == [
        ("alice", "removed", "invitation", "Crew · member"),
        ("alice", "removed", "membership", "rita · Crew"),
    ]


def test_a_link_that_is_taken_back_is_noted_once(cast: Cast) -> None:
    invitation, _secret = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    actions.revoke_invitation(cast.alice, cast.team.pk, invitation.pk)
    for _ in range(2):
        with pytest.raises(Refused):
            actions.revoke_invitation(cast.alice, cast.team.pk, invitation.pk)
    assert act("removed") == [("alice", "removed", "invitation", "Crew · member")]


def test_what_is_refused_is_not_noted(cast: Cast) -> None:
    for refused in (
        lambda: actions.change_role(cast.bob, cast.team.pk, cast.rita.pk, "lead"),
        lambda: actions.leave_team(cast.alice, cast.team.pk),
        lambda: actions.create_team(cast.carol, "Crew"),
    ):
        with pytest.raises(Refused):
            refused()
    assert told() == []


def test_who_joins_by_a_link_comes_from_an_address(cast: Cast) -> None:
    _invitation, secret = actions.invite(cast.alice, cast.team.pk, "reader", days=1, is_single_use=True)
    newcomer = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR="203.0.113.9")
    newcomer.get(reverse("invitation", args=[secret]))
    assert newcomer.post(reverse("join"), {"name": "dora", "password": PASSWORD}).status_code == 302
    assert told()[1:] == [
        ("dora", "added", "user", "dora"),
        ("dora", "added", "membership", "dora · Crew"),
        ("dora", "signed_in", "user", "dora"),
    ]
    assert set(AuditEntry.objects.filter(actor_name="dora").values_list("address", flat=True)) == {"203.0.113.9"}
    assert secret not in repr(list(AuditEntry.objects.values()))


def test_a_token_is_noted_by_name_and_its_last_letters(cast: Cast) -> None:
    bob = enter(cast.bob)
    bob.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = bob.post(reverse("tokens"), {"name": "script", "days": "30"})
    token = PersonalToken.objects.get()
    assert bob.post(reverse("revoke-token", args=[token.pk])).status_code == 302
    assert bob.post(reverse("revoke-token", args=[token.pk])).status_code == 404
    assert told() == [("bob", "added", "personaltoken", "script"), ("bob", "removed", "personaltoken", "script")]
    entry = AuditEntry.objects.earliest("id")
    assert entry.after["hint"] == token.hint
    assert response.context["secret"] not in str(entry.after)


def test_a_way_back_in_is_noted_when_it_is_made_and_when_it_is_used(cast: Cast) -> None:
    link = enter(cast.alice).post(reverse("new-password-link", args=[cast.bob.pk])).context["link"]
    visitor = enter(None)
    visitor.get(link)
    assert visitor.post(reverse("new-password"), {"password": "quite another passphrase"}).status_code == 302
    assert [entry[:3] for entry in told()] == [("alice", "added", "passwordlink"), ("bob", "changed", "user")]


def test_a_move_tells_the_teams_and_not_the_title(cast: Cast, private: Conversation) -> None:
    actions.move_conversation(cast.bob, private.pk, cast.team.pk)
    actions.move_conversation(cast.alice, private.pk, None)
    there, back = AuditEntry.objects.order_by("id")
    assert (there.subject, there.subject_name, there.before, there.after) == (
        str(private.pk), "", {"team": ""}, {"team": "Crew"},
    )  # fmt: skip
    assert (back.actor, back.before, back.after) == (cast.alice, {"team": "Crew"}, {"team": None})


def test_a_teams_conversation_is_not_deleted_in_silence(cast: Cast, private: Conversation) -> None:
    shared = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Our secret plan")
    actions.delete_conversation(cast.alice, shared.pk)
    (entry,) = AuditEntry.objects.all()
    assert (entry.actor, entry.act, entry.subject, entry.subject_name) == (cast.alice, "removed", str(shared.pk), "")
    assert entry.before == {"team": "Crew", "owner": "bob"}
    actions.delete_conversation(cast.bob, private.pk)
    assert AuditEntry.objects.count() == 1, "one's own is nobody else's matter"


def test_a_share_is_noted_by_its_ids(cast: Cast, private: Conversation) -> None:
    question = private.messages.get()
    share, secret = actions.share_conversation(
        cast.bob, private.pk, question.pk, days=0, pass_phrase="a phrase of ours"
    )
    actions.revoke_share(cast.bob, share.pk)
    actions.revoke_share(cast.bob, share.pk)
    assert told() == [("bob", "added", "share", ""), ("bob", "removed", "share", "")]
    made = AuditEntry.objects.earliest("id")
    assert (made.subject, made.after["conversation"]) == (str(share.pk), str(private.pk))
    assert made.after["pass_phrase"] is True
    assert not [
        word for word in (secret, share.digest, "a phrase of ours") if word in repr(list(AuditEntry.objects.values()))
    ]


def test_labels_of_what_no_form_shows_speak_chinese(cast: Cast) -> None:
    invitation, _ = actions.invite(
        cast.alice, cast.team.pk, "member", days=1, is_single_use=True, mailed_to="b@x.example"
    )
    token = PersonalToken.objects.create(
        user=cast.bob, name="n", digest="d", hint="1234", expires_at=invitation.expires_at
    )
    log.note(cast.bob, Act.ADDED, Share, after={"conversation": 1, "message": 1, "pass_phrase": True})
    for row in (token, Budget.objects.create(kind="person", period="day", hard=1), cast.carol):
        log.note(cast.alice, Act.ADDED, row, after=log.loggable_values(row))
    with translation.override("zh-hans"):
        entries = AuditEntry.objects.all()
        labels = {label for entry in entries for label, _old, _new in entry.changes()}
        shown = {new for entry in entries for _label, _old, new in entry.changes()}
        assert {label for label in labels if label.isascii()} == set()
        assert {entry.kind for entry in entries if entry.kind.isascii()} == set()
    assert f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC" in shown


# --- An administrator reads no private conversation ----------------------------------------------------------------


def test_no_page_of_the_administration_shows_what_is_private(cast: Cast, private: Conversation) -> None:
    client = enter(cast.alice)
    pages = [address for model in admin.site._registry for address in _pages(model)]
    assert len(pages) > 50
    for address in pages:
        response = client.get(address, follow=True)
        assert response.status_code in (200, 403), address
        shown = response.content.decode()
        assert not [word for word in (TITLE, WORDS, FILE) if word in shown], address


def _pages(model: type) -> Iterator[str]:
    name = f"admin:{model._meta.label_lower.replace('.', '_')}"  # type: ignore[attr-defined]
    for rest in ("", "?q=CANARY", "?all="):
        yield reverse(f"{name}_changelist") + rest
    yield reverse(f"{name}_add")
    yield f"{reverse('admin:autocomplete')}?app_label=conversations&model_name=membership&field_name=user&term=CANARY"
    for row in model._default_manager.all():  # type: ignore[attr-defined]
        yield from (reverse(f"{name}_{kind}", args=[row.pk]) for kind in ("change", "history", "delete"))


def test_who_has_files_is_not_deleted_with_them(cast: Cast, private: Conversation) -> None:
    """A file of theirs may stand in somebody else's conversation, and the page would name it."""
    private.messages.update(conversation=Conversation.objects.create(owner=cast.carol, revision=1))
    private.delete()
    address = reverse("admin:conversations_user_delete", args=[cast.bob.pk])
    assert enter(cast.alice).post(address, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=cast.bob.pk).exists()
    assert Team.objects.filter(pk=cast.team.pk).exists()
    assert not Invitation.objects.exists()


# --- Keys on their own pages ---------------------------------------------------------------------------------------


def test_what_is_done_on_a_keys_page_is_noted(cast: Cast, endpoint: Endpoint) -> None:
    key, client = endpoint.keys.get(), enter(cast.alice)
    client.post(reverse("rotate-key", args=[key.pk]), {"new_key": NEW_KEY})
    client.post(reverse("switch-key", args=[key.pk]), {"on": "no"})
    client.post(reverse("test-key", args=[key.pk]), {"deployment": str(endpoint.deployments.get().pk)})
    assert [entry[:3] for entry in told()] == [
        ("alice", "changed", "apikey"),
        ("alice", "changed", "apikey"),
        ("alice", "tested", "apikey"),
    ]
    rotated, switched, tested = AuditEntry.objects.order_by("id")
    assert rotated.after["secret"].startswith("••••wxyz #")
    assert (switched.before, switched.after) == ({"enabled": True}, {"enabled": False})
    assert (tested.after, tested.address) == ({"model": "parrot"}, "127.0.0.1")
    assert NEW_KEY not in repr(list(AuditEntry.objects.values()))


def test_a_personal_key_is_noted_when_it_comes_and_goes(cast: Cast, endpoint: Endpoint) -> None:
    Endpoint.objects.update(personal_keys=True)
    bob = enter(cast.bob)
    bob.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    bob.post(reverse("own-keys"), {"endpoint": str(endpoint.pk), "key": NEW_KEY})
    bob.post(reverse("remove-own-key", args=[cast.bob.keys.get().pk]))
    assert [entry[:3] for entry in told()] == [("bob", "added", "apikey"), ("bob", "removed", "apikey")]
