"""Power over the site: the last superuser stays, nobody can raise their own power, and absence opens nothing."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.accounts import first_run, staff_roles
from conversations.errors import NotFound
from conversations.models import Conversation, Invitation, Share, User
from providers.models import AuditEntry, LanguageModel
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import NEW, browser, enter, is_in, make_link
from tests.conversations.test_taking_over import is_open, token_of

pytestmark = pytest.mark.usefixtures("static_files")


def page_of(person: User) -> str:
    return reverse("admin:conversations_user_change", args=[person.pk])


def saved(client: Client, person: User, **changed: Any) -> Any:
    """Send the form of a person with these fields changed; False and None leave a field out."""
    form = client.get(page_of(person)).context["adminform"].form
    given = {name: form[name].value() for name in form.fields} | changed
    given = {name: value for name, value in given.items() if value not in (False, None)}
    return client.post(page_of(person), given)


def staff(cast: Cast, *groups: str) -> Client:
    """Make Carol staff in these groups and return her client."""
    staff_roles.prepare()
    User.objects.filter(pk=cast.carol.pk).update(is_staff=True)
    cast.carol.groups.set(Group.objects.filter(name__in=groups))
    return enter(cast.carol)


# --- The last superuser --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["is_superuser", "is_active"])
def test_the_last_superuser_cannot_end_as_one(cast: Cast, field: str) -> None:
    alice = enter(cast.alice)
    answer = saved(alice, cast.alice, **{field: False})
    assert "This is the last superuser" in answer.content.decode()
    User.objects.filter(pk=cast.bob.pk).update(is_superuser=True, is_active=False)
    assert saved(alice, cast.alice, **{field: False}).status_code == 200, "one who cannot come in does not count"
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    assert saved(alice, cast.alice, **{field: False}).status_code == 302
    assert not getattr(User.objects.get(pk=cast.alice.pk), field)


def test_the_last_superuser_is_not_deleted(cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.alice).delete()
    alice = enter(cast.alice)
    delete = reverse("admin:conversations_user_delete", args=[cast.alice.pk])
    assert alice.post(delete, {"post": "yes"}).status_code == 403
    assert "They are the last superuser." in alice.get(page_of(cast.alice)).content.decode()


def test_the_set_up_is_there_only_while_there_is_nobody(transactional_db: None) -> None:
    assert not first_run.is_set_up()
    User.objects.create_user("somebody")
    assert first_run.is_set_up()
    assert Client().get("/setup/").status_code == 404
    with pytest.raises(NotFound):
        actions.create_administrator("mallory", PASSWORD, "en")


# --- Nobody raises their own power -----------------------------------------------------------------------------------


def test_staff_who_change_people_gain_no_power(cast: Cast) -> None:
    desk = staff(cast, "helpdesk")
    for person in (cast.alice, cast.carol):
        assert desk.post(page_of(person), {"username": "x", "is_superuser": "on"}).status_code == 403
    powers = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.get(name="keys").pk]}
    assert saved(desk, cast.bob, display_name="Bobby", **powers).status_code == 302
    cast.bob.refresh_from_db()
    assert (cast.bob.display_name, cast.bob.is_staff, cast.bob.is_superuser) == ("Bobby", False, False)
    assert not cast.bob.groups.exists()


def test_nobody_sets_a_password_of_others(cast: Cast) -> None:
    password = reverse("admin:auth_user_password_change", args=[cast.bob.pk])
    given = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert staff(cast, "helpdesk").post(password, given).status_code == 403
    assert enter(cast.alice).post(password, given).headers["Location"] == f"/new-password/for/{cast.bob.pk}/"
    assert enter(cast.alice).post("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    assert staff(cast, "helpdesk").post(f"/new-password/for/{cast.bob.pk}/").status_code == 404
    assert is_in(enter(cast.bob))


def test_the_helpdesk_adds_people_who_choose_their_own_password(cast: Cast) -> None:
    desk = staff(cast, "helpdesk")
    answer = desk.post(reverse("admin:conversations_user_add"), {"username": "dora", "language": "en"})
    dora = User.objects.get(username="dora")
    assert answer.headers["Location"] == f"/new-password/for/{dora.pk}/"
    visitor = browser()
    visitor.get(make_link(desk, dora))
    visitor.post("/new-password/", {"password": NEW})
    assert desk.post(f"/new-password/for/{dora.pk}/").status_code == 404, "once: now it is an account"


def test_the_helpdesk_puts_itself_in_no_team(cast: Cast) -> None:
    desk, team = staff(cast, "helpdesk"), reverse("admin:conversations_team_change", args=[cast.team.pk])
    answer = desk.post(team, places(cast, user=str(cast.carol.pk), role="lead"))
    assert "Your own place is for a lead of the team" in answer.content.decode()
    dora = User.objects.create_user("dora")
    assert desk.post(team, places(cast, user=str(dora.pk), role="reader")).status_code == 302
    assert set(cast.team.members.values_list("username", flat=True)) == {"alice", "bob", "rita", "dora"}


def test_only_superusers_change_groups(cast: Cast) -> None:
    desk = staff(cast, "helpdesk", "keys", "money", "auditor")
    group = Group.objects.get(name="helpdesk")
    assert desk.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
    assert "Helpdesk: people and teams" in enter(cast.alice).get("/admin/auth/group/").content.decode()
    User.objects.filter(pk=cast.alice.pk).update(language="zh-hans")
    page = enter(cast.alice).get(page_of(cast.bob)).content.decode()
    assert staff_roles.LABELS["helpdesk"] not in page


def test_the_ready_roles_are_there_after_every_migration(cast: Cast) -> None:
    staff_roles.prepare()
    Group.objects.get(name="money").permissions.clear()
    staff_roles.prepare()
    given = Group.objects.get(name="money").permissions.values_list("codename", flat=True)
    assert set(given) == {"view_budget", "add_budget", "change_budget", "delete_budget", "view_usagerecord"}
    auditor = Group.objects.get(name="auditor").permissions.values_list("codename", flat=True)
    assert {name.partition("_")[0] for name in auditor} == {"view"}


# --- Teams, by both doors ------------------------------------------------------------------------------------------


def places(cast: Cast, removed: User | None = None, **added: str) -> dict[str, Any]:
    """Return the form of the team with its three memberships, one of them removed or one added."""
    rows = [{"id": p.pk, "user": p.user_id, "role": p.role, "of": p.user} for p in cast.team.memberships.order_by("pk")]
    given: dict[str, Any] = {"name": cast.team.name, "memberships-INITIAL_FORMS": len(rows)}
    for number, row in enumerate([*rows, *([added] if added else [])]):
        given |= {f"memberships-{number}-{name}": value for name, value in row.items() if name != "of"}
        if row.get("of") == removed and removed:
            given[f"memberships-{number}-DELETE"] = "on"
    return given | {"memberships-TOTAL_FORMS": len(rows) + bool(added), "parameters": "{}", "folds_at": 80}


def test_a_removal_in_the_administration_closes_what_a_removal_closes(cast: Cast) -> None:
    many, _ = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=False)
    team = reverse("admin:conversations_team_change", args=[cast.team.pk])
    assert enter(cast.alice).post(team, places(cast, removed=cast.bob)).status_code == 302
    assert not cast.team.memberships.filter(user=cast.bob).exists()
    assert not Invitation.objects.open().filter(pk=many.pk).exists(), "and back by the old link"
    assert AuditEntry.objects.filter(subject_type="conversations.membership", act="removed").count() == 1


def test_the_last_lead_stays_in_the_administration_too(cast: Cast) -> None:
    team = reverse("admin:conversations_team_change", args=[cast.team.pk])
    alice = enter(cast.alice)
    assert "A team keeps at least one lead" in alice.post(team, places(cast, removed=cast.alice)).content.decode()
    given = places(cast)
    number = next(n for n in range(3) if given[f"memberships-{n}-user"] == cast.alice.pk)
    answer = alice.post(team, {**given, f"memberships-{number}-role": "reader"})
    assert "A team keeps at least one lead" in answer.content.decode()
    other = alice.post(team, {**given, f"memberships-{number}-user": str(cast.carol.pk)})
    assert "Remove the one person and add the other." in other.content.decode()
    assert cast.team.memberships.get(role="lead").user == cast.alice


# --- Deleting and deactivating -------------------------------------------------------------------------------------


def test_who_wrote_something_is_not_deleted(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team)
    conversation.messages.create(role="user", author=cast.bob, text="mine", status="complete", revision=1)
    alice, delete = enter(cast.alice), reverse("admin:conversations_user_delete", args=[cast.bob.pk])
    assert alice.post(delete, {"post": "yes"}).status_code == 403
    assert "What they wrote would lose its author." in alice.get(page_of(cast.bob)).content.decode()
    spare = reverse("admin:conversations_user_delete", args=[cast.carol.pk])
    assert alice.post(spare, {"post": "yes"}).status_code == 302


def test_who_is_let_in_again_finds_nothing_open(cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.bob).update(role="lead")
    alice, bob, token = enter(cast.alice), enter(cast.bob), token_of(cast.bob)
    link = make_link(alice, cast.bob)
    actions.invite(cast.bob, cast.team.pk, "reader", days=1, is_single_use=True)
    conversation = Conversation.objects.create(owner=cast.bob)
    said = conversation.messages.create(role="user", author=cast.bob, text="x", status="complete", revision=1)
    Share.objects.create(conversation=conversation, message=said, made_by=cast.bob, digest="d")
    assert saved(alice, cast.bob, is_active=False).status_code == 302
    assert not is_in(bob)
    assert saved(alice, cast.bob, is_active="on").status_code == 302
    assert User.objects.get(pk=cast.bob.pk).is_active
    assert not is_in(bob), "the old cookie"
    assert not is_open(token)
    assert browser().get(link).status_code == 404
    assert not Share.objects.open().exists()
    assert not Invitation.objects.open().exists()
    assert is_in(enter(cast.bob)), "with the password they come in"


def test_a_lead_is_offered_no_model_of_other_teams(cast: Cast, model: LanguageModel) -> None:
    alice, team = enter(cast.alice), f"/teams/{cast.team.pk}/"
    assert ">parrot</option>" in alice.get(f"{team}defaults/").content.decode()
    actions.create_team(cast.alice, "Others").models.add(model)
    assert "parrot" not in alice.get(f"{team}defaults/").content.decode()
    assert alice.post(f"{team}defaults/", {"model": str(model.pk)}).status_code == 422
