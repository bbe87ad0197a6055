"""How the audit log is written: with the change, in its transaction, or not at all.

    with auditing.watch(user, endpoint.keys.all()):        # what differs afterwards is written down, row by row
        …
    auditing.note(user, Act.REMOVED, token, before={…})    # an act that is told in its own words

Actions, forms and commands call it; nothing is written behind their backs.
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

LONGEST = 500
"""Characters of a text that are kept."""
_UNTOLD = {"digest", "data", "replaces", "uses", "last_used_at", "last_login", "revoked_at"}
"""Fields that hold what only their owner may know, or its digest; and those that change by use."""
_MARKED = {"password", "pass_phrase", "headers"}
"""Fields of which is told that they are others now, not what is in them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act comes from: an address that is asked for when it is needed, or a command's name."""

    address: Callable[[], str] = str
    command: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


@contextmanager
def coming_from(address: Callable[[], str]) -> Iterator[None]:
    """What is noted inside comes from this network address."""
    with _set(Origin(address=address)):
        yield


@contextmanager
def by_command(name: str) -> Iterator[None]:
    """What is noted inside without an actor is a command's doing."""
    with _set(Origin(command=f"manage.py {name}")):
        yield


@contextmanager
def watch(actor: Any, *watched: Rows) -> Iterator[None]:
    """Note every row of these querysets that is added, changed or removed inside, in one transaction with it.

    The querysets are read again at the end: they must find the rows by what does not change.
    """
    with transaction.atomic():
        before = _seen(watched, lock=True)
        yield
        after = _seen(watched)
        for key in [*before, *(key for key in after if key not in before)]:
            _note_difference(actor, before.get(key), after.get(key))


def note(
    actor: Any,
    act: Act,
    row: models.Model | type[models.Model],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> None:
    """Write one entry about a row, or about all rows of a model; `name` where the row's own text is not to be told."""
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
    note(actor, Act.ADDED, row, after=_filled(told(row)))


def removed(actor: Any, row: models.Model) -> None:
    """To be called while the row is still there."""
    note(actor, Act.REMOVED, row, before=_filled(told(row)))


def told(row: models.Model) -> Told:
    """What the log may say of a row: every field that people set, a secret by its handle and its fingerprint."""
    fields = [field for field in row._meta.concrete_fields if field.editable and not field.primary_key]
    said = {field.name: _told(row, field) for field in fields if field.name not in _UNTOLD}
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


def _seen(watched: tuple[Rows, ...], lock: bool = False) -> dict[tuple[str, Any], tuple[models.Model, Told]]:
    """Each row with what is told of it now; locked, so that nobody else's change is taken for this one."""
    seen = {}
    for rows in watched:
        rows = rows.order_by("pk")
        for row in rows.select_for_update(no_key=True, of=("self",)) if lock else rows:
            seen[row._meta.label, row.pk] = row, told(row)
    return seen


def _note_difference(
    actor: Any, before: tuple[models.Model, Told] | None, after: tuple[models.Model, Told] | None
) -> None:
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
    """Those that have no model of their own in between, which would be told row by row."""
    return [field for field in row._meta.many_to_many if field.remote_field.through._meta.auto_created]  # type: ignore[union-attr]


def _told(row: models.Model, field: "models.Field[Any, Any]") -> Any:
    value = getattr(row, field.name)
    if isinstance(value, Secret):
        return f"{value} #{getattr(row, 'fingerprint', '')[:8]}" if value else ""
    if field.name in _MARKED:
        return f"#{salted_hmac('chatsite.audit', repr(value)).hexdigest()[:8]}" if value else ""
    return value


def _filled(values: Told) -> Told:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _shortened(value: Any) -> Any:
    """Long texts by their beginning and their length."""
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return f"{value[:LONGEST]}… ({len(value)})" if isinstance(value, str) and len(value) > LONGEST else value


def _plain(value: Any) -> Any:
    """As JSON takes it; a row by its name."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
