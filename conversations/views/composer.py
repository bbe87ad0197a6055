"""Contents of the chat page: the models that its composer offers, the panel of parameters, the sheet of keys."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.forms.parameters import Shown, in_two_parts
from conversations.models import Conversation, Installation, User
from conversations.protocol.parameters import panel_parameters, supported_by
from conversations.text import MAX_TEXT_LENGTH
from conversations.usage.model_access import every_model
from providers.families import family_of
from providers.models import LanguageModel
from providers.prices import plain
from providers.wires.parameters import PICTURES, Number, Parameter, words_of


def offered_models(person: User, conversation: Conversation | None) -> dict[str, Any]:
    """Return the context of the list of models: this person's, in natural order, and the one that is chosen."""
    usable = every_model(person)
    purposes = {model.purpose for model in usable}
    for_replies = [model for model in usable if model.purpose == LanguageModel.Purpose.REPLIES]
    prefetch_related_objects(for_replies, "deployments__endpoint")
    recent = Conversation.objects.recent_models_of(person)
    favourites = set(person.favourite_models.values_list("pk", flat=True))
    models = [_choice(model) for model in for_replies]
    for model in models:
        model["is_favourite"] = model["id"] in favourites
        model["recent"] = recent.index(model["id"]) + 1 if model["id"] in recent else None
    chosen = _chosen(models, _usual(conversation, recent))
    return {
        "models": models,
        "chosen_model": chosen,
        "chosen_searches": any(model["id"] == chosen and "web_search" in model["parameters"] for model in models),
        "is_measured": any(model["prices"] or model["window"] for model in models),
        "currency": settings.CHATSITE_CURRENCY,
        "speaks": LanguageModel.Purpose.SPEECH in purposes,
        "dictates": LanguageModel.Purpose.TRANSCRIPTION in purposes,
        "hears": any("sounds" in model["capabilities"] for model in models),
    }


@login_required
@never_cache
@require_GET
def parameters(request: HttpRequest) -> HttpResponse:
    """Show the panel of parameters, within the widest bounds of any wire; the page narrows them to the model's."""
    fields = in_two_parts(Shown(name, declared) for name, declared in panel_parameters().items())
    told = person_of(request).introduction
    return render(request, "_parameters.html", {"parameters": fields, "text_length": MAX_TEXT_LENGTH, "told": told})


@login_required
@require_GET
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Show the sheet of keys."""
    return render(request, "_shortcuts.html")


def _choice(model: LanguageModel) -> dict[str, Any]:
    """Return a model for the composer, with what people choose by and the parameters of its wires."""
    every = model.deployments.all()
    known = supported_by({deployment.speaks() for deployment in every})
    if not all(deployment.may_search_web() for deployment in every):
        known.pop("web_search", None)
    priced = [offer for offer in model.offers() if offer.is_priced_by_token]
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "family": family_of(model.name),
        "vendors": list(dict.fromkeys(offer.endpoint.name for offer in model.offers())),
        "window": model.context_window,
        "prices": [_range(one.input_price for one in priced), _range(one.output_price for one in priced)]
        if priced
        else [],
        "capabilities": model.capabilities(),
        "parameters": [_with_bounds(name, declared) for name, declared in known.items() if name not in PICTURES],
        "pictures": [f"{name}={','.join(words_of(declared))}" for name, declared in model.pictures().items()],
    }


def _range(prices: Iterable[Decimal | None]) -> str:
    """Return one price, or the lowest and the highest, without trailing noughts; "?" if nobody has set one."""
    amounts = sorted({price for price in prices if price is not None})
    return "–".join(plain(amount) for amount in dict.fromkeys((amounts[0], amounts[-1]))) if amounts else "?"


def _with_bounds(name: str, declared: Parameter) -> str:
    if not isinstance(declared, Number):
        return name
    return f"{name}:{declared.low}:{declared.high}:{'' if declared.usual is None else declared.usual}"


def _chosen(models: Sequence[dict[str, Any]], usual: Iterator[UUID | None]) -> UUID | None:
    """Return the first of the usual models that is offered, else the first that is offered."""
    offered = [model["id"] for model in models]
    return next((model for model in usual if model in offered), offered[0] if offered else None)


def _usual(conversation: Conversation | None, recent: Sequence[UUID]) -> Iterator[UUID | None]:
    """Yield the conversation's model, the person's last, and the site's."""
    if conversation:
        yield conversation.model_id
    yield recent[0] if recent else None
    yield Installation.default_model_of_site()
