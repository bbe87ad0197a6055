"""The index of the passages of files that projects look up: writing it, and asking it for a question's words."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from conversations.models import Passage
from conversations.models.projects.passage import PassageQuerySet
from conversations.search.folding import fold
from conversations.search.indexing import VERSION, by_the_index, dialect
from conversations.search.terms import Token
from conversations.search.tokens import scope_token, tokens_of

MAX_HOLDERS = 1_000
"""Passages that are read of each word: one that more of them hold says little."""


def missing() -> PassageQuerySet:
    """Return the passages that the index lacks."""
    return Passage.objects.exclude(version=VERSION)


def add(passages: Sequence[Passage]) -> None:
    """Index passages that are not in the index yet; each knows its file and its project."""
    database = dialect()
    with connection.cursor() as cursor:
        cursor.executemany(database.INSERT_PASSAGE, [[one.pk, database.document(_tokens(one))] for one in passages])
    Passage.objects.filter(pk__in=[one.pk for one in passages]).update(version=VERSION)


def renew(passage: Passage) -> None:
    """Index a passage that may be in the index already."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_passageindex WHERE rowid = %s", [passage.pk])
    add([passage])


def holders(project: UUID, words: Iterable[Token]) -> list[list[int]]:
    """Return for each word the ids of the project's passages that hold it; no access check: callers make it."""
    database, scope = dialect(), [Token(scope_token(project))]
    asked = [database.expression([word], (), scope) for word in words]
    if not asked:
        return []
    with by_the_index(), connection.cursor() as cursor:
        cursor.execute(*database.passages(asked, MAX_HOLDERS))
        rows = cursor.fetchall()
    found: list[list[int]] = [[] for _ in asked]
    for number, key in rows:
        found[int(number)].append(key)
    return found


def _tokens(passage: Passage) -> list[str]:
    held = passage.held
    text = "\n".join([held.file.name, passage.place, passage.text])
    return [scope_token(held.project_id), *tokens_of(fold(text))]
