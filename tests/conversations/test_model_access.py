"""Access to models and keys: for each thing that somebody gets, there is somebody who does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils.html import escape

from conversations.models import Conversation, Membership, Team, User
from conversations.reporting.permissions import TELLS_OF_MODEL_ACCESS
from conversations.usage.explain_access import why
from conversations.usage.model_access import models_for
from providers import clock
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.providers.administering import assert_is_safe, page, proven, staff
from tests.sockets import Socket

Connect = Callable[..., Socket]
SITES, TEAMS, OWN = "sk-test-of-the-site-0123", "sk-test-of-the-team-0123", "sk-test-of-a-person-0123"


@pytest.fixture
def other_team(cast: Cast) -> Team:
    """Create another team with Bob in it."""
    team = Team.objects.create(name="Others")
    Membership.objects.create(team=team, user=cast.bob, role="member")
    return team


@pytest.fixture
def keys(cast: Cast, model: LanguageModel) -> dict[str, ApiKey]:
    """Create a key of the site, one of the team and one of Bob's, at one endpoint."""
    endpoint = Endpoint.objects.get()
    Endpoint.objects.update(personal_keys=True)
    ApiKey.objects.all().delete()
    made = {secret: ApiKey.objects.create(endpoint=endpoint, secret=secret) for secret in (SITES, TEAMS)}
    made[OWN] = ApiKey.objects.create(endpoint=endpoint, secret=OWN, owner=cast.bob)
    cast.team.api_keys.add(made[TEAMS])
    return made


def key_used(vendor: FakeVendor) -> str:
    return vendor.requests[-1].headers["Authorization"].removeprefix("Bearer ")


def sends(socket: Socket, model: LanguageModel, **fields: Any) -> None:
    ask(socket, model, **fields)
    assert socket.event("message.finished")["message"]["status"] == "complete"


# --- Keys ----------------------------------------------------------------------------------------------------------


def test_a_teams_conversation_uses_the_teams_keys_else_the_sites(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], vendor: FakeVendor, connect: Connect, other_team: Team
) -> None:
    bob = connect(cast.bob)
    sends(bob, model, team=cast.team.id)
    assert key_used(vendor) == TEAMS
    sends(bob, model, team=other_team.id)
    assert key_used(vendor) == SITES
    keys[TEAMS].delete()
    sends(bob, model, team=cast.team.id)
    assert key_used(vendor) == SITES


def test_a_personal_key_serves_only_its_owners_own_sends(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], vendor: FakeVendor, connect: Connect
) -> None:
    bob, alice = connect(cast.bob), connect(cast.alice)
    sends(bob, model)
    assert key_used(vendor) == OWN
    sends(alice, model)
    assert key_used(vendor) == SITES
    for key in (SITES, TEAMS):
        keys[key].delete()
    assert alice.ask("message.send", conversation=None, text="Hi", models=[model.id])["code"] == "no_model"
    sends(bob, model, team=cast.team.id)
    assert key_used(vendor) == OWN
    Endpoint.objects.update(personal_keys=False)
    assert bob.ask("message.send", conversation=None, text="Hi", models=[model.id])["code"] == "no_model"


def test_a_teams_key_does_not_answer_outside_of_its_team(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], connect: Connect, other_team: Team
) -> None:
    for key in (SITES, OWN):
        keys[key].delete()
    bob = connect(cast.bob)
    for team in (None, other_team.id):
        fields = {"team": team} if team else {}
        assert bob.ask("message.send", conversation=None, text="Hi", models=[model.id], **fields)["code"] == "no_model"
    sends(bob, model, team=cast.team.id)


# --- Models --------------------------------------------------------------------------------------------------------


def test_a_model_is_everyones_until_a_team_has_it(
    cast: Cast, model: LanguageModel, connect: Connect, other_team: Team
) -> None:
    carol, bob = connect(cast.carol), connect(cast.bob)
    sends(carol, model)
    cast.team.models.add(model)
    assert carol.ask("message.send", conversation=None, text="Hi", models=[model.id])["code"] == "no_model"
    sends(bob, model)
    sends(bob, model, team=cast.team.id)
    fields = {"conversation": None, "text": "Hi", "models": [model.id], "team": other_team.id}
    assert bob.ask("message.send", **fields)["code"] == "no_model"


def test_the_list_of_models_is_what_this_person_may_use(cast: Cast, model: LanguageModel, vendor: FakeVendor) -> None:
    owl = serve(vendor, "openai", "owl")
    cast.team.models.add(owl)

    def names(person: User, query: str = "") -> set[str]:
        return {one["name"] for one in Api(person).get(f"/models{query}")}

    assert names(cast.carol) == {"parrot"}
    assert names(cast.bob) == {"parrot", "owl"}
    assert names(cast.bob, f"?team={cast.team.id}") == {"parrot", "owl"}
    assert Api(cast.carol).refusal("GET", f"/models?team={cast.team.id}") == (404, "not_found")
    conversation = Conversation.objects.create(owner=cast.carol)
    refused = Api(cast.carol).refusal("PATCH", f"/conversations/{conversation.id}", {"model": str(owl.id)})
    assert refused == (400, "no_model")


def test_a_model_that_is_no_longer_ones_own_is_replaced_by_one_that_is(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    owl = serve(vendor, "openai", "owl")
    carol = connect(cast.carol)
    conversation = ask(carol, owl)["conversation"]
    reply = carol.event("message.finished")["message"]
    cast.team.models.add(owl)
    assert carol.ask("message.send", conversation=conversation, text="And now?", parent=reply["id"])["type"] == "ack"
    assert carol.event("message.finished")["message"]["model_name"] == "parrot"


# --- Why -----------------------------------------------------------------------------------------------------------


def reasons(*asked: Any) -> str:
    return " ".join(why(*asked))


def test_why_says_what_stands_in_the_way_and_what_answers(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], other_team: Team
) -> None:
    assert "with ••••0123, their own." in reasons(cast.bob, model)
    assert "the team's." in reasons(cast.bob, model, cast.team)
    assert "the site's." in reasons(cast.carol, model)
    assert reasons(cast.carol, model).endswith("So the model may be used.")
    cast.team.models.add(model)
    assert "only for Crew." in reasons(cast.carol, model)
    assert "writes in none of them" in reasons(cast.carol, model)
    assert reasons(cast.carol, model).endswith("So the model may not be used.")
    assert "Others is none of them." in reasons(cast.bob, model, other_team)
    assert "does not write in Crew." in reasons(cast.rita, model, cast.team)
    assert reasons(cast.rita, model, cast.team).endswith("So the model may not be used.")
    ApiKey.objects.all().delete()
    assert "has no key for this" in reasons(cast.bob, model)
    Endpoint.objects.update(enabled=False)
    assert "is switched off" in reasons(cast.bob, model)


def test_why_names_no_key_of_an_endpoint_that_is_switched_off(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], vendor: FakeVendor, connect: Connect
) -> None:
    """The team's key serves nothing there, so the site's answers."""
    off = Endpoint.objects.create(name="off", wire="openai", base_url=vendor.openai_url, enabled=False)
    Deployment.objects.create(model=model, endpoint=off, vendor_id="parrot")
    ApiKey.objects.filter(pk=keys[TEAMS].pk).update(endpoint=off)
    sends(connect(cast.bob), model, team=cast.team.id)
    assert key_used(vendor) == SITES
    said = reasons(cast.bob, model, cast.team)
    assert "the site's." in said
    assert "has no key for this" not in said
    assert "off is switched off." in said


def test_why_names_what_is_switched_off(cast: Cast, model: LanguageModel) -> None:
    where = Endpoint.objects.get().name
    ApiKey.objects.update(enabled=False)
    assert f"{where} has no key for this that is switched on." in reasons(cast.bob, model)
    Deployment.objects.update(enabled=False)
    assert f"The model is switched off at {where}." in reasons(cast.bob, model)
    assert f"{where} is switched off" not in reasons(cast.bob, model)
    Endpoint.objects.update(enabled=False)
    assert f"{where} is switched off." in reasons(cast.bob, model)
    Deployment.objects.all().delete()
    assert "No endpoint serves the model. So the model may not be used." in reasons(cast.bob, model)


def test_why_says_what_is_left_alone(cast: Cast, model: LanguageModel) -> None:
    now = clock.now()
    trouble = Trouble.objects.create(
        subject=ApiKey.objects.get().pk,
        code="quota",
        text="No quota left.",
        since=now,
        cooling_until=now + timedelta(hours=1),
    )
    assert "No quota left." in reasons(cast.alice, model)
    Trouble.objects.filter(pk=trouble.pk).update(cooling_until=now)
    assert "Left alone" not in reasons(cast.alice, model), "it is tried again"


@pytest.mark.parametrize("in_team", [False, True])
def test_what_why_says_is_what_happens(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], other_team: Team, in_team: bool
) -> None:
    for limited in (False, True):
        if limited:
            other_team.models.add(model)
        for person in (cast.alice, cast.bob, *([] if in_team else [cast.carol])):
            team = cast.team if in_team else None
            said = reasons(person, model, team).endswith("So the model may be used.")
            assert said == models_for(person, team.pk if team else None).filter(pk=model.pk).exists()


# --- The page that says so -----------------------------------------------------------------------------------------


def test_the_page_of_a_person_and_of_a_model_lead_to_the_reasons(
    cast: Cast, model: LanguageModel, keys: dict[str, ApiKey], static_files: None
) -> None:
    alice = proven(cast.alice)
    for row, begins in ((cast.bob, "person=bob"), (model, f"model={model.pk}")):
        link = f"{reverse('model-access')}?{begins}"
        assert f'href="{link}"' in alice.get(page(type(row), "change", row.pk)).content.decode()
        begun = alice.get(link)
        assert begun.context["form"].initial == dict([begins.split("=")])
        assert "sentences" not in begun.context
    for team in (None, cast.team):
        asked = {"person": "bob", "model": str(model.pk), "team": str(team.pk) if team else ""}
        shown = alice.get(reverse("model-access"), asked)
        assert_is_safe(shown)
        for sentence in why(cast.bob, model, team):
            assert escape(sentence) in shown.content.decode()
    unknown = alice.get(f"{reverse('model-access')}?person=x&model={cast.team.pk}").content.decode()
    assert "Nobody here has this name." in unknown
    assert "not one of the available choices" in unknown


def test_the_page_of_a_person_says_of_every_model_whether_they_can_use_it(
    cast: Cast, model: LanguageModel, other_team: Team, vendor: FakeVendor, static_files: None
) -> None:
    others = serve(vendor, "openai", "zebra")
    others.teams.add(other_team)
    alice = proven(cast.alice)

    def answers(**asked: object) -> dict[str, bool]:
        shown = alice.get(reverse("model-access"), asked)
        assert_is_safe(shown)
        for _row, may, query in shown.context["models"]:
            assert escape(f"?{query}") in shown.content.decode()
            reasons = alice.get(f"{reverse('model-access')}?{query}").context["sentences"]
            assert reasons[-1] == ("So the model may be used." if may else "So the model may not be used.")
        return {row.name: may for row, may, _ in shown.context["models"]}

    assert answers(person="bob", model="") == {model.name: True, "zebra": True}
    assert answers(person="alice") == {model.name: True, "zebra": False}
    assert answers(person="alice", team=other_team.pk) == {model.name: False, "zebra": False}
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert answers(person="bob") == {model.name: False, "zebra": False}


def test_the_reasons_are_in_the_readers_language(cast: Cast, model: LanguageModel, static_files: None) -> None:
    User.objects.filter(pk=cast.alice.pk).update(language="zh-hans")
    asked = {"person": "bob", "model": str(model.pk)}
    shown = proven(cast.alice).get(reverse("model-access"), asked).content.decode()
    assert "谁可以使用哪个模型" in shown
    assert "因此可以使用该模型。" in shown


@pytest.mark.parametrize("missing", range(len(TELLS_OF_MODEL_ACCESS)))
def test_the_page_is_for_those_who_may_see_all_that_it_tells(
    cast: Cast, model: LanguageModel, static_files: None, missing: int
) -> None:
    codenames = [permission.partition(".")[2] for permission in TELLS_OF_MODEL_ACCESS]
    for permissions, status in ((codenames, 200), (codenames[:missing] + codenames[missing + 1 :], 403)):
        reader = staff(cast, *permissions)
        assert reader.get(reverse("model-access"), {"person": "carol"}).status_code == status
        for row in (cast.carol, model):
            answer = reader.get(page(type(row), "change", row.pk))
            assert answer.status_code == 403 or (reverse("model-access") in answer.content.decode()) == (status == 200)
