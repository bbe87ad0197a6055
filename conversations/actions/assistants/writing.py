"""Assistants: new ones, changes, and their end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.actions.access import team_to_write_in
from conversations.errors import NotFound, Refused
from conversations.models import Assistant, AssistantVersion, User
from conversations.models.assistants.assistant import publishing_teams
from conversations.protocol.assistants import MAX_MODELS
from conversations.protocol.prompts import Place
from conversations.usage import quotas
from conversations.usage.model_access import models_anywhere
from providers.audit import log


def create_assistant(user: User, place: Place, **fields: Any) -> Assistant:
    """Create an assistant of the person, of a team where they publish, or of the site."""
    with transaction.atomic():
        where = place_of(user, place)
        instructions = fields.pop("instructions", "")
        quotas.check_assistants(Assistant.objects.in_place(**where), 1, len(instructions))
        assistant = Assistant(**where)
        _set(user, assistant, fields)
        assistant.save()
        if instructions:
            _add_version(user, assistant, instructions)
        if assistant.owner_id is None:
            log.added(user, assistant)
    return assistant


def change_assistant(user: User, assistant_id: UUID, *, over: datetime | None = None, **changed: Any) -> Assistant:
    """Change an assistant, from the next question to it on; nothing where it is like that already.

    With `over`, the `updated_at` that the writer has read, what others changed meanwhile refuses the change.
    """
    with transaction.atomic():
        assistant = to_decide_on(user, assistant_id)
        before, instructions = _settings(assistant), changed.pop("instructions", assistant.instructions)
        with noted(user, assistant):
            _set(user, assistant, changed)
            is_rewritten = instructions != assistant.instructions
            if not is_rewritten and _settings(assistant) == before:
                return assistant
            if over is not None and _milliseconds(over) != _milliseconds(assistant.updated_at):
                field = "instructions" if is_rewritten else ""
                raise Refused("conflict", "Somebody has changed the assistant meanwhile.", field)
            if is_rewritten:
                kept = Assistant.objects.in_place(assistant.owner, assistant.team)
                quotas.check_assistants(kept, 0, len(instructions))
                _add_version(user, assistant, instructions)
            assistant.updated_at = timezone.now()
            assistant.save()
    return assistant


def restore_instructions(user: User, assistant_id: UUID, number: int) -> None:
    """Make an earlier version the newest one again, by the same words under a new number."""
    with transaction.atomic():
        version = to_decide_on(user, assistant_id).versions.filter(number=min(number, 2**31 - 1)).first()
        if version is None:
            raise NotFound
        change_assistant(user, assistant_id, instructions=version.text)


def delete_assistant(user: User, assistant_id: UUID) -> None:
    """Delete an assistant with its instructions; conversations go on without it, and replies keep its name."""
    with transaction.atomic():
        assistant = to_decide_on(user, assistant_id)
        if assistant.owner_id is None:
            log.removed(user, assistant)
        assistant.delete()


def to_decide_on(user: User, assistant_id: UUID) -> Assistant:
    """Return an assistant that this person may change, locked like their place in its team."""
    team = Assistant.objects.filter(pk=assistant_id).values_list("team", flat=True).first()
    if team is not None:
        team_to_write_in(user, team)
    rows = Assistant.objects.decided_by(user).filter(pk=assistant_id).values("pk")
    locked = Assistant.objects.select_related("owner", "team").select_for_update(of=("self",), no_key=True)
    found = locked.filter(pk__in=rows).first()
    if found is None:
        raise NotFound
    return found


@contextmanager
def noted(user: User, assistant: Assistant) -> Iterator[None]:
    """Tell the audit log of changes to a team's or the site's; a person's own is nobody else's."""
    if assistant.owner_id is not None:
        yield
        return
    with log.watch(user, Assistant.objects.filter(pk=assistant.pk)):
        yield


def place_of(user: User, place: Place) -> dict[str, Any]:
    """Return the `owner` or `team` of a new assistant, nothing for the site's; needs a transaction."""
    if place.team is not None:
        team = team_to_write_in(user, place.team)
        if not publishing_teams(user).filter(pk=team.pk).exists():
            raise NotFound
        return {"team": team}
    if place.kind == "own":
        return {"owner": user}
    if place.kind != "site" or not user.has_perm(Assistant.SITE_PERMISSION):
        raise NotFound
    return {}


def _set(user: User, assistant: Assistant, fields: dict[str, Any]) -> None:
    if "models" in fields:
        assistant.model_ids = _model_ids(user, assistant, fields.pop("models"))
    for name, value in fields.items():
        setattr(assistant, name, value)


def _milliseconds(moment: datetime) -> int:
    """Return a time as JSON tells it, which has no microseconds."""
    return int(moment.timestamp() * 1000)


def _settings(assistant: Assistant) -> dict[str, Any]:
    names = ("name", "symbol", "model_ids", "parameters", "starters", "archived")
    return {name: getattr(assistant, name) for name in names}


def _model_ids(user: User, assistant: Assistant, asked: Sequence[UUID]) -> list[str]:
    """Return the ids of these models in their order; refuses new ones that the person may not use."""
    wanted = list(dict.fromkeys(map(str, asked)))
    if len(wanted) > MAX_MODELS:
        raise Refused("bad_field", f"An assistant has at most {MAX_MODELS} models.", "models")
    usable = {str(key) for key in models_anywhere(user).filter(pk__in=wanted).values_list("pk", flat=True)}
    if not usable.union(assistant.model_ids).issuperset(wanted):
        raise Refused("no_model", "One of these models is not there, or not for you.", "models")
    return wanted


def _add_version(user: User, assistant: Assistant, text: str) -> None:
    """Store the next version, and delete old ones that no reply was given; the row is locked or new."""
    assistant.version += 1
    assistant.instructions = text
    AssistantVersion.objects.create(assistant=assistant, number=assistant.version, text=text, author=user)
    AssistantVersion.objects.remove_old(assistant)
    assistant.save(update_fields=["version", "instructions"])
