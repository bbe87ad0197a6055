"""The sections of the sidebar's list, as a page begins with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest

from conversations.accounts.signed_in import person_of
from conversations.models import Arrangement, Conversation, Mention, User
from conversations.models.conversation import ConversationQuerySet
from conversations.models.sidebar import cursor_of, placed, sidebar
from providers.prepared_queries import Prepared

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
    person, folded = person_of(request).pk, folded_parts(request)
    shown_too = {*([shown.pk] if shown else []), *(mention.conversation_id for mention in _UNREAD(person))}
    return [_section(name, person, shown_too, is_open=name not in folded) for name in CONDITIONS]


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


def _section(name: str, person: UUID, shown_too: set[UUID], *, is_open: bool) -> Section:
    most = FIRST_ROWS[name]
    page = _FIRST[name](person)
    first, following = page[:most], cursor_of(page[most - 1]) if len(page) > most else ""
    if following and (older := shown_too.difference(row.pk for row in first)):
        first += _annotated(person, _rows(name, person).filter(pk__in=older))  # older than all of these
    return Section(name, first, following, is_open)


def _rows(name: str, person: UUID) -> ConversationQuerySet:
    user = User(pk=person)
    listed = placed(Conversation.objects.visible_to(user), user).filter(Q(is_archived=False), **CONDITIONS[name])
    if name == "pinned":  # few: they are looked up instead of all being looked through
        return listed.filter(pk__in=Arrangement.objects.filter(user=person, pinned=True).values("conversation"))
    return listed.filter(listed.where_named(user)) if name == "named" else listed


def _annotated(person: UUID, rows: ConversationQuerySet) -> ConversationQuerySet:
    """Return these rows as the list shows them; a database computes annotations of all rows before it sorts."""
    return sidebar(Conversation.objects.filter(pk__in=rows.values("pk")), User(pk=person))


def _first(name: str, person: UUID) -> ConversationQuerySet:
    return _annotated(person, _rows(name, person)[: FIRST_ROWS[name] + 1])


_FIRST = {
    "pinned": Prepared(lambda person: _first("pinned", person)),
    "team": Prepared(lambda person: _first("team", person)),
    "named": Prepared(lambda person: _first("named", person)),
    "private": Prepared(lambda person: _first("private", person)),
}
_UNREAD = Prepared(lambda person: Mention.objects.unread().filter(person=person).order_by("-id")[:MAX_MENTIONED])
