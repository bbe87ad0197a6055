"""Template tags for the theme and the size of text of a page."""

from typing import Any

from django import template

from conversations.accounts.preferences import Look, look_of
from conversations.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def look(context: template.Context) -> Look:
    """Return the look of this page: one that its view names, else the reader's, else the system's."""
    named = context.get("look")
    if isinstance(named, Look):
        return named
    request = context.get("request")
    return look_of(request) if request is not None and hasattr(request, "user") else Look()


@register.inclusion_tag("_appearance.html", takes_context=True)
def appearance(context: template.Context) -> dict[str, Any]:
    """Draw the choice of theme and size."""
    names = ("request", "csrf_token")
    return {
        **{name: context.get(name) for name in names},
        "look": look(context),
        "themes": User.Theme.choices,
        "text_sizes": User.TextSize.choices,
    }
