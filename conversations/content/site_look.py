"""The name and the colors of the site, for every page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from conversations.models import Installation


def site_look(_request: HttpRequest) -> dict[str, Any]:
    """Return the site's row for templates as `site_row`, read when a page first asks for it."""
    return {"site_row": SimpleLazyObject(Installation.of_site)}
