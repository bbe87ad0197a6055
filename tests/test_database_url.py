"""DATABASE_URL, as people write it."""

import pytest

from chatsite.configuration import database_url

PARTS = ("HOST", "PORT", "NAME", "USER", "PASSWORD")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgres://ann:pw@db.example:6432/chat", ("db.example", "6432", "chat", "ann", "pw")),
        ("postgresql://ann@[::1]/chat", ("::1", "", "chat", "ann", "")),
        ("postgres://a%40b:p%2Fw%3A@db/my%20chat", ("db", "", "my chat", "a@b", "p/w:")),
        ("postgres:///chat?host=/run/postgresql", ("", "", "chat", "", "")),
    ],
)
def test_an_address_is_taken_apart(url: str, parts: tuple[str, ...]) -> None:
    entry = database_url.postgres(url)
    assert tuple(entry[name] for name in PARTS) == parts


def test_what_stands_behind_the_question_mark_is_for_libpq() -> None:
    options = database_url.postgres("postgres://db/chat?sslmode=verify-full&host=/run")["OPTIONS"]
    assert (options["sslmode"], options["host"]) == ("verify-full", "/run")


@pytest.mark.parametrize("url", ["mysql://db/chat", "postgres://db", "postgres://db/", "chat", "postgres://db/a/b"])
def test_another_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="it must look like postgres://"):
        database_url.postgres(url)


def test_no_statement_and_no_lock_takes_for_ever_and_none_is_compiled() -> None:
    words = database_url.postgres("postgres://db/chat")["OPTIONS"]["options"]
    for limit in ("statement_timeout=15s", "idle_in_transaction_session_timeout=30s", "lock_timeout=5s", "jit=off"):
        assert limit in words
