"""Kept prompts as a JSON file, which the import of prompts reads again."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from conversations.exports.file_names import file_name
from conversations.models.prompts.prompt import PromptQuerySet

FORMAT, VERSION = "chatsite-prompts", 1


def prompt_response(prompts: PromptQuerySet, name: str) -> HttpResponse:
    """Return the published words of these prompts as an attachment."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "prompts": [
            {**prompt.words(), "version": prompt.version, "updated_at": prompt.updated_at}
            for prompt in prompts.published().order_by("name", "pk")
        ],
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
    response = HttpResponse(text, content_type="application/json")
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, file_name(name, ".json", "prompts")) or ""
    )
    return response
