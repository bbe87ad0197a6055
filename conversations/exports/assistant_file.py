"""Assistants as a JSON file, which the import of assistants reads again. Their files stay here."""

import json
from collections.abc import Iterable, Mapping

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from conversations.exports.file_names import file_name
from conversations.models import Assistant

FORMAT, VERSION = "chatsite-assistants", 1


def assistant_response(assistants: Iterable[Assistant], models: Mapping[str, str], name: str) -> HttpResponse:
    """Return the settings of these assistants as an attachment; `models` are names of models by id, others are not."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "assistants": [
            {
                "name": one.name,
                "symbol": one.symbol,
                "instructions": one.instructions,
                "models": [models[key] for key in one.model_ids if key in models],
                "parameters": one.parameters,
                "starters": one.starters,
                "archived": one.archived,
                "version": one.version,
                "updated_at": one.updated_at,
            }
            for one in assistants
        ],
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
    response = HttpResponse(text, content_type="application/json")
    named = content_disposition_header(True, file_name(name, ".json", "assistants"))
    response.headers["Content-Disposition"] = named or ""
    return response
