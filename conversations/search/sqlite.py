"""The index on SQLite: an FTS5 table without places, whose text is the tokens themselves."""

from collections.abc import Iterable, Sequence

from conversations.search.terms import Token

INSERT = "INSERT INTO conversations_searchindex (rowid, words) VALUES (%s, %s)"
MOVE = """
    UPDATE conversations_searchindex SET words = %s || substr(words, instr(words, ' ')) WHERE rowid IN
    (SELECT id FROM conversations_searchentry WHERE conversation_id = %s AND scope IS NOT NULL)
"""
"""The statement that gives all words of a conversation another scope, which is their first token."""

INSERT_PASSAGE = "INSERT INTO conversations_passageindex (rowid, words) VALUES (%s, %s)"
_PASSAGES = """
    SELECT * FROM (
        SELECT %s AS place, rowid FROM conversations_passageindex WHERE conversations_passageindex MATCH %s LIMIT %s
    )
"""

SHARING = "SELECT rowid AS id, %s AS weight FROM conversations_searchindex WHERE conversations_searchindex MATCH %s"
"""The statement that finds the entries with one word, and tells what it weighs."""

MATCHES, KEY = "index__words__matches", "index"
"""The lookup of words in many entries, and the field by which FTS5 yields the newest ones first."""


def passages(asked: Sequence[str], most: int) -> tuple[str, list[object]]:
    """Return the statement that finds at most so many passages for each expression, and its parameters.

    It yields the place of the expression and the passage.
    """
    given: list[object] = [value for place, one in enumerate(asked) for value in (place, one, most)]
    return " UNION ALL ".join([_PASSAGES] * len(asked)), given


def document(tokens: Iterable[str]) -> str:
    """Return the tokens as the table stores them: its tokenizer splits at blanks alone."""
    return " ".join(tokens)


def expression(
    wanted: Sequence[Token], unwanted: Sequence[Token], scopes: Sequence[Token], some: Sequence[Token] = ()
) -> str:
    """Return an FTS5 query for all wanted tokens and no unwanted one.

    One of the scopes, and one of `some`, must be there as well, if any are given.
    """
    either = [f"({' OR '.join(map(_quoted, tokens))})" for tokens in (scopes, some) if tokens]
    both = " AND ".join([*map(_quoted, wanted), *either])
    return f"({both}) NOT ({' OR '.join(map(_quoted, unwanted))})" if unwanted else both


def _quoted(token: Token) -> str:
    text = token.text.replace('"', '""')
    return f'"{text}" *' if token.is_prefix else f'"{text}"'
