"""The routes of files of prompts: one place's as JSON, and what other tools export."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Query, Router
from ninja.files import UploadedFile

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.api.prompts.schemas import PromptsImported, ScopeIn
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.exports.prompt_file import prompt_response
from conversations.imports.prompts import reading
from conversations.models import Project, Prompt, Team

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


@router.get("/prompts/export", response={200: None, **_ERRORS})
def export_prompts(
    request: HttpRequest,
    kind: Literal["own", "site"] = "own",
    team: UUID | None = None,
    project: UUID | None = None,
) -> HttpResponse:
    """Return the published prompts of one place as a file: one's own, a team's, a project's, or the site's."""
    person, visible = person_of(request), Prompt.objects.visible_to(person_of(request))
    if team is not None:
        place = _found(Team.objects.visible_to(person), team)
        return prompt_response(visible.in_place(team=place), f"{gettext('Prompts')} {place.name}")
    if project is not None:
        place = _found(Project.objects.visible_to(person), project)
        return prompt_response(visible.in_place(project=place), f"{gettext('Prompts')} {place.name}")
    return prompt_response(visible.in_place(owner=person if kind == "own" else None), gettext("Prompts"))


@router.post("/prompts/import", response={200: PromptsImported, **_ERRORS})
def import_prompts(request: HttpRequest, chosen: Query[ScopeIn], file: UploadedFile) -> dict[str, Any]:
    """Keep the prompts of a file of Chatsite, Open WebUI or LibreChat; what is there already does not come again."""
    person = person_of(request)
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many prompts in the last minute.")
    if (file.size or 0) > reading.MAX_BYTES:
        raise Refused("too_long", f"A file of prompts may have {reading.MAX_BYTES // 2**20} MB.", "file")
    told = reading.read(file.read())
    kept = actions.import_prompts(person, chosen.place(), told.prompts)
    return {"found": len(told.prompts) + len(told.refused), "imported": len(kept), "refused": told.refused}


def _found(rows: Any, key: UUID) -> Any:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound
    return found
