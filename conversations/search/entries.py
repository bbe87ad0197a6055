"""The entries of the index that a person may read and a query may mean."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from conversations.confusable_names import skeleton
from conversations.models import Conversation, SearchEntry, Team, User
from conversations.models.conversation import ConversationQuerySet
from conversations.search.indexing import expression, matching, scoping, sharing_most
from conversations.search.queries import Query
from conversations.search.terms import Token
from conversations.search.tokens import ANSWERED, TITLE, VERIFIED
from providers.prepared_queries import Prepared

BEST, NEAR = 40, 1_000
"""Entries of each kind that promise most, and the newest entries among which the terms are looked for as typed."""
SHARING = 200
"""Questions with a verified answer that share most with what is typed; of these, readable ones are compared."""
MAX_SCOPES = 200
"""Scopes that the index is asked for at once; who has more reads most of the site."""


_TEAMS = Prepared(lambda person: Team.objects.visible_to(User(pk=person)).only("pk"))


def entries(person: User, query: Query, top: int | None = None) -> "QuerySet[SearchEntry]":
    """Return the entries up to id `top` with all tokens of the query, newest first.

    The terms' patterns are still to be checked.
    """
    rows = _readable(person, query)
    within = _scopes(person)
    if query.terms:
        return matching(rows, expression(query, within), top)
    own = rows.filter(scope__in=within) if within else rows
    return (own if top is None else own.filter(pk__lte=top)).order_by("-pk")


def best(person: User, query: Query, top: int) -> "list[QuerySet[SearchEntry]]":
    """Return the entries up to id `top` that promise most, of each kind the newest.

    They are verified answers, titles, texts about all terms, and texts in which the terms stand as they were typed.
    """
    rows, within = _readable(person, query), _scopes(person)
    kinds = [
        matching(rows, expression(query, within, also=[Token(VERIFIED)]), top)[:BEST],
        matching(rows, expression(query, within, about=True, also=[Token(TITLE)]), top)[:BEST],
        matching(rows, expression(query, within, about=True), top)[:BEST],
    ]
    if sum(len(term.tokens) for term in query.terms) > 1:
        near = matching(rows, expression(query, within), top)[:NEAR].values("pk")
        kinds.append(SearchEntry.objects.filter(_as_typed(query), pk__in=near).order_by("-pk")[:BEST])
    return kinds


def answered(person: User, weights: Mapping[Token, float]) -> "QuerySet[SearchEntry]":
    """Return questions with a verified answer that a person may read: those whose shared tokens weigh most."""
    found = sharing_most(weights, _scopes(person), Token(ANSWERED), SHARING) if weights else []
    return _readable(person, Query()).filter(pk__in=found)


def _as_typed(query: Query) -> Q:
    texts = [term.text for term in query.terms]
    spaced = Q(message__text__icontains=" ".join(texts))
    return spaced if "".join(texts).isascii() else spaced | Q(message__text__icontains="".join(texts))


def newest_messages(person: User, query: Query, conversations: Sequence[Conversation]) -> dict[str, UUID]:
    """Return the newest message with all tokens of the query in each of a few conversations that has one."""
    rows = _readable(person, query).filter(conversation__in=conversations, message__isnull=False).order_by("message")
    if query.terms:
        rows = rows.filter(index__words__matches=expression(query, _scopes(person)))
    return {str(conversation): message for conversation, message in rows.values_list("conversation", "message")}


def _readable(person: User, query: Query) -> "QuerySet[SearchEntry]":
    """Return the entries that this person may read and the query's facets mean, with and without its words."""
    conversation = _conversations(person, query).filter(pk=OuterRef("conversation"))
    return SearchEntry.objects.filter(_facets(query), Exists(conversation))


def _scopes(person: User) -> list[UUID]:
    """Return whose entries the index looks through: the person's, their teams' and hosts'; [] for everybody's.

    It saves the way through what others have. Who may read is said by `_conversations`.
    """
    if not scoping.is_done():
        return []
    rows = Conversation.objects.filter(Conversation.objects.where_named(person))
    hosts = rows.values_list(Coalesce("team", "owner"), flat=True).distinct()
    found = list({person.pk, *(team.pk for team in _TEAMS(person.pk)), *hosts})
    return found if len(found) <= MAX_SCOPES else []


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
