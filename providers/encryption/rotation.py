"""The sealed values of the whole database, compared with the ring of encryption keys: locked ones and old ones."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from providers.encryption import sealing
from providers.encryption.fields import EncryptedField, Secret

BATCH = 200
"""Rows that one transaction reseals: streaming replies wait for its end, some hundredths of a second."""


elsewhere: list[Callable[[], tuple[int, int]]] = []
"""Functions that reseal the secrets of other packages, outside of EncryptedFields.

Each returns the number of resealed secrets and the number of secrets that no key opens.
"""
locked_elsewhere: list[Callable[[], tuple[int, set[str]]]] = []
"""Functions that find locked secrets of other packages.

Each returns the number of secrets that no key opens, and the ids of the keys that sealed them.
"""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The result of a rotation: values resealed, values that no key of the ring opens, and the duration: seconds."""

    sealed: int
    locked: int
    seconds: float


def rotate() -> Rotation:
    """Reseal all secrets with the newest key. Concurrent changes are kept.

    It may be interrupted and run again.
    """
    begun, sealed, locked = time.monotonic(), 0, 0
    for model, field in _sealed_columns():
        for batch in _batches(_not_newest(model, field)):
            fresh = {row: renewed for row in batch if (renewed := _renewed(row, field))}
            sealed += _store(model, field, fresh)
            locked += len(batch) - len(fresh)
    for renew_seals in elsewhere:
        done, shut = renew_seals()
        sealed, locked = sealed + done, locked + shut
    return Rotation(sealed, locked, time.monotonic() - begun)


def problem() -> str:
    """Return a sentence for administrators about a fault of the ring, or "" when every stored secret opens."""
    if not sealing.prefix():
        return _("CHATSITE_ENCRYPTION_KEYS is missing or malformed: stored keys stay locked until it is right again.")
    count, ids = 0, set[str]()
    for locked, missing in (*_locked_columns(), *(look() for look in locked_elsewhere)):
        count, ids = count + locked, ids | missing
    if not count:
        return ""
    sentence = _("Locked keys: %(count)s. CHATSITE_ENCRYPTION_KEYS does not hold what sealed them: %(ids)s.")
    return sentence % {"count": count, "ids": ", ".join(sorted(ids))}


def _locked_columns() -> Iterator[tuple[int, set[str]]]:
    for model, field in _sealed_columns():
        tokens = _unopened(model, field).annotate(begins=Substr(field.attname, 1, sealing.PREFIX_LENGTH))
        begins = tokens.order_by().values_list("begins").annotate(many=Count("pk"))
        for begin, many in begins:
            yield many, {sealing.key_id_in(begin)}


def _sealed_columns() -> Iterator[tuple[type[models.Model], EncryptedField]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedField):
                yield model, field


def _unopened(model: type[models.Model], field: EncryptedField) -> Any:
    return _filled(model, field).exclude(_begins(field, sealing.prefix()))


def _not_newest(model: type[models.Model], field: EncryptedField) -> Any:
    return _filled(model, field).exclude(_begins(field, sealing.prefix(newest_only=True)))


def _filled(model: type[models.Model], field: EncryptedField) -> Any:
    return model._default_manager.exclude(**{field.attname: ""})


def _begins(field: EncryptedField, prefixes: tuple[str, ...]) -> Q:
    return Q(*(Q(**{f"{field.attname}__startswith": prefix}) for prefix in prefixes), _connector=Q.OR)


def _batches(rows: Any) -> Iterator[list[models.Model]]:
    """Yield batches of rows ordered by primary key, so that a row that cannot be opened is met once."""
    last: Any = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch


def _renewed(row: models.Model, field: EncryptedField) -> dict[str, str]:
    """Return the columns of this row under the newest key, or {} if the secret cannot be opened."""
    secret: Secret = getattr(row, field.attname)
    try:
        plain = sealing.unseal(secret.token, field.place(row))
    except sealing.Locked:
        return {}
    renewed = {field.attname: sealing.seal(plain, field.place(row))}
    return {**renewed, field.fingerprint: sealing.fingerprints(plain)[0]} if field.fingerprint else renewed


def _store(model: type[models.Model], field: EncryptedField, fresh: dict[models.Model, dict[str, str]]) -> int:
    """Write the new values where the old one is still stored, and return the number of rows.

    One statement for all rows takes a fifth of the time of one statement each.
    """
    if not fresh:
        return 0
    table = model._meta
    column = {one.attname: connection.ops.quote_name(str(one.column)) for one in table.concrete_fields}
    changes = ", ".join(f"{column[name]} = %s" for name in next(iter(fresh.values())))
    where = f"{column[table.pk.attname]} = %s AND {column[field.attname]} = %s"
    rows = [
        [*new.values(), table.pk.get_db_prep_value(row.pk, connection), getattr(row, field.attname).token]
        for row, new in fresh.items()
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {connection.ops.quote_name(table.db_table)} SET {changes} WHERE {where}", rows)  # noqa: S608  # our names
        return int(cursor.rowcount)
