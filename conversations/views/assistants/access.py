"""Access to the pages of assistants."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.kept.assistants import sentence_of
from conversations.models import Assistant
from conversations.views.acts import Page, acting


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of assistants; a refusal is shown on the assistant's page or the list."""
    return acting(methods, sentence_of, _back)


def _back(places: Mapping[str, Any]) -> tuple[Any, ...]:
    return ("assistant", places["assistant_id"]) if "assistant_id" in places else ("assistants",)


def visible(request: HttpRequest, assistant_id: UUID) -> Assistant:
    found = Assistant.objects.visible_to(person_of(request)).listed().filter(pk=assistant_id).first()
    if found is None:
        raise NotFound
    return found


def decides(request: HttpRequest, assistant: Assistant) -> bool:
    """Return whether this person may change the assistant."""
    return Assistant.objects.decided_by(person_of(request)).filter(pk=assistant.pk).exists()
