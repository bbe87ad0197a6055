"""The entries of the index that a person may read and a query may mean."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from conversations.confusable_names import skeleton
from conversations.models import Conversation, SearchEntry, User
from conversations.models.conversation import ConversationQuerySet
from conversations.search.indexing import expression, matching
from conversations.search.queries import Query
from conversations.search.terms import Token
from conversations.search.tokens import TITLE

BEST, NEAR = 40, 1_000
"""Entries of each kind that promise most, and the newest entries among which the terms are looked for as typed."""


def entries(person: User, query: Query, top: int | None = None) -> "QuerySet[SearchEntry]":
    """Return the entries up to id `top` with all tokens of the query, newest first.

    The terms' patterns are still to be checked.
    """
    rows = _readable(person, query)
    if not query.terms:
        return (rows if top is None else rows.filter(pk__lte=top)).order_by("-pk")
    return matching(rows, expression(query), top)


def best(person: User, query: Query, top: int) -> "list[QuerySet[SearchEntry]]":
    """Return the entries up to id `top` that promise most, of each kind the newest.

    They are titles, texts that are about all terms, and texts in which the terms stand as they were typed.
    """
    rows = _readable(person, query)
    kinds = [
        matching(rows, expression(query, about=True, also=[Token(TITLE)]), top)[:BEST],
        matching(rows, expression(query, about=True), top)[:BEST],
    ]
    if sum(len(term.tokens) for term in query.terms) > 1:
        near = matching(rows, expression(query), top)[:NEAR].values("pk")
        kinds.append(SearchEntry.objects.filter(_as_typed(query), pk__in=near).order_by("-pk")[:BEST])
    return kinds


def _as_typed(query: Query) -> Q:
    texts = [term.text for term in query.terms]
    spaced = Q(message__text__icontains=" ".join(texts))
    return spaced if "".join(texts).isascii() else spaced | Q(message__text__icontains="".join(texts))


def newest_messages(person: User, query: Query, conversations: Sequence[Conversation]) -> dict[str, UUID]:
    """Return the newest message with all tokens of the query in each of a few conversations that has one."""
    rows = _readable(person, query).filter(conversation__in=conversations, message__isnull=False).order_by("message")
    if query.terms:
        rows = rows.filter(index__words__matches=expression(query))
    return {str(conversation): message for conversation, message in rows.values_list("conversation", "message")}


def _readable(person: User, query: Query) -> "QuerySet[SearchEntry]":
    """Return the entries that this person may read and the query's facets mean, with and without its words."""
    return SearchEntry.objects.filter(_facets(query), conversation__in=_conversations(person, query))


def _conversations(person: User, query: Query) -> ConversationQuerySet:
    rows = Conversation.objects.visible_to(person)
    if query.conversation:
        rows = rows.filter(pk=query.conversation)
    if query.team:
        rows = rows.filter(team=query.team)
    for name in query.teams:
        rows = rows.filter(team__name_key__startswith=skeleton(name))
    return rows


def _facets(query: Query) -> Q:
    asked = Q()
    for name in query.authors:
        asked &= Q(author__in=_called(name))
    for name in query.models:
        asked &= Q(model_name__icontains=name)
    given = {
        "author": query.person,
        "model": query.model,
        "created_at__lt": query.before,
        "created_at__gte": query.after,
        "has_file": query.has_file or None,
        "message__isnull": query.titles or None,
    }
    return asked & Q(**{name: value for name, value in given.items() if value is not None})


def _called(name: str) -> "QuerySet[User]":
    """Return the people whose name begins with this one."""
    key = skeleton(name)
    return User.objects.filter(Q(username_key__startswith=key) | Q(display_key__startswith=key))
