"""The beginnings of a conversation: its model, the order of models, the model of a copy, and starters."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from conversations import actions
from conversations.actions import model_choice
from conversations.models import Conversation, Installation
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.sharing import last, share, talk
from tests.conversations.test_teams import enter
from tests.providers.administering import alice, page

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")


def models_of(model: LanguageModel, *names: str) -> list[LanguageModel]:
    """Make more models like this one."""
    made = [LanguageModel.objects.create(name=name) for name in names]
    for row in made:
        row.deployments.create(endpoint=model.deployments.get().endpoint, vendor_id=row.name)
    return made


def offered(page: str) -> tuple[list[str], str]:
    """Return the names of the composer's models in order, and the one that is chosen."""
    choices = re.search(r'id="composer-model".*?</select>', page, re.S)
    assert choices
    names = re.findall(r"<option[^>]*>([^<]*)<", choices[0])
    [chosen] = re.findall(r"<option[^>]* selected>([^<]*)<", choices[0])
    return names, chosen


def test_models_stand_in_order_whatever_their_case(cast: Cast, model: LanguageModel) -> None:
    models_of(model, "Zebra", "ant", "Bee")
    person = enter(cast.alice)
    assert offered(person.get("/").content.decode())[0] == ["ant", "Bee", "parrot", "Zebra"]
    listed = person.get("/api/v1/models").json()
    assert [row["name"] for row in listed] == ["ant", "Bee", "parrot", "Zebra"]


def test_an_administrator_orders_the_models_by_hand(alice: Client, cast: Cast, model: LanguageModel) -> None:
    _ant, bee, _model9, model10 = models_of(model, "ant", "bee", "model 9", "model 10")
    table = page(LanguageModel, "changelist")
    alice.post(table, {"move": f"{bee.pk}:-1"})
    alice.post(table, {"move": f"{model10.pk}:-1"})
    alice.post(table, {"move": f"{bee.pk}:-1"})  # it is the first already
    models_of(model, "newest")
    wanted = ["bee", "ant", "model 10", "model 9", "parrot", "newest"]
    person = enter(cast.bob)
    assert [row["name"] for row in person.get("/api/v1/models").json()] == wanted
    assert offered(person.get("/").content.decode())[0] == wanted
    assert list(alice.get(table).context["cl"].result_list.values_list("name", flat=True)) == wanted
    assert 'name="move"' not in alice.get(f"{table}?q=b").content.decode(), "a neighbour there is none of all"
    assert alice.post(table, {"move": f"{bee.pk}:9"}).status_code == 403
    assert alice.post(table, {"move": f"{uuid4()}:1"}).status_code == 404
    cast.bob.is_staff = True
    cast.bob.save()
    assert enter(cast.bob).post(table, {"move": f"{bee.pk}:1"}).status_code == 403


def test_a_newcomer_begins_with_the_sites_default_and_later_with_their_last(cast: Cast, model: LanguageModel) -> None:
    ant, zebra = models_of(model, "ant", "zebra")
    person = enter(cast.alice)
    assert offered(person.get("/").content.decode())[1] == "ant"
    site = Installation.objects.create(pk=1, default_model=zebra)
    assert offered(person.get("/").content.decode())[1] == "zebra"
    Conversation.objects.create(owner=cast.alice, model=model)
    assert offered(person.get("/").content.decode())[1] == "parrot"
    assert offered(enter(cast.carol).get("/").content.decode())[1] == "zebra"
    zebra.enabled = False
    zebra.save()
    assert offered(enter(cast.carol).get("/").content.decode())[1] == "ant"
    zebra.delete()
    site.refresh_from_db()
    assert site.default_model is None
    assert ant.name == "ant"


def test_a_program_that_names_no_model_gets_the_sites_default(cast: Cast, model: LanguageModel) -> None:
    _, zebra = models_of(model, "ant", "zebra")
    Installation.objects.create(pk=1, default_model=zebra)
    conversation = Conversation.objects.create(owner=cast.alice)
    assert model_choice.models(cast.alice, conversation, ()) == [zebra]


def test_a_copy_of_a_share_keeps_its_model(cast: Cast, model: LanguageModel) -> None:
    models_of(model, "ant")
    conversation = talk(cast.alice)
    conversation.messages.filter(pk=last(conversation).pk).update(model=model)
    copied = actions.copy_share(cast.carol, share(cast.alice, conversation)[0].pk, "0" * 32)
    page = enter(cast.carol).get(reverse("conversation", args=[copied])).content.decode()
    assert offered(page)[1] == "parrot"


def test_without_an_administrator_s_starters_there_are_ours_in_both_languages(cast: Cast, model: LanguageModel) -> None:
    person = enter(cast.alice)
    for language, words in (("en", "Summarize a text"), ("zh-hans", "总结文字")):
        cast.alice.language = language
        cast.alice.save()
        page = person.get("/").content.decode()
        assert words in page
        assert page.count("data-text=") == 4
    Installation.objects.create(pk=1, starters="Minutes | Write minutes of this:\n\nHaiku")
    titles = re.findall(r'data-text="([^"]*)"[^>]*>([^<]*)<', person.get("/").content.decode())
    assert titles == [("Write minutes of this: ", "Minutes"), ("Haiku", "Haiku")]


def test_the_start_page_leads_to_the_three_that_changed_last(cast: Cast, model: LanguageModel) -> None:
    for title in ("oldest", "pinned", "of the team", "newest"):
        team = cast.team if title == "of the team" else None
        conversation = Conversation.objects.create(owner=cast.alice, title=title, team=team, revision=1)
        if title == "pinned":
            conversation.arrangements.create(user=cast.alice, pinned=True)
    page = enter(cast.alice).get("/").content.decode()
    assert re.findall(r'class="start__link"[^>]*><span>([^<]*)<', page) == ["newest", "of the team", "pinned"]
