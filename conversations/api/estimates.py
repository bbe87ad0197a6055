"""Estimates of a question's cost before it is sent, and the budgets left for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import starmap
from typing import Any
from uuid import UUID

from django.conf import settings

from conversations.actions import model_choice
from conversations.models import Assistant, Conversation, File, Message, User
from conversations.models.file import Form
from conversations.usage import estimates, token_counts
from conversations.usage.budgets import budgets_of, cost_at_most, likely_cost
from conversations.usage.estimates import folds_at
from providers.models import LanguageModel
from providers.types import Usage


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is not sent yet: what it stands below, its models, text, files and assistant."""

    parent: UUID | None
    models: Sequence[UUID]
    text: str
    files: Sequence[UUID]
    assistant: Assistant | None = None


def estimate(user: User, conversation: Conversation, asked: Asked) -> dict[str, Any]:
    """Return tokens, costs and budgets for the API; refuses models that this person may not use here.

    `cost` is what is set aside, so the most that is expected; `likely_cost` is learnt from the answers above.
    """
    models = model_choice.models(user, conversation, asked.models, assistant=asked.assistant)
    known, answer = _known(conversation, asked)
    attached = list(File.objects.visible_to(user).filter(pk__in=asked.files)) if asked.files else []
    said = (known.input_tokens or 0) + token_counts.tokens(asked.text)
    inputs = {model: said + sum(_tokens(file, model) for file in attached) for model in models}
    most = _cost(inputs, known.output_tokens, known.pictures, cost_at_most)
    budgets = {left for model in models for left in budgets_of(user, conversation.team_id, model.pk)}
    return {
        "currency": settings.CHATSITE_CURRENCY,
        "input_tokens": sum(inputs.values()),
        "output_tokens": len(models) * (known.output_tokens or 0),
        "cost": most,
        "likely_cost": min(most, _cost(inputs, answer, known.pictures)) if answer else None,
        "window_share": max(filter(None, starmap(_share, inputs.items())), default=None),
        "folds_at": folds_at(conversation.team),
        "budgets": [asdict(left) for left in sorted(budgets, key=lambda left: (left.kind, left.period))],
        "files": [_of_file(file, models) for file in attached],
    }


def _known(conversation: Conversation, asked: Asked) -> tuple[Usage, int | None]:
    """Return the usage of what stands above the question and goes with it, and the usual length of the answers."""
    parent = None if conversation._state.adding else asked.parent
    above = conversation.messages.filter(pk=parent).first() if parent else None
    branch = list(Message.objects.branch(above.pk)) if above else []
    parameters, key = (asked.assistant.parameters, asked.assistant.pk) if asked.assistant else ({}, None)
    return estimates.likely_usage(conversation, branch, parameters, key), estimates.usual_answer(branch)


def _cost(
    inputs: Mapping[LanguageModel, int],
    output: int | None,
    pictures: int | None = None,
    cost: Callable[[LanguageModel, Usage], int] = likely_cost,
) -> int:
    """Return the cost of so much input for each model, and of the same output: millionths."""
    return sum(cost(model, Usage(tokens, output, pictures=pictures)) for model, tokens in inputs.items())


def _of_file(file: File, models: Sequence[LanguageModel]) -> dict[str, Any]:
    """Return in which form these models get the file, and what that takes."""
    forms = {form for model in models for form in _forms(file, model)}
    tokens = {model: _tokens(file, model) for model in models}
    return {
        "id": file.id,
        "form": next(iter(forms)) if len(forms) == 1 else "either",
        "tokens": max(tokens.values(), default=0),
        "cost": _cost(tokens, 0),
    }


def _tokens(file: File, model: LanguageModel) -> int:
    return max((estimates.file_tokens(file, form) for form in _forms(file, model)), default=0)


def _forms(file: File, model: LanguageModel) -> set[Form]:
    """Return the forms in which the model's deployments get the file."""
    return {file.form_for(deployment.taken_kinds(file.text_id is not None)) for deployment in model.offers()}


def _share(model: LanguageModel, tokens: int) -> float | None:
    return round(tokens / model.context_window, 3) if model.context_window else None
