"""The choice of the models that answer, with the limits on replies under way."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q, prefetch_related_objects

from conversations.errors import Refused
from conversations.models import Assistant, Budget, Conversation, File, Installation, Message, User
from conversations.models.file import Form
from conversations.usage.budgets import budgets_of
from conversations.usage.model_access import model_for, models_for, resting_models
from providers.models import LanguageModel
from providers.prepared_queries import Prepared

MAX_QUEUED = 10
"""Replies under way in one conversation."""
MAX_RUNNING = 8
"""Replies under way for one person."""


def models(
    user: User,
    conversation: Conversation,
    asked: Sequence[UUID],
    before: Iterable[UUID | None] = (),
    assistant: Assistant | None = None,
) -> list[LanguageModel]:
    """Return the requested models in order; else those used before that are left, else one: the assistant's, if any.

    Refuses if a requested model is missing or not for this person here, and if there is none at all.
    """
    if asked:
        return _all_of(user, conversation, asked)
    if left := _those_left(user, conversation, before):
        return left
    if assistant and assistant.model_ids:
        return [_first_of(user, conversation, assistant)]
    return [_one_of(user, conversation)]


def _all_of(user: User, conversation: Conversation, asked: Sequence[UUID]) -> list[LanguageModel]:
    found = _those_left(user, conversation, asked)
    if len(found) < len(asked):
        raise Refused("no_model", "One of these models is not there, or not for you.")
    return found


def _first_of(user: User, conversation: Conversation, assistant: Assistant) -> LanguageModel:
    """Return the first of the assistant's models that this person may use here; refuses if there is none.

    One that rests, or whose budget is used up, comes after those that can answer now.
    """
    found = _those_left(user, conversation, map(UUID, assistant.model_ids))
    if not found:
        raise Refused("no_model", f"You may use none of the models of the assistant “{assistant}” here.", "assistant")
    if len(found) == 1:
        return found[0]
    prefetch_related_objects(found, "deployments__endpoint")
    rests = resting_models(user, conversation.team_id, found)
    awake = (model for model in found if model.pk not in rests)
    return next((model for model in awake if not _is_used_up(user, conversation, model)), found[0])


def _is_used_up(user: User, conversation: Conversation, model: LanguageModel) -> bool:
    limits = budgets_of(user, conversation.team_id, model.pk)
    return any(limit.kind == Budget.Kind.MODEL and limit.is_used_up for limit in limits)


def _those_left(user: User, conversation: Conversation, wanted: Iterable[UUID | None]) -> list[LanguageModel]:
    keys = dict.fromkeys(key for key in wanted if key)
    found = (model_for(user, conversation.team_id, key) for key in keys)
    return [model for model in found if model]


def _one_of(user: User, conversation: Conversation) -> LanguageModel:
    """Return the conversation's own model, else the site's default, else the first available one."""
    own = _those_left(user, conversation, [conversation.model_id])
    own = own or _those_left(user, conversation, [Installation.default_model_of_site()])
    model = own[0] if own else models_for(user, conversation.team_id).first()
    if model is None:
        raise Refused("no_model", "There is no model that you may use: an administrator adds one.")
    return model


def refuse_what_no_model_takes(models: list[LanguageModel], attached: list[File]) -> None:
    """Refuse a picture or a document of which a model would be told only the name."""
    for model in models if attached else []:
        taken = model.taken_kinds()
        for file in attached:
            if file.form_for(taken) is Form.NAME:
                why = "" if file.is_image or file.is_sound else ", and it has no text of its own"
                raise Refused("bad_field", f"{model.name} does not take files like “{file.name}”{why}.")


def check_running_replies(user: User, conversation: Conversation, more: int) -> None:
    under_way = _UNDER_WAY(conversation.pk, user.pk)
    if sum(reply.conversation_id == conversation.pk for reply in under_way) + more > MAX_QUEUED:
        raise Refused("busy", f"This conversation has {MAX_QUEUED} replies under way; wait for one to end.")
    if sum(reply.author_id == user.pk for reply in under_way) + more > MAX_RUNNING:
        raise Refused("busy", f"You have {MAX_RUNNING} replies under way; wait for one to end.")


_UNDER_WAY = Prepared(
    lambda conversation, author: (
        Message.objects.under_way()
        .filter(Q(conversation=conversation) | Q(author=author))
        .only("conversation", "author")
    )
)
