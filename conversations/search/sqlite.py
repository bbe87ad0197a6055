"""The index on SQLite: an FTS5 table without places, whose text is the tokens themselves."""

from collections.abc import Iterable, Sequence

from conversations.search.terms import Term, Token

INSERT = "INSERT INTO conversations_searchindex (rowid, words) VALUES (%s, %s)"

MATCHES, KEY = "index__words__matches", "index"
"""The lookup of words in many entries, and the field by which FTS5 yields the newest ones first."""


def document(tokens: Iterable[str]) -> str:
    """Return the tokens as the table stores them: its tokenizer splits at blanks alone."""
    return " ".join(tokens)


def expression(terms: Sequence[Term], excluded: Sequence[Term]) -> str:
    """Return an FTS5 query for all tokens of the terms, and none of the excluded."""
    wanted = " AND ".join(_quoted(token) for term in terms for token in term.tokens)
    unwanted = " OR ".join(_quoted(token) for term in excluded for token in term.tokens)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _quoted(token: Token) -> str:
    text = token.text.replace('"', '""')
    return f'"{text}" *' if token.is_prefix else f'"{text}"'
