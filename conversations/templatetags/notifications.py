"""Filters for what happened."""

from django import template

from conversations.models.notifications import sentences

register = template.Library()
register.filter("sentence", sentences.sentence)
register.filter("address", sentences.address)
