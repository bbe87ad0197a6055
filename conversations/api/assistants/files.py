"""The routes of files of assistants: one place's as JSON, and what other tools export."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Query, Router
from ninja.files import UploadedFile

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import transfer
from conversations.api.assistants.schemas import AssistantScopeIn, AssistantsImported
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.exports.assistant_file import assistant_response
from conversations.imports.assistants import reading
from conversations.models import Assistant, Team
from conversations.usage.model_access import models_anywhere

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


@router.get("/assistants/export", response={200: None, **_ERRORS})
def export_assistants(
    request: HttpRequest, kind: Literal["own", "site"] = "own", team: UUID | None = None
) -> HttpResponse:
    """Return the settings of one place's assistants as a file: one's own, a team's, or the site's.

    Models are named, those that this person may use. Files are not in it.
    """
    person, title, place = person_of(request), gettext("Assistants"), None
    if team is not None:
        place = Team.objects.visible_to(person).filter(pk=team).first()
        if place is None:
            raise NotFound
        title = f"{title} {place.name}"
    owner = person if kind == "own" and place is None else None
    rows = Assistant.objects.visible_to(person).in_place(owner=owner, team=place).listed()
    names = {str(key): name for key, name in models_anywhere(person).values_list("pk", "name")}
    return assistant_response(rows, names, title)


@router.post("/assistants/import", response={200: AssistantsImported, **_ERRORS})
def import_assistants(request: HttpRequest, chosen: Query[AssistantScopeIn], file: UploadedFile) -> dict[str, Any]:
    """Keep the assistants of a file of Chatsite or Open WebUI; what is there already does not come again."""
    person = person_of(request)
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many assistants in the last minute.")
    if (file.size or 0) > reading.MAX_BYTES:
        raise Refused("too_long", f"A file of assistants may have {reading.MAX_BYTES // 2**20} MB.", "file")
    told = reading.read(file.read())
    kept = transfer.import_assistants(person, chosen.place(), told.assistants)
    return {"found": len(told.assistants) + len(told.refused), "imported": len(kept), "refused": told.refused}
