"""The prompts of the HTTP API: a person's own, their teams' and the site's."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.api.prompts.schemas import (
    PromptChange,
    PromptFilter,
    PromptIn,
    PromptOut,
    PromptPage,
    prompt_json,
)
from conversations.api.schemas import Failure, start_of
from conversations.errors import NotFound, Refused
from conversations.models import Prompt, User
from conversations.protocol.prompts import checked
from conversations.text import clean

PAGE_SIZE, MAX_PAGE_SIZE = 50, 50
"""Prompts of a page by default, and at most."""
MAX_WORDS = 120
"""Characters of a search."""
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 409, 413, 429}): Failure}


@router.get("/prompts", response={200: PromptPage, **_ERRORS})
def prompts(
    request: HttpRequest, chosen: Query[PromptFilter], q: str = "", cursor: str = "", limit: int = PAGE_SIZE
) -> dict[str, Any]:
    """List published prompts by name. `q` searches names, texts, and first letters, also of Chinese syllables."""
    words, size, start = clean(q, "q").strip()[:MAX_WORDS], max(1, min(limit, MAX_PAGE_SIZE)), start_of(cursor)
    rows = Prompt.objects.visible_to(person_of(request)).published().filter(**chosen.conditions())
    page = list(rows.found_by(words).listed(words)[start : start + size + 1])
    following = str(start + size) if len(page) > size else None
    return {"results": [prompt_json(prompt) for prompt in page[:size]], "next": following}


@router.post("/prompts", response={201: PromptOut, 202: PromptOut, **_ERRORS})
def create_prompt(request: HttpRequest, given: PromptIn) -> Status[dict[str, Any]]:
    """Keep a prompt. 202: it is proposed to the team's leads, and published once one of them agrees."""
    person = person_of(request)
    _limit(person)
    variables = [one.dict() for one in given.variables]
    words = checked(given.name, given.text, variables)
    kept = actions.create_prompt(person, given.scope.place(), words)
    return Status(201 if kept.version else 202, prompt_json(kept))


@router.get("/prompts/{uuid:prompt_id}", response={200: PromptOut, **_ERRORS})
def prompt(request: HttpRequest, prompt_id: UUID) -> dict[str, Any]:
    return prompt_json(_found(person_of(request), prompt_id))


@router.patch("/prompts/{uuid:prompt_id}", response={200: PromptOut, 202: PromptOut, **_ERRORS})
def change_prompt(request: HttpRequest, prompt_id: UUID, given: PromptChange) -> Status[dict[str, Any]]:
    """Publish other words as the next version. 202: they are proposed, and the answer is what is still published."""
    person = person_of(request)
    _limit(person)
    before = _found(person, prompt_id)
    variables = before.variables if given.variables is None else [one.dict() for one in given.variables]
    name, text = (old if new is None else new for new, old in ((given.name, before.name), (given.text, before.text)))
    words = checked(name, text, variables)
    kept = actions.change_prompt(person, prompt_id, words, given.version)
    is_published = kept.version > 0 and kept.words() == words.stored()
    return Status(200 if is_published else 202, prompt_json(kept))


@router.delete("/prompts/{uuid:prompt_id}", response={204: None, **_ERRORS})
def delete_prompt(request: HttpRequest, prompt_id: UUID) -> Status[None]:
    """Delete a prompt with its versions; messages that came from it keep its name."""
    actions.delete_prompt(person_of(request), prompt_id)
    return Status(204, None)


def _found(person: User, prompt_id: UUID) -> Prompt:
    found = Prompt.objects.visible_to(person).listed().filter(pk=prompt_id).first()
    if found is None:
        raise NotFound
    return found


def _limit(person: User) -> None:
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many prompts in the last minute.")
