"""Filters for what happened."""

from django import template

from conversations.models import Target
from conversations.models.notifications import sentences
from conversations.models.notifications.notification import Happening

register = template.Library()
register.filter("sentence", sentences.sentence)
register.filter("address", sentences.address)
register.filter("outcome", sentences.outcome)


@register.filter
def told_to(row: Happening, target: Target) -> str:
    """Return what a target was told."""
    return sentences.sentence(row, is_for_team=target.team_id is not None)
