"""The page of the search; its address holds all that is asked and can be sent to a team mate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.models import Conversation, Team, User
from conversations.search.queries import MAX_LENGTH, Query, day, parse
from conversations.search.results import Page, search
from conversations.usage.model_access import models_anywhere

Choices = list[tuple[str, str]]


@login_required
@never_cache
@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """Show a page of results, with the fields by which they are narrowed."""
    person, asked = person_of(request), request.GET
    page, refusal = Page([]), ""
    try:
        query = _query(asked)
        page = search(
            person, query, "newest" if asked.get("sort") == "newest" else "relevance", asked.get("cursor", "")
        )
    except Refused as refused:
        query, refusal = Query(), _sentence(refused)
    context = {
        "page": page,
        "is_asked": not query.is_empty,
        "inside": _inside(person, asked),
        "refusal": refusal,
        "asked": asked.dict(),
        "text_length": MAX_LENGTH,
        **_choices(person, page, asked),
    }
    return render(request, "search.html", context, status=400 if refusal else 200)


def _query(asked: QueryDict) -> Query:
    return parse(asked.get("q", "")).narrowed(
        team=_id(asked.get("team", "")),
        conversation=_id(asked.get("conversation", "")),
        person=_id(asked.get("person", "")),
        model=_id(asked.get("model", "")),
        after=_day(asked, "after"),
        before=_day(asked, "before"),
        has_file=bool(asked.get("has_file")),
        titles=bool(asked.get("titles")),
    )


def _inside(person: User, asked: QueryDict) -> Conversation | None:
    """Return the one conversation that is searched, if this person may read it."""
    key = _id(asked.get("conversation", ""))
    return Conversation.objects.visible_to(person).filter(pk=key).first() if key else None


def _day(asked: QueryDict, name: str) -> datetime | None:
    given = asked.get(name, "")
    return day(given, name) if given else None


def _id(text: str) -> UUID | None:
    """Return the id; a malformed one is as good as none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _sentence(refused: Refused) -> str:
    if refused.field in ("after", "before"):
        return _("Write a day as 2025-12-31.")
    if refused.code == "too_long":
        return _("This search is too long. Use fewer words.")
    return _("This cannot be searched.")


def _choices(person: User, page: Page, asked: QueryDict) -> dict[str, Choices]:
    """Return the teams, people and models to choose from, and those that the address names if a result has them."""
    teams = Team.objects.visible_to(person)
    people = User.objects.filter(memberships__team__in=teams).distinct()
    found: dict[str, Any] = {
        "people": {str(one.pk): one.name for one in (person, *people)},
        "models": {str(model.pk): model.name for model in models_anywhere(person)},
    }
    for result in page.results:
        for kind, key, name in (
            ("people", result.author, result.author_name),
            ("models", result.model, result.model_name),
        ):
            if key and str(key) in (asked.get("person"), asked.get("model")):
                found[kind].setdefault(str(key), name)
    return {
        "teams": [(str(team.pk), team.name) for team in teams],
        "people": sorted(found["people"].items(), key=lambda one: one[1].casefold()),
        "models": sorted(found["models"].items(), key=lambda one: one[1].casefold()),
    }
