"""Filters for the days that head the sidebar's list; `static/js/helpers/ages.js` goes on with them."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext

register = template.Library()


@register.filter
def age(moment: datetime) -> str:
    """Return which part of the list a conversation that moved then belongs to, in the reader's time zone."""
    days = (timezone.localdate() - timezone.localdate(moment)).days
    parts = {0: "today", 1: "yesterday", 7: "week", 30: "month"}
    return next((part for most, part in parts.items() if days <= most), "older")


@register.filter
def age_name(part: str) -> str:
    """Return the heading of a part of the list."""
    names = {
        "today": gettext("Today"),
        "yesterday": gettext("Yesterday"),
        "week": gettext("Last 7 days"),
        "month": gettext("Last 30 days"),
        "older": gettext("Older"),
    }
    return names[part]
