"""Proposals and earlier versions of a prompt: publish, decline, restore."""

from uuid import UUID

from django.db import transaction

from conversations.actions.prompts.writing import change_prompt, publish, to_decide_on, to_write
from conversations.errors import NotFound, Refused
from conversations.models import Prompt, PromptVersion, User
from conversations.protocol.prompts import PromptWords


def publish_proposal(user: User, prompt_id: UUID, proposal_id: UUID, version: int | None = None) -> Prompt:
    """Make a proposal the next version; it keeps its author.

    With `version`, that is the one beside which the proposal was read; refuses it beside a newer one.
    """
    with transaction.atomic():
        prompt = to_decide_on(user, prompt_id)
        if version is not None and version != prompt.version:
            raise Refused("conflict", "Somebody has published another version meanwhile.", "proposal")
        proposal = _proposal(prompt, proposal_id)
        proposal.delete()
        publish(user, prompt, _words_of(proposal), proposal.author)
    return prompt


def decline_proposal(user: User, prompt_id: UUID, proposal_id: UUID) -> bool:
    """Delete a proposal, and the prompt if nothing of it was ever published; returns whether the prompt is left."""
    with transaction.atomic():
        prompt = to_decide_on(user, prompt_id)
        _proposal(prompt, proposal_id).delete()
        if not prompt.version and not prompt.versions.exists():
            prompt.delete()
            return False
    return True


def restore_version(user: User, prompt_id: UUID, number: int) -> Prompt:
    """Publish the words of an earlier version again, or propose them where only leads publish."""
    with transaction.atomic():
        version = to_write(user, prompt_id).versions.published().filter(number=number).first()
        if version is None:
            raise NotFound
        return change_prompt(user, prompt_id, _words_of(version))


def _proposal(prompt: Prompt, proposal_id: UUID) -> PromptVersion:
    found = prompt.versions.proposed().select_related("author").filter(pk=proposal_id).first()
    if found is None:
        raise NotFound
    return found


def _words_of(version: PromptVersion) -> PromptWords:
    return PromptWords(version.name, version.text, version.variables)
