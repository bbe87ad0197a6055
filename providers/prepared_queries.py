"""Queries whose SQL is built once: Django takes ten times as long to build it as a database to answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=models.Model)
_IDS: "models.UUIDField[UUID, UUID]" = models.UUIDField()


class Prepared(Generic[M]):
    """A QuerySet as a function of ids (or texts), for the queries that every question or page waits for.

    `make` is called once, with placeholders for the ids. It must not read them, nor anything that changes.
    """

    def __init__(self, make: "Callable[..., models.QuerySet[M]]") -> None:
        self._make = make
        self._statements: dict[str, _Statement] = {}

    def __call__(self, *ids: UUID | str) -> list[M]:
        """Return the rows for these ids, read now."""
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._statements.get(connection.vendor)
        if statement is None:
            marks = [uuid4() for _ in ids]
            statement = self._statements[connection.vendor] = _statement(self._make(*marks), marks, connection)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters_for(ids, connection))
            rows = cursor.fetchall()
        return [statement.made_of(row, connection) for row in rows]

    def one(self, *ids: UUID | str) -> M | None:
        """Return the first row for these ids, or None if there is none."""
        found = self(*ids)
        return found[0] if found else None


def column_of(row: models.Model | type[models.Model], name: str) -> str:
    """Return the name of a field's column in the database."""
    return str(_field(row, name).column)


def stored(row: models.Model, name: str) -> Any:
    """Return a field's value in the form that this database stores."""
    return as_stored(type(row), name, getattr(row, _field(row, name).attname))


def as_stored(model: type[models.Model], name: str, value: Any) -> Any:
    """Return `value` in the form that this database stores in this field."""
    return _field(model, name).get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _field(model: type[models.Model] | models.Model, name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def insert(rows: Sequence[models.Model]) -> None:
    """Insert a few rows of one model in one statement, like `bulk_create`. Keys made by the database stay unknown."""
    _execute(rows, _insertion(type(rows[0]), len(rows)))


def insert_with_key(row: models.Model) -> Any:
    """Insert a row; return the key that the database has made, which the row then has, too."""
    connection = connections[DEFAULT_DB_ALIAS]
    sql = _insertion(type(row), 1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f'{sql} RETURNING "{row._meta.pk.column}"', _values([row]))
            (row.pk,) = cursor.fetchone()
        else:
            cursor.execute(sql, _values([row]))
            row.pk = cursor.lastrowid
    _mark_stored([row])
    return row.pk


def insert_new(row: models.Model) -> bool:
    """Insert a row unless an equal one is there; return whether it was new. It waits for one not yet committed."""
    return _execute([row], f"{_insertion(type(row), 1)} ON CONFLICT DO NOTHING") == 1


def _execute(rows: Sequence[models.Model], sql: str) -> int:
    """Execute an INSERT of these rows and return how many were inserted."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, _values(rows))
        inserted = cursor.rowcount
    _mark_stored(rows)
    return int(inserted)


def _values(rows: Sequence[models.Model]) -> list[Any]:
    connection = connections[DEFAULT_DB_ALIAS]
    fields = [field for field in rows[0]._meta.concrete_fields if not isinstance(field, models.AutoField)]
    return [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows for field in fields]


def _mark_stored(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(model: type[models.Model], count: int) -> str:
    """Return the INSERT statement of `count` rows. PostgreSQL and SQLite quote names alike."""
    columns = [field.column for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {", ".join([f"({marks})"] * count)}'  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Statement:
    """A finished SELECT, and how Django makes objects of its rows.

    `slots` holds the index of the id in each parameter, None for a constant. `converters` make values of the columns,
    by their places. The object's own `names` stand in the columns of `span`; `related` make the objects selected along.
    """

    model: Any
    sql: str
    parameters: tuple[Any, ...]
    slots: tuple[int | None, ...]
    converters: tuple[tuple[int, tuple[Any, ...], Any], ...]
    names: tuple[str, ...]
    span: slice
    related: tuple[Any, ...]
    annotations: tuple[tuple[str, int], ...]

    def parameters_for(self, ids: Sequence[UUID | str], connection: Any) -> tuple[Any, ...]:
        """Return the statement's parameters with these ids in their places."""
        given = [one if isinstance(one, str) else _IDS.get_db_prep_value(one, connection) for one in ids]
        slots = zip(self.slots, self.parameters, strict=True)
        return tuple(fixed if slot is None else given[slot] for slot, fixed in slots)

    def made_of(self, row: Sequence[Any], connection: Any) -> Any:
        """Return the object of a row, as Django's ModelIterable makes it."""
        values = list(row)
        for place, converters, expression in self.converters:
            value = values[place]
            for convert in converters:
                value = convert(value, expression, connection)
            values[place] = value
        made = self.model.from_db(connection.alias, self.names, values[self.span])
        for populator in self.related:
            populator.populate(values, made)
        for name, place in self.annotations:
            setattr(made, name, values[place])
        return made


def _statement(rows: "models.QuerySet[Any]", marks: list[UUID], connection: Any) -> _Statement:
    compiler = rows.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    forms = ((place, _IDS.get_db_prep_value(mark, connection), str(mark)) for place, mark in enumerate(marks))
    places = {form: place for place, *both in forms for form in both}
    converters = compiler.get_converters([expression for expression, *_ in compiler.select or ()])
    shape: Any = compiler.klass_info
    span = slice(shape["select_fields"][0], shape["select_fields"][-1] + 1)
    return _Statement(
        rows.model,
        sql,
        tuple(parameters),
        tuple(places.get(value) if isinstance(value, str | UUID) else None for value in parameters),
        tuple((place, tuple(each), expression) for place, (each, expression) in converters.items()),
        tuple(field[0].target.attname for field in compiler.select[span]),
        span,
        tuple(get_related_populators(shape, compiler.select, connection.alias)),  # type: ignore[call-arg]
        tuple((compiler.annotation_col_map or {}).items()),
    )
