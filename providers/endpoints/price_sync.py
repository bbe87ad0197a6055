"""Prices from a vendor's list or an uploaded table: their difference to what stands, and its adoption."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction

from providers import clock
from providers.audit import log
from providers.client import price_lists
from providers.client.route import route_to
from providers.models import Deployment, Endpoint, PriceChange
from providers.models.money import today
from providers.money import models_dev
from providers.money.amounts import strictly_decoded
from providers.money.price_list import LONG, LONG_ABOVE, PRICES, Factors, Note, Offer, PriceList, product
from providers.prices import plain

GATEWAY, MODELS, TABLE = "gateway", "models", "table"
OFFER_SECONDS = 3600
"""Seconds in which what was shown may be adopted."""
MAX_TABLE_BYTES = 4 * 1024 * 1024
LEAP = 100
"""The factor from which a change is doubted: a list in another unit differs by a thousand or a million."""
_SALT = "providers.price_sync"


@dataclass(frozen=True, slots=True)
class Difference:
    """One price that the list changes, with its calculation."""

    column: str
    before: Decimal | None
    after: Decimal | None
    factors: Factors

    @property
    def label(self) -> str:
        return str(Deployment._meta.get_field(self.column).verbose_name)  # type: ignore[union-attr]

    @property
    def formula(self) -> str:
        """Return the calculation, or "" for a price that the list just states."""
        return " × ".join(map(plain, self.factors)) if len(self.factors) > 1 else ""

    @property
    def is_leap(self) -> bool:
        """Return whether a price that stands becomes a hundredth or a hundredfold, or nought."""
        if not self.before or self.after is None:
            return False
        return not self.before < self.after * LEAP < self.before * LEAP * LEAP


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment of the endpoint with what a list says of it."""

    deployment: Deployment
    differences: tuple[Difference, ...]
    notes: frozenset[Note]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows that differ, rows of which no price is known, and the ids of the others."""

    rows: tuple[Row, ...]
    unread: tuple[Row, ...]
    same: tuple[str, ...]
    missing: tuple[str, ...]


class Stale(Exception):
    """A refusal to adopt prices that are too old, were changed, or differ from the present ones by now."""


def read_online(endpoint: Endpoint, source: str, group: str) -> PriceList:
    """Return the list of the gateway's price page or of the vendor's models. Raises VendorError or sealing.Locked."""
    route = route_to(endpoint)
    if source == GATEWAY:
        return price_lists.gateway_prices(route.reachable(), group, route.network())
    return price_lists.prices_beside_models(route.reachable(), route.key, route.network())


def read_table(endpoint: Endpoint, table: bytes, vendor: str) -> PriceList:
    """Return the prices of one vendor of an uploaded table. Raises ValueError."""
    models = endpoint.deployments.values_list("vendor_id", flat=True)
    return models_dev.read(strictly_decoded(table.decode("utf-8-sig")), vendor, endpoint.base_url, set(models))


def compare(endpoint: Endpoint, prices: PriceList, rate: Decimal) -> Comparison:
    """Return the difference to the present prices; `rate` is the vendor's unit of money in the site's currency."""
    rows, unread, same, missing = list[Row](), list[Row](), list[str](), list[str]()
    for deployment in endpoint.deployments.select_related("model", "endpoint").order_by("vendor_id"):
        offer = prices.offer(deployment.vendor_id)
        if offer is None:
            missing.append(deployment.vendor_id)
        elif not offer.prices:
            unread.append(Row(deployment, (), offer.notes))
        elif differences := tuple(_differences(deployment, offer, rate)):
            leaps = {Note.LEAP} if any(one.is_leap for one in differences) else set()
            rows.append(Row(deployment, differences, offer.notes | leaps))
        else:
            same.append(deployment.vendor_id)
    return Comparison(tuple(rows), tuple(unread), tuple(same), tuple(missing))


def _differences(deployment: Deployment, offer: Offer, rate: Decimal) -> Iterator[Difference]:
    told = {column: factors for column in PRICES if (factors := offer.prices.get(column)) is not None}
    rates = {column: Decimal(1) if column == LONG_ABOVE else rate for column in told}
    after = {column: product(factors, rates[column]) for column, factors in told.items()}
    too_large = {column for column, factors in told.items() if factors and after[column] is None}
    if too_large.intersection(LONG):
        too_large |= set(LONG)
    for column in (column for column in told if column not in too_large):
        before = getattr(deployment, column)
        if before != after[column]:
            factors = told[column] if rates[column] == 1 else (*told[column], rate)
            yield Difference(column, None if before is None else Decimal(before), after[column], factors)


def signed(endpoint: Endpoint, comparison: Comparison, source: str, rate: Decimal | None) -> str:
    """Return what is shown as a text that nobody can change, for the form that adopts it.

    `rate` is kept for the vendor's own money, None for that of a table.
    """
    rows = {
        str(row.deployment.pk): {one.column: [_text(one.before), _text(one.after)] for one in row.differences}
        for row in comparison.rows
    }
    leaps = [str(row.deployment.pk) for row in comparison.rows if Note.LEAP in row.notes]
    kept = None if rate is None else str(rate)
    told = {"endpoint": str(endpoint.pk), "source": source, "rate": kept, "rows": rows, "leaps": leaps}
    return signing.dumps(told, salt=_SALT, compress=True)


def adopt(
    endpoint: Endpoint, shown: str, picked: Collection[str] | None, by: Any, holds_from: date | None = None
) -> list[str]:
    """Set the shown prices of these deployments, or of all, and return their vendor's ids. Raises Stale.

    All are those without a leap. A later day keeps them until then. Of two plans of a deployment for one day the last
    counts.
    """
    try:
        told = signing.loads(shown, salt=_SALT, max_age=OFFER_SECONDS)
    except signing.BadSignature:
        raise Stale from None
    if told["endpoint"] != str(endpoint.pk):
        raise Stale
    usual = told["rows"].keys() - told.get("leaps", ())
    wanted = {pk: row for pk, row in told["rows"].items() if pk in (usual if picked is None else picked)}
    rows = endpoint.deployments.filter(pk__in=wanted)
    planned = PriceChange.objects.planned().filter(deployment__in=endpoint.deployments.all())
    day = max(holds_from or today(), today())
    with log.watch(by, rows, planned, Endpoint.objects.filter(pk=endpoint.pk)):
        for deployment in (found := list(rows)):
            changes = wanted[str(deployment.pk)]
            _check(deployment, changes)
            planned.filter(deployment=deployment, holds_from=day).delete()
            prices = {column: after for column, (_before, after) in changes.items()}
            made = {"deployment": deployment, "prices": prices, "source": told["source"], "holds_from": day, "by": by}
            _apply(PriceChange(**made)) if day == today() else PriceChange.objects.create(**made)
        if found and told["rate"]:
            Endpoint.objects.filter(pk=endpoint.pk).update(exchange_rate=Decimal(told["rate"]))
    return [deployment.vendor_id for deployment in found]


def apply_due() -> None:
    """Set the planned prices whose day has come; calls that were made keep their cost."""
    if not PriceChange.objects.due().exists():  # a read first: this runs each minute, and a write would block others
        return
    for pk in list(PriceChange.objects.due().order_by("holds_from", "created_at").values_list("pk", flat=True)):
        with transaction.atomic():
            due = PriceChange.objects.due().select_for_update(of=("self",)).filter(pk=pk).first()
            if due is not None:
                with log.watch(due.by, Deployment.objects.filter(pk=due.deployment_id)):
                    _apply(due)


def cancel(endpoint: Endpoint, pk: UUID, by: Any) -> bool:
    """Remove a planned change of this endpoint, and return whether there was one."""
    planned = PriceChange.objects.planned().filter(pk=pk, deployment__endpoint=endpoint)
    with log.watch(by, planned):
        return bool(planned.delete()[0])


def _check(deployment: Deployment, changes: Mapping[str, list[str | None]]) -> None:
    """Raise Stale if another one has changed a price since it was shown."""
    if any(getattr(deployment, column) != _decimal(before) for column, (before, _after) in changes.items()):
        raise Stale


def _apply(change: PriceChange) -> None:
    deployment = change.deployment
    for column, price in change.prices.items():
        setattr(deployment, column, _decimal(price))
    deployment.save(update_fields=list(change.prices))
    change.applied_at = clock.now()
    change.save()


def _text(price: Decimal | None) -> str | None:
    return None if price is None else plain(price)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
