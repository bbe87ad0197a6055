"""The writer of the audit log: each entry is stored in the transaction of its change, or not at all.

    with log.watch(user, endpoint.keys.all()):        # logs each row that differs afterwards
        …
    log.note(user, Act.REMOVED, token, before={…})    # logs one act explicitly

Actions, forms and commands call it. No signal and no `save()` logs anything by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils.crypto import salted_hmac

from providers.encryption.fields import Secret
from providers.models.audit import AuditEntry

Act = AuditEntry.Act
Rows = models.QuerySet[Any]
Told = dict[str, Any]
_Key = tuple[str, Any]
_Seen = tuple[models.Model, Told]

MAX_LENGTH = 500
"""Characters of a text that the log keeps."""
_UNTOLD = {"digest", "data", "replaces", "uses", "last_used_at", "last_login", "revoked_at"}
"""Fields never logged: those that only their owner may read, their digests, and those that change by use."""
_MARKED = {"password", "pass_phrase", "headers", "instructions", "links"}
"""Fields of which the log shows that they changed, not their values."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of an act: a network address, computed when it is needed, or a command's name."""

    address: Callable[[], str] = str
    command: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)
_noted: ContextVar[dict[_Key, _Seen | None] | None] = ContextVar("noted", default=None)
"""The rows as the outermost `watch` last logged them; None for a removed one."""


@contextmanager
def coming_from(address: Callable[[], str]) -> Iterator[None]:
    """Give entries written inside this network address."""
    with _set(Origin(address=address)):
        yield


@contextmanager
def by_command(name: str) -> Iterator[None]:
    """Name this command in entries that are written inside without an actor."""
    with _set(Origin(command=f"manage.py {name}")):
        yield


@contextmanager
def watch(actor: Any, *watched: Rows) -> Iterator[None]:
    """Log every row of these querysets that is added, changed or removed inside, in one transaction with it.

    The querysets are read again at the end: their conditions must not depend on fields that change. Changes that were
    already logged inside are not logged again.
    """
    with transaction.atomic(), _outermost() as noted:
        before = _seen(watched, lock=True)
        yield
        after = _seen(watched)
        for key in [*before, *(key for key in after if key not in before)]:
            _note_difference(actor, noted.get(key, before.get(key)), after.get(key))


def note(
    actor: Any,
    act: Act,
    row: models.Model | type[models.Model],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> None:
    """Write one entry about a row, or about all rows of a model. `name` replaces the row's own text."""
    origin = _origin.get()
    is_row = isinstance(row, models.Model)
    AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else origin.command,
        address=origin.address()[:45],
        act=act,
        subject_type=row._meta.label_lower,
        subject=str(row.pk) if is_row else "",
        subject_name=(str(row) if is_row and name is None else name or "")[:200],
        before=_shortened(_plain(before or {})),
        after=_shortened(_plain(after or {})),
    )


def added(actor: Any, row: models.Model) -> None:
    """Log a new row, or its changes since the current `watch` logged it."""
    earlier = (_noted.get() or {}).get(_key_of(row))
    _note_difference(actor, earlier, (row, loggable_values(row)))


def removed(actor: Any, row: models.Model) -> None:
    """Log a row's removal. Call it while the row still exists."""
    _note_difference(actor, (row, loggable_values(row)), None)


def loggable_values(row: models.Model) -> Told:
    """Return the values of a row that may be logged: every field that people set.

    A secret is shown by its handle and its fingerprint.
    """
    fields = [field for field in row._meta.concrete_fields if field.editable and not field.primary_key]
    said = {field.name: _loggable_value(row, field) for field in fields if field.name not in _UNTOLD}
    sets = {field.name: sorted(map(str, getattr(row, field.name).all())) for field in _sets(row)}
    return dict(_plain({**said, **sets}))


# --- Parts of the above --------------------------------------------------------------------------------------------


@contextmanager
def _set(origin: Origin) -> Iterator[None]:
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def _outermost() -> Iterator[dict[_Key, _Seen | None]]:
    """Yield the rows logged inside the outermost `watch`, which begins here if there is none."""
    if (earlier := _noted.get()) is not None:
        yield earlier
        return
    noted: dict[_Key, _Seen | None] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def _key_of(row: models.Model) -> _Key:
    return row._meta.label, row.pk


def _seen(watched: tuple[Rows, ...], lock: bool = False) -> dict[_Key, _Seen]:
    """Return each row with its values that may be logged.

    With `lock` the rows stay locked, so that a concurrent change is not taken for this one.
    """
    seen = {}
    for rows in watched:
        rows = rows.order_by("pk")
        for row in rows.select_for_update(no_key=True, of=("self",)) if lock else rows:
            seen[_key_of(row)] = row, loggable_values(row)
    return seen


def _note_difference(actor: Any, before: _Seen | None, after: _Seen | None) -> None:
    if (noted := _noted.get()) is not None and (row := after or before):
        noted[_key_of(row[0])] = after
    if before is None and after is not None:
        note(actor, Act.ADDED, after[0], after=_filled(after[1]))
    elif before is not None and after is None:
        note(actor, Act.REMOVED, before[0], before=_filled(before[1]))
    elif before is not None and after is not None:
        changed = [name for name, value in after[1].items() if value != before[1][name]]
        old, new = ({name: values[1][name] for name in changed} for values in (before, after))
        if changed:
            note(actor, Act.CHANGED, after[0], before=old, after=new)


def _sets(row: models.Model) -> "list[models.ManyToManyField[Any, Any]]":
    """Return the many-to-many fields without a model of their own, whose rows would be logged separately."""
    return [field for field in row._meta.many_to_many if field.remote_field.through._meta.auto_created]  # type: ignore[union-attr]


def _loggable_value(row: models.Model, field: "models.Field[Any, Any]") -> Any:
    value = getattr(row, field.name)
    if isinstance(value, Secret):
        return f"{value} #{getattr(row, 'fingerprint', '')[:8]}" if value else ""
    if field.name in _MARKED:
        return f"#{salted_hmac('chatsite.audit', repr(value)).hexdigest()[:8]}" if value else ""
    return value


def _filled(values: Told) -> Told:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _shortened(value: Any) -> Any:
    """Return long texts as their beginning and their length."""
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return f"{value[:MAX_LENGTH]}… ({len(value)})" if isinstance(value, str) and len(value) > MAX_LENGTH else value


def _plain(value: Any) -> Any:
    """Return `value` in JSON types; a row becomes its name."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
