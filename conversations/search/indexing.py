"""The writing of the index, in the transaction that writes what is indexed."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from conversations.models import Conversation, Message, SearchEntry, Verification
from conversations.search import postgresql, sqlite
from conversations.search.folding import fold
from conversations.search.queries import Query
from conversations.search.terms import Token
from conversations.search.tokens import ABOUT, ANSWERED, MAX_TEXT, VERIFIED, scope_token, tokens_of
from providers.prepared_queries import insert_with_key, stored

_MOST = "SELECT id FROM ({}) AS found GROUP BY id ORDER BY sum(weight) DESC, id DESC LIMIT %s"
VERSION = 3
"""The version of folding and tokens; entries of another one are made again."""


def add_messages(messages: Iterable[Message]) -> None:
    """Index messages that have ended and are not in the index yet."""
    entries = ((insert_with_key(SearchEntry(message=one, **_of_message(one))), one) for one in messages)
    _write_all([(key, one.conversation.scope, _said(one)) for key, one in entries])


def renew_message(message: Message) -> None:
    """Index a message that may be in the index already, with its mark or that of an answer to it."""
    fields = _of_message(message)
    entry, is_new = SearchEntry.objects.get_or_create(message=message, defaults=fields)
    _rewrite(entry, is_new, _said(message), message.conversation.scope, marks=_marks_of(message))


def set_title(conversation: Conversation) -> None:
    """Index the title that a conversation has now."""
    about = {
        "scope": conversation.scope,
        "author_id": conversation.owner_id,
        "created_at": conversation.created_at,
        "version": VERSION,
    }
    entry, is_new = SearchEntry.objects.get_or_create(conversation=conversation, message=None, defaults=about)
    _rewrite(entry, is_new, conversation.title, conversation.scope, is_title=True)


def move(conversation: Conversation) -> None:
    """Index all of a conversation for its new readers alone, in the transaction that moves it."""
    database, scope = dialect(), scope_token(conversation.scope)
    with connection.cursor() as cursor:
        cursor.execute(database.MOVE, [database.document([scope]), stored(conversation, "id")])
    SearchEntry.objects.filter(conversation=conversation).exclude(scope=None).update(scope=conversation.scope)


def expression(query: Query, scopes: Iterable[UUID], *, about: bool = False, also: Sequence[Token] = ()) -> str:
    """Return the index's own query within some scopes, with `about` for texts that are about all terms.

    Excluded terms that the index cannot tell exactly are left to the patterns.
    """
    mark = ABOUT if about else ""
    wanted = [replace(token, text=mark + token.text) for term in query.terms for token in term.tokens]
    unwanted = [token for term in query.excluded if term.is_exact for token in term.tokens]
    within = [Token(scope_token(scope)) for scope in scopes]
    return str(dialect().expression([*also, *wanted], unwanted, within))


def sharing_most(weights: Mapping[Token, float], scopes: Iterable[UUID], also: Token, most: int) -> list[int]:
    """Return the ids of the entries with `also` whose shared tokens weigh most, of equal ones the newest first."""
    database, within = dialect(), [Token(scope_token(scope)) for scope in scopes]
    parts = [(weight, str(database.expression([also, token], (), within))) for token, weight in weights.items()]
    found = " UNION ALL ".join([database.SHARING] * len(parts))
    values = [value for part in parts for value in part]
    with connection.cursor() as cursor:
        cursor.execute(_MOST.format(found), [*values, most])
        return [key for (key,) in cursor.fetchall()]


def matching(rows: "QuerySet[SearchEntry]", words: str, top: int | None) -> "QuerySet[SearchEntry]":
    """Return the entries up to id `top` in which the index finds this expression, newest first."""
    database = dialect()
    found = rows.filter(**{database.MATCHES: words})
    return (found if top is None else found.filter(**{f"{database.KEY}__lte": top})).order_by(f"-{database.KEY}")


def by_the_index() -> AbstractContextManager[None]:
    """Return the context in which this database finds words soonest."""
    return postgresql.by_the_index() if connection.vendor == "postgresql" else nullcontext()


class Scoping:
    """Do all entries have a scope? Until they do after an upgrade, searches go through all of the site."""

    def __init__(self) -> None:
        self._is_done = False

    def is_done(self) -> bool:
        """Return whether none lacks it; once that is so, it stays so."""
        self._is_done = self._is_done or not SearchEntry.objects.filter(scope=None).exists()
        return self._is_done


scoping = Scoping()


def names_in(parts: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of the files among a message's parts."""
    return [str(part.get("name", "")) for part in parts if "file" in part]


def _of_message(message: Message) -> dict[str, Any]:
    author: UUID | None = None if message.is_reply else message.author_id
    moment: datetime = message.created_at
    return {
        "conversation_id": message.conversation_id,
        "scope": message.conversation.scope,
        "author_id": author,
        "model_id": message.model_id,
        "model_name": message.model_name,
        "has_file": any("file" in part for part in message.parts),
        "created_at": moment,
        "length": len(message.text),
        "version": VERSION,
    }


def _marks_of(message: Message) -> list[str]:
    """Return the tokens of a verified answer, or of a question that has one."""
    marks = Verification.objects.in_force()
    if message.is_reply:
        return [VERIFIED] if marks.filter(message=message).exists() else []
    return [ANSWERED] if marks.filter(message__parent=message).exists() else []


def _said(message: Message) -> str:
    return "\n".join([message.text[:MAX_TEXT], *names_in(message.parts)])


def _rewrite(
    entry: SearchEntry, is_new: bool, text: str, scope: UUID, *, is_title: bool = False, marks: Sequence[str] = ()
) -> None:
    if not is_new:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM conversations_searchindex WHERE rowid = %s", [entry.pk])
        SearchEntry.objects.filter(pk=entry.pk).update(version=VERSION, scope=scope)
    _write_all([(entry.pk, scope, text)], is_title=is_title, marks=marks)


def _write_all(texts: Iterable[tuple[int, UUID, str]], *, is_title: bool = False, marks: Sequence[str] = ()) -> None:
    database = dialect()
    with connection.cursor() as cursor:
        found = (
            (key, scope_token(scope), [*marks, *tokens_of(fold(text), is_title=is_title)]) for key, scope, text in texts
        )
        cursor.executemany(database.INSERT, [[key, database.document([scope, *rest])] for key, scope, rest in found])


def dialect() -> ModuleType:
    """Return the statements and the query syntax of the database in use."""
    return postgresql if connection.vendor == "postgresql" else sqlite
