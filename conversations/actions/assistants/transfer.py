"""Assistants of a file, kept in one place; those that are there already come no second time."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from conversations.actions.assistants.writing import create_assistant, place_of
from conversations.models import Assistant, User
from conversations.protocol.assistants import MAX_MODELS
from conversations.protocol.prompts import Place
from conversations.usage.model_access import models_anywhere


def import_assistants(user: User, place: Place, given: Sequence[tuple[dict[str, Any], list[str]]]) -> list[Assistant]:
    """Keep these assistants, each given with the names of its models, and return the new ones; all or none.

    A model that this person may not use, or that is not here, is left out.
    """
    with transaction.atomic():
        kept = Assistant.objects.in_place(**place_of(user, place))
        known = set(kept.values_list("name", "instructions"))
        keys = {name: key for key, name in models_anywhere(user).order_by("-pk").values_list("pk", "name")}
        made = []
        for settings, names in given:
            if (words := (settings["name"], settings["instructions"])) in known:
                continue
            known.add(words)
            models = list(dict.fromkeys(keys[name] for name in names if name in keys))[:MAX_MODELS]
            made.append(create_assistant(user, place, **settings, models=models))
        return made
