"""Prompts: new ones, other words for one, and its end."""

from typing import Any
from uuid import UUID

from django.db import transaction

from conversations.actions.access import project_to_write_in, team_to_write_in
from conversations.errors import NotFound, Refused
from conversations.models import Prompt, PromptVersion, User
from conversations.models.prompts.prompt import PromptQuerySet
from conversations.protocol.prompts import Place, PromptWords
from conversations.usage import quotas
from providers.audit import log


class Outdated(Refused):
    """Refuses words that were written over an older version than the published one."""

    def __init__(self) -> None:
        super().__init__("conflict", "Somebody has published another version meanwhile.")


def create_prompt(user: User, place: Place, words: PromptWords) -> Prompt:
    """Publish a new prompt, or propose it where only leads publish."""
    with transaction.atomic():
        return add_prompts(user, place, [words])[0]


def add_prompts(user: User, place: Place, given: list[PromptWords]) -> list[Prompt]:
    """Publish or propose these prompts in one place; needs a transaction, and refuses all if they have no room."""
    where = place_of(user, place)
    quotas.check_prompts(Prompt.objects.in_place(**where), len(given), sum(words.size for words in given))
    return [_add(user, Prompt(**where), words) for words in given]


def change_prompt(user: User, prompt_id: UUID, words: PromptWords, version: int | None = None) -> Prompt:
    """Publish other words, or propose them where only leads publish.

    With `version`, that is the one over which they were written; raises Outdated if there is a newer one.
    """
    with transaction.atomic():
        prompt = to_write(user, prompt_id)
        if version is not None and version != prompt.version:
            raise Outdated
        if words.stored() == prompt.words() and prompt.version:
            return prompt
        kept = Prompt.objects.in_place(owner=prompt.owner, team=prompt.team, project=prompt.project)
        quotas.check_prompts(kept, 0, words.size)
        if decides(user, prompt):
            publish(user, prompt, words)
        else:
            _propose(user, prompt, words)
    return prompt


def delete_prompt(user: User, prompt_id: UUID) -> None:
    """Delete a prompt with all versions; messages that came from it keep its name. One's own proposal, too."""
    with transaction.atomic():
        prompt = to_write(user, prompt_id)
        if not decides(user, prompt) and (prompt.version or prompt.updated_by_id != user.pk):
            raise NotFound
        if prompt.is_logged and prompt.version:
            log.removed(user, prompt)
        prompt.delete()


def to_write(user: User, prompt_id: UUID) -> Prompt:
    """Return a prompt for which this person may write, locked like their place in its team."""
    return _locked(user, Prompt.objects.writable_by(user), prompt_id)


def to_decide_on(user: User, prompt_id: UUID) -> Prompt:
    """Return a prompt that this person may publish, locked like their place in its team."""
    return _locked(user, Prompt.objects.decided_by(user), prompt_id)


def decides(user: User, prompt: Prompt) -> bool:
    """Return whether this person may publish it."""
    return Prompt.objects.decided_by(user).filter(pk=prompt.pk).exists()


def publish(user: User, prompt: Prompt, words: PromptWords, author: User | None = None) -> None:
    """Make these words the next version, by `author` if that is somebody else than who publishes it."""
    is_new = not prompt.version
    with log.watch(user, *([Prompt.objects.filter(pk=prompt.pk)] if prompt.is_logged and not is_new else [])):
        prompt.say(words.stored(), author or user)
        prompt.version += 1
        prompt.save()
        _keep(prompt, words, author or user, prompt.version)
    if is_new and prompt.is_logged:
        log.added(user, prompt)
    PromptVersion.objects.remove_old(prompt)


def place_of(user: User, place: Place) -> dict[str, Any]:
    """Return the `owner`, `team` or `project` of new prompts, nothing for the site's; needs a transaction."""
    if place.project is not None:
        return {"project": project_to_write_in(user, place.project)}
    if place.team is not None:
        return {"team": team_to_write_in(user, place.team)}
    if place.kind != "site":
        return {"owner": user}
    if not user.has_perm(Prompt.SITE_PERMISSION):
        raise NotFound
    return {}


def _add(user: User, prompt: Prompt, words: PromptWords) -> Prompt:
    prompt.say(words.stored(), user)
    prompt.save()
    if decides(user, prompt):
        publish(user, prompt, words)
    else:
        _propose(user, prompt, words)
    return prompt


def _propose(user: User, prompt: Prompt, words: PromptWords) -> None:
    """Keep these words for the leads, in place of the person's earlier proposal; a new prompt has them already."""
    prompt.versions.proposed().filter(author=user).delete()
    if not prompt.version:
        prompt.say(words.stored(), user)
        prompt.save()
    _keep(prompt, words, user, None)


def _keep(prompt: Prompt, words: PromptWords, author: User, number: int | None) -> None:
    told = {**words.stored(), "size": words.size}
    PromptVersion.objects.create(prompt=prompt, number=number, author=author, **told)


def _locked(user: User, rows: PromptQuerySet, prompt_id: UUID) -> Prompt:
    """Return one of these prompts; the person's place is locked first, so that access cannot end meanwhile."""
    team, project = Prompt.objects.filter(pk=prompt_id).values_list("team", "project").first() or (None, None)
    if team is not None:
        team_to_write_in(user, team)
    if project is not None:
        project_to_write_in(user, project)
    locked = rows.select_related("owner", "team", "project__team").select_for_update(of=("self",), no_key=True)
    found = locked.filter(pk=prompt_id).first()
    if found is None:
        raise NotFound
    return found
