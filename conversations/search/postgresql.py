"""The index on PostgreSQL: a `tsvector` without places, under a GIN index."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from conversations.search.terms import Token
from conversations.search.tokens import SCOPE

_SETTINGS = {"enable_seqscan": "off", "max_parallel_workers_per_gather": "0"}
INSERT = "INSERT INTO conversations_searchindex (rowid, conversations_searchindex) VALUES (%s, %s::tsvector)"
MOVE = f"""
    UPDATE conversations_searchindex
    SET conversations_searchindex =
        ts_delete(conversations_searchindex, '{SCOPE}' || replace(scope::text, '-', '')) || %s::tsvector
    FROM conversations_searchentry WHERE id = rowid AND conversation_id = %s AND scope IS NOT NULL
"""  # noqa: S608
"""The statement that gives all words of a conversation another scope."""

INSERT_PASSAGE = "INSERT INTO conversations_passageindex (rowid, conversations_passageindex) VALUES (%s, %s::tsvector)"
_PASSAGES = """
    SELECT asked.place - 1, held.rowid FROM unnest(%s::tsquery[]) WITH ORDINALITY AS asked(query, place),
    LATERAL (
        SELECT rowid FROM conversations_passageindex WHERE conversations_passageindex @@ asked.query LIMIT %s
    ) AS held
"""

SHARING = """
    SELECT rowid AS id, %s::float AS weight FROM conversations_searchindex
    WHERE conversations_searchindex.conversations_searchindex @@ %s::tsquery
"""
"""The statement that finds the entries with one word, and tells what it weighs."""

MATCHES, KEY = "id__has_words", "id"
"""The lookup of words in many entries, and the field by which these are ordered."""


def passages(asked: Sequence[str], most: int) -> tuple[str, list[object]]:
    """Return the statement that finds at most so many passages for each expression, and its parameters.

    It yields the place of the expression and the passage. It is planned once, however many expressions there are.
    """
    return _PASSAGES, [list(asked), most]


def document(tokens: Iterable[str]) -> str:
    """Return the tokens in the form of a tsvector."""
    return " ".join(map(_lexeme, tokens))


def expression(
    wanted: Sequence[Token], unwanted: Sequence[Token], scopes: Sequence[Token], some: Sequence[Token] = ()
) -> str:
    """Return a tsquery for all wanted tokens and no unwanted one.

    One of the scopes, and one of `some`, must be there as well, if any are given.
    """
    either = [f"({' | '.join(map(_quoted, tokens))})" for tokens in (scopes, some) if tokens]
    return " & ".join([*map(_quoted, wanted), *(f"!{_quoted(token)}" for token in unwanted), *either])


def _quoted(token: Token) -> str:
    return f"{_lexeme(token.text)}:*" if token.is_prefix else _lexeme(token.text)


def _lexeme(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


@contextmanager
def by_the_index() -> Iterator[None]:
    """Make the queries inside look words up in their index.

    The planner would read row after row, because it does not know what reading a long vector costs.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = {value}" for name, value in _SETTINGS.items()))
        yield
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _SETTINGS))
