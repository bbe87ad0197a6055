"""Access to the pages of prompts."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.kept.prompts import sentence_of
from conversations.models import Prompt
from conversations.views.acts import Page, acting


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of prompts; a refusal is shown on the list."""
    return acting(methods, sentence_of, lambda _: ("prompts",))


def visible(request: HttpRequest, prompt_id: UUID) -> Prompt:
    found = Prompt.objects.visible_to(person_of(request)).listed().filter(pk=prompt_id).first()
    if found is None:
        raise NotFound
    return found
