"""Estimates of a question's cost before it is sent, and the budgets left for it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings

from conversations.actions import model_choice
from conversations.models import Conversation, File, Message, User
from conversations.usage import estimates, token_counts
from conversations.usage.budgets import budgets_of, likely_cost
from providers.types import Usage


def estimate(
    user: User, conversation: Conversation, parent: UUID | None, asked: Sequence[UUID], text: str, files: Sequence[UUID]
) -> dict[str, Any]:
    """Return tokens, costs and budgets for the API; refuses models that this person may not use here.

    `cost` is what is set aside, so the most that is expected; `likely_cost` is learnt from the answers above.
    """
    models = model_choice.models(user, conversation, asked)
    above = conversation.messages.filter(pk=parent).first() if parent and not conversation._state.adding else None
    branch = list(Message.objects.branch(above.pk)) if above else []
    known = estimates.likely_usage(conversation, branch, {})
    more = token_counts.tokens(text) + sum(
        map(estimates.file_tokens, File.objects.visible_to(user).filter(pk__in=files))
    )
    usage = Usage((known.input_tokens or 0) + more, known.output_tokens)
    answer = estimates.usual_answer(branch)
    usual = Usage(usage.input_tokens, answer) if answer else None
    most = sum(likely_cost(model, usage) for model in models)
    budgets = {left for model in models for left in budgets_of(user, conversation.team_id, model.pk)}
    return {
        "currency": settings.CHATSITE_CURRENCY,
        "input_tokens": len(models) * (usage.input_tokens or 0),
        "output_tokens": len(models) * (usage.output_tokens or 0),
        "cost": most,
        "likely_cost": min(most, sum(likely_cost(model, usual) for model in models)) if usual else None,
        "budgets": [asdict(left) for left in sorted(budgets, key=lambda left: (left.kind, left.period))],
    }
