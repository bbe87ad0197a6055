"""Prompts of a file, kept in one place; those that are there already come no second time."""

from django.db import transaction

from conversations.actions.prompts.writing import add_prompts, place_of
from conversations.models import Prompt, User
from conversations.protocol.prompts import Place, PromptWords


def import_prompts(user: User, place: Place, given: list[PromptWords]) -> list[Prompt]:
    """Publish or propose these prompts, and return them; all or none: refuses what has no room."""
    with transaction.atomic():
        kept = Prompt.objects.in_place(**place_of(user, place))
        known = set(kept.values_list("name", "text"))
        fresh = list({(words.name, words.text): words for words in given}.items())
        return add_prompts(user, place, [words for key, words in fresh if key not in known])
