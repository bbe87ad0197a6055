"""The sections of the sidebar's list, as a page begins with them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest

from conversations.accounts.signed_in import person_of
from conversations.models import Arrangement, Conversation, Guest, Mention
from conversations.models.conversation import ConversationQuerySet
from conversations.models.sidebar import cursor_of, placed, sidebar

COOKIE = "sidebar"
"""The cookie with the names of folded sections; static/js/helpers/sidebar-cookie.js sets it."""
CONDITIONS: dict[str, dict[str, Any]] = {
    "pinned": {"is_pinned": True},
    "team": {"is_pinned": False, "is_named": False, "team__isnull": False},
    "named": {"is_pinned": False, "is_named": True},
    "private": {"is_pinned": False, "is_named": False, "team__isnull": True},
}
FIRST_ROWS = {"pinned": 50, "team": 5, "named": 5, "private": 50}
"""Conversations in a section of a fresh page; more come over the API."""
MAX_MENTIONED = 50
"""Older conversations that are listed because they mention the page's reader."""
WIDTHS, USUAL_WIDTH = range(13, 31), 17
"""Widths of the sidebar: rem. static/css/sidebar.css has a rule for each."""
_WIDTH = re.compile(r"w\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    rows: list[Conversation]
    next: str
    """The cursor behind the last of its rows; empty if there are no more."""
    is_open: bool


def sections_of(request: HttpRequest, shown: Conversation | None) -> list[Section]:
    """Return the sections, with the conversation that the page shows and those that mention its reader.

    Archived ones are in none.
    """
    person = person_of(request)
    listed = placed(Conversation.objects.visible_to(person), person).filter(Q(is_archived=False))
    pinned = Arrangement.objects.filter(user=person, pinned=True).values("conversation")
    named = Guest.objects.filter(user=person).values("conversation")
    rows = {name: listed.filter(**conditions) for name, conditions in CONDITIONS.items()}
    rows["pinned"] = rows["pinned"].filter(pk__in=pinned)  # few: they are looked up instead of all being looked through
    rows["named"] = rows["named"].filter(pk__in=named)
    unread = Mention.objects.unread().filter(person=person).order_by("-id")
    shown_too = {*([shown.pk] if shown else []), *unread.values_list("conversation", flat=True)[:MAX_MENTIONED]}
    keys = {name: _keys(rows[name], FIRST_ROWS[name], shown_too) for name in CONDITIONS}
    found = sidebar(Conversation.objects.filter(pk__in={key for first, _ in keys.values() for key in first}), person)
    known, folded = {row.pk: row for row in found}, folded_parts(request)
    return [_section(name, *keys[name], known, is_open=name not in folded) for name in CONDITIONS]


def newest_in(sections: Iterable[Section], most: int) -> list[Conversation]:
    """Return the conversations of all these sections that changed last."""
    rows = [row for section in sections for row in section.rows]
    return sorted(rows, key=lambda row: row.updated_at, reverse=True)[:most]


def folded_parts(request: HttpRequest) -> set[str]:
    """Return the names of what this browser's person has folded: sections, or the whole `sidebar`."""
    return set(request.COOKIES.get(COOKIE, "").split("."))


def sidebar_width(request: HttpRequest) -> int:
    """Return the width that this browser's person gave the sidebar: rem."""
    chosen = [int(part[1:]) for part in folded_parts(request) if _WIDTH.fullmatch(part)]
    return next((width for width in chosen if width in WIDTHS), USUAL_WIDTH)


def _keys(rows: ConversationQuerySet, most: int, shown_too: set[UUID]) -> tuple[list[UUID], UUID | None]:
    """Return the first rows' ids with those of some older ones, and the last before these if there are more."""
    found = list(rows.values_list("pk", flat=True)[: most + 1])
    if len(found) <= most:
        return found, None
    older = rows.filter(pk__in=shown_too.difference(found[:most]))  # older than all of these, so in their place
    return [*found[:most], *older.values_list("pk", flat=True)], found[most - 1]


def _section(
    name: str, keys: list[UUID], last: UUID | None, known: Mapping[UUID, Conversation], *, is_open: bool
) -> Section:
    rows = [known[key] for key in keys if key in known]
    return Section(name, rows, cursor_of(known[last]) if last and last in known else "", is_open)
