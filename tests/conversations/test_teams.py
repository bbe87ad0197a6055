"""Teams: permission to begin, change and leave one; a team never loses its last lead."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.actions.teams import LastLead
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Installation, Membership, Team, User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.sockets import Socket

NOBODY = UUID("01900000-0000-7000-8000-000000000000")

pytestmark = pytest.mark.usefixtures("static_files")


def enter(person: User | None) -> Client:
    client = Client(headers={"host": "127.0.0.1"})
    if person:
        client.force_login(person)
    return client


def roles(team: Team) -> dict[str, str]:
    return dict(team.memberships.values_list("user__username", "role"))


def test_who_makes_a_team_leads_it(cast: Cast) -> None:
    response = enter(cast.carol).post("/teams/new/", {"name": " Moon \u202ebase "})
    team = Team.objects.get(name="Moon  base")
    assert response.headers["Location"] == f"/teams/{team.pk}/"
    assert roles(team) == {"carol": "lead"}


def test_only_staff_makes_teams_where_the_administrator_says_so(cast: Cast) -> None:
    Installation.objects.create(pk=1, staff_makes_teams=True)
    bob, alice = enter(cast.bob), enter(cast.alice)
    with pytest.raises(NotFound):
        actions.create_team(cast.bob, "x")
    assert bob.get("/teams/new/").status_code == bob.post("/teams/new/", {"name": "x"}).status_code == 404
    assert "/teams/new/" not in bob.get("/teams/").content.decode()
    assert alice.post("/teams/new/", {"name": "x"}).status_code == 302
    Installation.objects.update(staff_makes_teams=False)
    assert bob.post("/teams/new/", {"name": "y"}).status_code == 302


def test_who_is_in_no_team_is_told_what_they_can_do(cast: Cast) -> None:
    carol = enter(cast.carol)
    assert "Make one, or ask for an invite link." in carol.get("/teams/").content.decode()
    Installation.objects.create(pk=1, staff_makes_teams=True)
    assert "You are in no team yet. Ask for an invite link." in carol.get("/teams/").content.decode()


def test_a_name_is_taken_once(cast: Cast) -> None:
    response = enter(cast.carol).post("/teams/new/", {"name": "Crew"})
    assert "This name is taken." in response.content.decode()
    assert Team.objects.count() == 1
    with pytest.raises(Refused):
        actions.create_team(cast.carol, "Crew")


def test_one_sees_ones_own_teams_alone(cast: Cast) -> None:
    Team.objects.create(name="Others")
    assert "Crew" in enter(cast.rita).get("/teams/").content.decode()
    for person in (cast.bob, cast.carol):
        shown = enter(person).get("/teams/").content.decode()
        assert "Others" not in shown
    assert enter(cast.carol).get(f"/teams/{cast.team.pk}/").status_code == 404
    assert enter(None).get(f"/teams/{cast.team.pk}/").headers["Location"].startswith("/accounts/login/")


def acts(cast: Cast) -> list[tuple[str, dict[str, str]]]:
    team, bob = cast.team.pk, cast.bob.pk
    invitation, _ = actions.invite(cast.alice, team, "member", days=1, is_single_use=True)
    return [
        (reverse("rename-team", args=[team]), {"name": "Ours now"}),
        (reverse("team-defaults", args=[team]), {"system_prompt": "Obey."}),
        (reverse("change-role", args=[team, bob]), {"role": "lead"}),
        (reverse("remove-member", args=[team, bob]), {}),
        (reverse("hand-over", args=[team, bob]), {}),
        (reverse("invite", args=[team]), {"role": "lead", "days": "1", "is_single_use": "1"}),
        (reverse("revoke-invitation", args=[team, invitation.pk]), {}),
    ]


def state(team: Team) -> list[object]:
    team.refresh_from_db()
    return [team.name, team.system_prompt, roles(team), team.invitations.open().count()]


def test_nobody_but_a_lead_changes_a_team(cast: Cast) -> None:
    everything = acts(cast)
    before = state(cast.team)
    for person in (cast.bob, cast.rita, cast.carol):
        for path, fields in everything:
            assert enter(person).post(path, fields).status_code == 404, (person, path)
    for path, fields in everything:
        assert enter(None).post(path, fields).headers["Location"].startswith("/accounts/login/")
        assert enter(cast.alice).get(path).status_code in (200, 405), "and looking changes nothing"
    assert state(cast.team) == before


@pytest.mark.parametrize("number", range(7))
def test_a_lead_changes_it(cast: Cast, number: int) -> None:
    path, fields = acts(cast)[number]
    before = state(cast.team)
    assert enter(cast.alice).post(path, fields).status_code in (201, 302)
    assert state(cast.team) != before


def test_the_page_of_a_team_offers_what_one_may_do(cast: Cast) -> None:
    lead, member = (enter(person).get(f"/teams/{cast.team.pk}/").content.decode() for person in (cast.alice, cast.bob))
    for words in ("Invitations", "Remove from the team", "Name and defaults"):
        assert words in lead
        assert words not in member
    for page, words in (("invite", "Make a link"), ("team-defaults", "Tell the model who speaks")):
        assert words in enter(cast.alice).get(reverse(page, args=[cast.team.pk])).content.decode()
        assert enter(cast.bob).get(reverse(page, args=[cast.team.pk])).status_code == 404
    assert "Leave the team" in member
    assert all(name in member for name in ("alice", "bob", "rita"))


def test_what_cannot_be_undone_asks_first_and_says_a_word_afterwards(cast: Cast) -> None:
    alice, crew = enter(cast.alice), cast.team.pk
    page = alice.get(f"/teams/{crew}/").content.decode()
    acts = (
        (reverse("remove-member", args=[crew, cast.rita.pk]), "rita is no longer in the team."),
        (reverse("hand-over", args=[crew, cast.bob.pk]), "bob leads the team now. You are a member."),
        (reverse("leave-team", args=[crew]), "You left “Crew”."),
    )
    for path, word in acts:
        before, form = page.split(f'action="{path}"')
        assert before.rindex("<details") > before.rindex("</details>"), "it opens where its question stands"
        assert 'class="confirm__question"' in form[:400]
        assert word in alice.post(path, follow=True).content.decode()


def test_a_refusal_stands_in_a_red_box(cast: Cast) -> None:
    page = enter(cast.alice).post(reverse("leave-team", args=[cast.team.pk]), follow=True).content.decode()
    assert '<li class="notice notice--error" role="alert">A team keeps at least one lead' in page


def test_the_last_lead_stays(cast: Cast) -> None:
    alice = enter(cast.alice)
    for path in (
        reverse("leave-team", args=[cast.team.pk]),
        reverse("change-role", args=[cast.team.pk, cast.alice.pk]),
    ):
        response = alice.post(path, {"role": "member"}, follow=True)
        assert "keeps at least one lead" in response.content.decode()
    assert roles(cast.team)["alice"] == "lead"


def test_a_lead_who_cannot_come_in_does_not_count(cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.bob).update(role="lead")
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    with pytest.raises(LastLead):
        actions.leave_team(cast.alice, cast.team.pk)


def test_two_last_leads_who_leave_at_once_are_one_too_many(cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.bob).update(role="lead")
    gate, refused = threading.Barrier(2), []

    def leave(person: User) -> None:
        gate.wait(5)
        try:
            actions.leave_team(person, cast.team.pk)
        except LastLead:
            refused.append(person.username)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[person]) for person in (cast.alice, cast.bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 1
    assert roles(cast.team)[refused[0]] == "lead"


def test_handing_over_makes_another_the_lead(cast: Cast) -> None:
    actions.hand_over(cast.alice, cast.team.pk, cast.bob.pk)
    assert roles(cast.team) == {"alice": "member", "bob": "lead", "rita": "reader"}
    with pytest.raises(NotFound):
        actions.hand_over(cast.bob, cast.team.pk, cast.carol.pk)
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    with pytest.raises(NotFound):
        actions.hand_over(cast.bob, cast.team.pk, cast.rita.pk)


def test_whoever_is_not_in_the_team_can_be_neither_changed_nor_removed(cast: Cast) -> None:
    for person in (cast.carol.pk, NOBODY):
        for act in (actions.remove_member, actions.hand_over):
            with pytest.raises(NotFound):
                act(cast.alice, cast.team.pk, person)
        with pytest.raises(NotFound):
            actions.change_role(cast.alice, cast.team.pk, person, "lead")
    assert set(roles(cast.team)) == {"alice", "bob", "rita"}


# --- The consequences ------------------------------------------------------------------------------------------------


def test_a_member_who_is_removed_loses_everything_at_once_and_keeps_their_name_on_it(
    cast: Cast, model: LanguageModel, connect: Callable[..., Socket]
) -> None:
    bob, alice = connect(cast.bob), connect(cast.alice)
    ack = bob.ask("message.send", conversation=None, text="Bob was here", team=cast.team.id)
    bob.event("message.finished")
    other = Conversation.objects.create(owner=cast.alice, team=cast.team, title="not open")
    bob.settle()
    enter(cast.alice).post(reverse("remove-member", args=[cast.team.pk, cast.bob.pk]))
    gone = {bob.event("conversation.gone")["conversation"] for _ in range(2)}
    assert gone == {ack["conversation"], str(other.pk)}
    heard = len(bob.frames)
    assert alice.ask("message.send", conversation=ack["conversation"], text="without him")["type"] == "ack"
    alice.event("message.finished")
    assert bob.settle()[heard:] == []
    assert bob.ask("conversation.open", conversation=ack["conversation"])["code"] == "not_found"
    shown = enter(cast.rita).get(f"/api/v1/conversations/{ack['conversation']}/messages").json()["results"]
    assert shown[0]["author"]["name"] == "bob"


def test_a_reader_who_was_a_member_writes_no_more(
    cast: Cast, model: LanguageModel, connect: Callable[..., Socket]
) -> None:
    bob = connect(cast.bob)
    ack = bob.ask("message.send", conversation=None, text="one", team=cast.team.id)
    bob.event("message.finished")
    actions.change_role(cast.alice, cast.team.pk, cast.bob.pk, Membership.Role.READER)
    assert bob.ask("message.send", conversation=ack["conversation"], text="two")["code"] == "not_found"
    assert bob.ask("conversation.open", conversation=ack["conversation"])["type"] == "ack"


def test_whoever_is_deactivated_is_shown_out(cast: Cast, connect: Callable[..., Socket]) -> None:
    bob = connect(cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert bob.closed_with() == 4401


# --- How its conversations begin -----------------------------------------------------------------------------------


def test_a_team_has_its_own_beginnings(cast: Cast, model: LanguageModel, connect: Callable[..., Socket]) -> None:
    fields = {
        "model": str(model.pk), "system_prompt": "Be brief.", "temperature": "0.5", "thinking": "low", "max_tokens": "9"
    }  # fmt: skip
    cast.team.parameters = {"seed": 7}
    cast.team.save()
    alice = enter(cast.alice)
    assert alice.post(reverse("team-defaults", args=[cast.team.pk]), fields).status_code == 302
    wanted = {"seed": 7, "temperature": 0.5, "thinking": {"level": "low"}, "max_tokens": 9}
    shown = alice.get(f"/teams/{cast.team.pk}/defaults/").content.decode()
    assert "Be brief." in shown
    assert 'value="0.5"' in shown
    assert '<option value="low" selected>' in shown
    made = alice.post("/api/v1/conversations", {"team": str(cast.team.pk)}, "application/json").json()
    assert (made["system_prompt"], made["parameters"], made["model"]) == ("Be brief.", wanted, str(model.pk))
    given = {"team": str(cast.team.pk), "system_prompt": "Be long."}
    made = alice.post("/api/v1/conversations", given, "application/json").json()
    assert (made["system_prompt"], made["parameters"]) == ("Be long.", wanted)
    ack = connect(cast.bob).ask("message.send", conversation=None, text="Hi", team=cast.team.id)
    begun = Conversation.objects.get(pk=ack["conversation"])
    assert (begun.system_prompt, begun.parameters) == ("Be brief.", wanted)


def test_without_a_choice_the_teams_model_answers(
    cast: Cast, model: LanguageModel, connect: Callable[..., Socket]
) -> None:
    other = LanguageModel.objects.create(name="another")
    deployment = model.deployments.get()
    other.deployments.create(endpoint=deployment.endpoint, vendor_id="another")
    Team.objects.filter(pk=cast.team.pk).update(model=other)
    bob = connect(cast.bob)
    bob.ask("message.send", conversation=None, text="Hi", team=cast.team.id)
    assert bob.event("message.finished")["message"]["model_name"] == "another"


def test_defaults_can_be_changed_beside_one_that_only_a_later_version_knows(cast: Cast) -> None:
    later = {"verbosity": 2, "top_k": 5}
    Team.objects.filter(pk=cast.team.pk).update(parameters={**later, "temperature": 1, "web_search": True})
    fields = {"temperature": "0.5", "thinking": "high"}
    assert enter(cast.alice).post(reverse("team-defaults", args=[cast.team.pk]), fields).status_code == 302
    cast.team.refresh_from_db()
    assert cast.team.parameters == {**later, "temperature": 0.5, "thinking": {"level": "high"}}


def test_every_kind_of_default_can_be_set_and_taken_back(cast: Cast) -> None:
    alice, page = enter(cast.alice), reverse("team-defaults", args=[cast.team.pk])
    fields = {
        "thinking": "budget",
        "budget": "500",
        "stop": "END\nSTOP",
        "json_schema": '{"type": "object"}',
        "seed": "0",
    }
    assert alice.post(page, {**fields, "web_search": "on"}).status_code == 302
    cast.team.refresh_from_db()
    wanted = {"thinking": {"budget": 500}, "stop": ["END", "STOP"], "json_schema": {"type": "object"}, "seed": 0}
    assert cast.team.parameters == {**wanted, "web_search": True}
    shown = alice.get(page).context["defaults_form"]
    assert {name: shown[name].value() for name in ("thinking", "budget", "seed")} == {
        "thinking": "budget", "budget": 500, "seed": 0
    }  # fmt: skip
    assert alice.post(page, dict.fromkeys(fields, "")).status_code == 302
    cast.team.refresh_from_db()
    assert cast.team.parameters == {}


@pytest.mark.parametrize(
    "wrong", [{"temperature": "3"}, {"json_schema": "[1]"}, {"stop": "a\n" * 6}, {"thinking": "budget"}]
)
def test_defaults_out_of_bounds_are_said_and_not_kept(cast: Cast, wrong: dict[str, str]) -> None:
    response = enter(cast.alice).post(reverse("team-defaults", args=[cast.team.pk]), wrong)
    assert response.status_code == 422
    cast.team.refresh_from_db()
    assert cast.team.parameters == {}
