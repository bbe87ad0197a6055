"""Prepared statements say what Django would say; a new version of Django is looked at before it is used."""

import gc
import inspect
from typing import Any
from uuid import uuid4

import django
import pytest
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler

from conversations.actions import access
from conversations.generation import checkpoints
from conversations.models import Conversation, Message
from providers.prepared_queries import Prepared, _statement
from tests.conftest import Cast

KNOWN = (5, 2)
"""The version whose `ModelIterable` was read: it makes objects of rows as `_Statement.made_of` does."""
PREPARED = sorted(
    (one for one in gc.get_objects() if type(one) is Prepared), key=lambda one: inspect.getsource(one._make)
)


def test_this_version_of_django_is_known() -> None:
    assert django.VERSION[:2] == KNOWN, (
        f"providers/prepared_queries.py makes objects of rows as Django {KNOWN} does: read `ModelIterable` and "
        "`results_iter` of this version, see that the tests below pass, then change KNOWN"
    )


def test_none_is_missing() -> None:
    assert len(PREPARED) >= 17


@pytest.mark.parametrize("prepared", PREPARED, ids=lambda one: inspect.getsource(one._make).strip()[:60])
def test_the_statement_is_what_django_makes_for_these_ids(db: None, prepared: Prepared[Any]) -> None:
    given = inspect.signature(prepared._make).parameters.values()
    count = sum(3 if one.kind is one.VAR_POSITIONAL else 1 for one in given)
    marks, ids = ([uuid4() for _ in range(count)] for _ in range(2))
    statement = _statement(prepared._make(*marks), marks, connection)
    texts: list[Any] = [str(one) for one in ids] if statement.model is Session else list(ids)
    sql, parameters = prepared._make(*texts).query.get_compiler(connection=connection).as_sql()
    assert (statement.sql, statement.parameters_for(texts, connection)) == (sql, tuple(parameters))


def test_objects_are_what_django_makes_of_the_rows(cast: Cast) -> None:
    """With objects selected along, one of which is missing, with values that a database stores in another form."""
    question = Message.objects.create(
        conversation=Conversation.objects.create(owner=cast.bob), role="user", author=cast.bob, text="Hi", revision=1,
        parts=[{"kind": "text", "text": "Hi"}], parameters={"temperature": 0.5},
    )  # fmt: skip
    (made,) = checkpoints._MESSAGE(question.pk)
    (wanted,) = checkpoints._MESSAGE._make(question.pk)
    for ours, theirs in ((made, wanted), (made.author, wanted.author), (made.conversation, wanted.conversation)):
        assert _content(ours) == _content(theirs)
    assert made.conversation.team is None
    assert made._state.fields_cache.keys() == wanted._state.fields_cache.keys()
    (deferring,) = Prepared(lambda key: Message.objects.filter(pk=key).only("text"))(question.pk)
    assert deferring.get_deferred_fields() == Message.objects.only("text").get().get_deferred_fields()
    assert deferring.author == cast.bob, "what was not read is read when it is asked for"


def _content(row: models.Model) -> dict[str, Any]:
    state = row._state
    return {**{name: value for name, value in vars(row).items() if name != "_state"}, "state": (state.db, state.adding)}


def test_nothing_is_compiled_again_and_rows_come_with_what_is_selected_along(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    made = Conversation.objects.create(owner=cast.bob, team=cast.team)
    assert [row.pk for row in access._VISIBLE(cast.bob.pk, made.pk)] == [made.pk]
    monkeypatch.setattr(SQLCompiler, "as_sql", _compiles)
    with django_assert_num_queries(1):
        (found,) = access._VISIBLE(cast.bob.pk, made.pk)
        assert (found.owner, found.team) == (cast.bob, cast.team)
    assert access._VISIBLE(cast.carol.pk, made.pk) == []
    with pytest.raises(AssertionError, match="compiled"):
        list(Conversation.objects.filter(pk=made.pk))


def _compiles(*_: Any, **__: Any) -> None:
    raise AssertionError("compiled")


def test_a_query_stays_a_query(cast: Cast) -> None:
    """Two at once, and one after the other with other ids, do not see each other's parameters."""
    one, other = (Conversation.objects.create(owner=cast.bob) for _ in range(2))
    revision: Prepared[models.Model] = access._VISIBLE
    assert [row.pk for key in (one.pk, other.pk, one.pk) for row in revision(cast.bob.pk, key)] == [
        one.pk,
        other.pk,
        one.pk,
    ]
