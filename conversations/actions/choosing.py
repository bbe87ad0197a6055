"""Which models answer, and whether they can."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from conversations.allowance import models_for
from conversations.errors import Refused
from conversations.models import Conversation, File, Message, User
from providers.models import LanguageModel

MAX_QUEUED = 10
"""Replies under way in one conversation."""
MAX_RUNNING = 8
"""Replies under way for one person."""


def models_asked(user: User, conversation: Conversation, asked: Sequence[UUID]) -> list[LanguageModel]:
    """These models in this order; refuses where one is missing, or not for this person here."""
    found = {model.id: model for model in models_for(user, conversation.team_id).filter(pk__in=asked)}
    if any(key not in found for key in asked):
        raise Refused("no_model", "One of these models is not there, or not for you.")
    return [found[key] for key in asked]


def models_before(user: User, conversation: Conversation, used: Iterable[UUID | None]) -> list[LanguageModel]:
    """Those of the models used before that still are there, else the conversation's, else the first there is."""
    usable = models_for(user, conversation.team_id)
    wanted = list(dict.fromkeys(key for key in used if key))
    found = {model.id: model for model in usable.filter(pk__in=wanted)} if wanted else {}
    if found:
        return [found[key] for key in wanted if key in found]
    own = usable.filter(pk=conversation.model_id).first() if conversation.model_id else None
    model = own or usable.first()
    if model is None:
        raise Refused("no_model", "There is no model that you may use: an administrator adds one.")
    return [model]


def refuse_what_no_model_takes(models: list[LanguageModel], attached: list[File]) -> None:
    for model in models if attached else []:
        capabilities = model.capabilities()
        for file in attached:
            if ("images" if file.is_image else "documents") not in capabilities:
                raise Refused("bad_field", f"{model.name} does not take files like “{file.name}”.")


def refuse_a_crowd(user: User, conversation: Conversation, more: int) -> None:
    under_way = Message.objects.under_way()
    if under_way.filter(conversation=conversation).count() + more > MAX_QUEUED:
        raise Refused("busy", f"This conversation has {MAX_QUEUED} replies under way; wait for one to end.")
    if under_way.filter(author=user).count() + more > MAX_RUNNING:
        raise Refused("busy", f"You have {MAX_RUNNING} replies under way; wait for one to end.")
