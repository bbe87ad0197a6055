"""Daily sums of the ledger; the transaction that writes a call's row also adds it to them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from math import log2
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from conversations.models import DailySum, FirstToken, UsageRecord
from conversations.models.spending import NOBODY

SUCCESS_OUTCOMES = frozenset(["complete", "stopped", "tool_call"])
_LEAST_PACE_MS = 50
"""Milliseconds below which a reply came in one piece and says nothing of its vendor's speed."""
Row = TypeVar("Row", DailySum, FirstToken)


def add(record: UsageRecord) -> None:
    """Add a ledger row to the sums of its day, in the transaction that writes the row."""
    for rows in sums_of([record]):
        _upsert(rows)


def day_of(moment: datetime) -> date:
    """Return the day of this moment in the site's time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def sums_of(records: Iterable[UsageRecord]) -> tuple[list[DailySum], list[FirstToken]]:
    """Return the sums of these calls as unsaved rows, in the order in which all writers lock them."""
    sums: dict[tuple[str, date, UUID, UUID], DailySum] = defaultdict(DailySum)
    waits: dict[tuple[date, UUID, UUID, int], FirstToken] = defaultdict(FirstToken)
    for record in records:
        day, counts = day_of(record.created_at), _counts(record)
        for kind, subject, model in _places(record):
            _grow(sums[kind, day, subject, model], counts)
        if record.first_token_ms is not None:
            step = histogram_bucket(record.first_token_ms)
            waits[day, *_served(record), step].calls += 1
    return _placed(sums, DailySum.PLACE), _placed(waits, FirstToken.PLACE)


def _grow(row: DailySum, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        setattr(row, name, getattr(row, name) + count)


def _placed(found: dict[Any, Row], names: tuple[str, ...]) -> list[Row]:
    rows = []
    for place, row in sorted(found.items(), key=lambda item: item[0]):
        for name, value in zip(names, place, strict=True):
            setattr(row, name, value)
        rows.append(row)
    return rows


def histogram_bucket(milliseconds: int) -> int:
    return round(FirstToken.STEPS * log2(max(1, milliseconds)))


def milliseconds_of(step: int) -> float:
    """Return the middle of a step: milliseconds."""
    return float(2 ** (step / FirstToken.STEPS))


def recount(day: date) -> bool:
    """Make the sums of this day equal to the ledger; returns whether they differed."""
    with transaction.atomic():
        _lock_additions()
        stored = [list(model._default_manager.filter(day=day)) for model in (DailySum, FirstToken)]
        counted = sums_of(UsageRecord.objects.filter(created_at__range=bounds_of(day)).order_by("id").iterator())
        if [_values(rows) for rows in stored] == [_values(rows) for rows in counted]:
            return False
        for model, rows in zip((DailySum, FirstToken), counted, strict=True):
            model._default_manager.filter(day=day).delete()
            model._default_manager.bulk_create(rows, batch_size=500)  # type: ignore[arg-type]
        return True


def days() -> Iterator[date]:
    """Yield each day between the first and the last in the ledger or the sums."""
    edges = [
        *(day_of(record.created_at) for record in _first_and_last(UsageRecord.objects.order_by("created_at"))),
        *(row.day for row in _first_and_last(DailySum.objects.order_by("day"))),
    ]
    if edges:
        first, last = min(edges), max(edges)
        yield from (first + timedelta(days=number) for number in range((last - first).days + 1))


def _first_and_last(rows: Any) -> list[Any]:
    return [row for row in (rows.first(), rows.last()) if row]


def _places(record: UsageRecord) -> Iterator[tuple[str, UUID, UUID]]:
    kind = DailySum.Kind
    yield kind.PERSON.value, record.user_id or NOBODY, NOBODY
    yield kind.TEAM.value, record.team_id or NOBODY, NOBODY
    yield kind.KEY.value, record.key_id or NOBODY, NOBODY
    yield kind.ENDPOINT.value, *_served(record)


def _served(record: UsageRecord) -> tuple[UUID, UUID]:
    return record.endpoint_id or NOBODY, record.model_id or NOBODY


def _counts(record: UsageRecord) -> dict[str, int]:
    first, failed = record.first_token_ms, record.outcome not in SUCCESS_OUTCOMES
    pace = 0 if first is None else record.total_ms - first
    said = (record.output_tokens or 0) + (record.thought_tokens or 0)
    is_paced = pace >= _LEAST_PACE_MS and said > 0
    return {
        "calls": 1,
        "errors": int(failed and first is None),
        "cut": int(failed and first is not None),
        "gapped": int(record.gaps > 0),
        "estimated": int(record.estimated),
        "unpriced": int(record.cost is None),
        "input_tokens": record.input_tokens or 0,
        "output_tokens": record.output_tokens or 0,
        "thought_tokens": record.thought_tokens or 0,
        "cached_tokens": record.cached_tokens or 0,
        "cost": record.cost or 0,
        "paced_tokens": said if is_paced else 0,
        "paced_ms": pace if is_paced else 0,
    }


def bounds_of(day: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    begins, next_day = (datetime.combine(one, time.min, zone) for one in (day, day + timedelta(days=1)))
    return begins, next_day - timedelta(microseconds=1)


def _values(rows: Iterable[models.Model]) -> set[tuple[Any, ...]]:
    """Return all values of the rows except their primary keys."""
    return {tuple(getattr(row, field.attname) for field in row._meta.concrete_fields[1:]) for row in rows}


def _lock_additions() -> None:
    """Keep other transactions from adding until this one ends; SQLite's has the whole database for itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {DailySum._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _upsert(rows: Sequence[DailySum | FirstToken]) -> None:
    """Add these counts to the stored ones with one statement that two transactions may run at once."""
    if not rows:
        return
    model = type(rows[0])
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = [field.attname for field in fields]
    counts = [column for column in columns if column not in model.PLACE]
    row = f"({', '.join(['%s'] * len(fields))})"
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(rows))} "  # noqa: S608
        f"ON CONFLICT ({', '.join(model.PLACE)}) "
        f"DO UPDATE SET {', '.join(f'{name} = {table}.{name} + excluded.{name}' for name in counts)}"
    )
    values = [field.get_db_prep_save(getattr(one, field.attname), connection) for one in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
