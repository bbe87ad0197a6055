"""Filters for what happened."""

from django import template

from conversations.content import notification_text

register = template.Library()
register.filter("sentence", notification_text.sentence)
register.filter("address", notification_text.address)
