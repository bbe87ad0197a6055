"""The index on SQLite: an FTS5 table without places, whose text is the tokens themselves."""

from collections.abc import Iterable, Sequence

from conversations.search.terms import Token

INSERT = "INSERT INTO conversations_searchindex (rowid, words) VALUES (%s, %s)"

MATCHES, KEY = "index__words__matches", "index"
"""The lookup of words in many entries, and the field by which FTS5 yields the newest ones first."""


def document(tokens: Iterable[str]) -> str:
    """Return the tokens as the table stores them: its tokenizer splits at blanks alone."""
    return " ".join(tokens)


def expression(wanted: Sequence[Token], unwanted: Sequence[Token]) -> str:
    """Return an FTS5 query for all of the first tokens, and none of the others."""
    both = " AND ".join(map(_quoted, wanted))
    return f"({both}) NOT ({' OR '.join(map(_quoted, unwanted))})" if unwanted else both


def _quoted(token: Token) -> str:
    text = token.text.replace('"', '""')
    return f'"{text}" *' if token.is_prefix else f'"{text}"'
