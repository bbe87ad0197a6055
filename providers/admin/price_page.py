"""The page of an endpoint on which prices are read, compared with the present ones, and adopted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.admin.endpoint_pages import EndpointPages, endpoint_of, endpoint_page
from providers.encryption.sealing import Locked
from providers.endpoints import price_sync
from providers.endpoints.price_sync import GATEWAY, MAX_TABLE_BYTES, MODELS, TABLE, Row, Stale
from providers.error_texts import localized
from providers.errors import VendorError
from providers.models import Endpoint, PriceChange
from providers.models.money import today
from providers.money.price_list import MAX_ID_LENGTH, Note, PriceList
from providers.prices import plain

SOURCES = {
    GATEWAY: gettext_lazy("the gateway's price page (new-api: /api/pricing)"),
    MODELS: gettext_lazy("the vendor's list of models (OpenRouter and gateways like it)"),
    TABLE: gettext_lazy("a file in the shape of models.dev/api.json"),
}
PLACES = {GATEWAY: "/api/pricing", MODELS: "/models"}
MAX_FILE_NAME = 80
MAX_ADOPTED_SHOWN = 20
LONGEST_PLAN = timedelta(days=366)
NOTES: dict[Note, Any] = {
    Note.TIERS: gettext_lazy("It has tiers; this is the first one."),
    Note.FURTHER_TIERS: gettext_lazy("It has further tiers; these are the first two."),
    Note.OTHER_GROUP: gettext_lazy("Keys of this group do not get this model."),
    Note.LEAP: gettext_lazy(
        "A hundred times more or less: pick it by itself if it is right. “Use all of them” leaves it out."
    ),
    Note.EXPRESSION: gettext_lazy("Its price is a formula of the gateway; type it by hand."),
    Note.VARIES: gettext_lazy("Its price depends on the question."),
}

_RATE_HELP = gettext_lazy("One unit of the list's money in %(currency)s. Lists count in USD, those of DMXAPI in CNY.")


class SourceForm(forms.Form):
    """The source of the prices, and what turns them into the site's currency."""

    source = forms.ChoiceField(
        label=capfirst(gettext_lazy("where the prices come from")),
        choices=[*SOURCES.items()],
        widget=forms.RadioSelect,
        initial=GATEWAY,
    )
    table = forms.FileField(
        label=capfirst(gettext_lazy("file")), required=False, help_text=gettext_lazy("JSON, at most 4 MB.")
    )
    vendor = forms.CharField(
        label=capfirst(gettext_lazy("vendor in the file")),
        required=False,
        max_length=MAX_ID_LENGTH,
        help_text=gettext_lazy("Its id there. Empty: the one that fits this endpoint best."),
    )
    group = forms.CharField(
        label=capfirst(gettext_lazy("group of the key")),
        required=False,
        max_length=MAX_ID_LENGTH,
        help_text=gettext_lazy("Gateways have a price for each group of keys. Empty: the usual group."),
    )
    rate = forms.DecimalField(
        label=capfirst(gettext_lazy("exchange rate")),
        required=False,
        max_digits=12,
        decimal_places=6,
        validators=[MinValueValidator(Decimal("0.000001"))],
    )

    def __init__(self, endpoint: Endpoint, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, initial={"rate": endpoint.exchange_rate})
        self.fields["rate"].help_text = _RATE_HELP % {"currency": settings.CHATSITE_CURRENCY}

    def clean_table(self) -> Any:
        table = self.cleaned_data["table"]
        if self.cleaned_data.get("source") != TABLE:
            return None
        if table is None:
            raise ValidationError(_("Choose a file."))
        if table.size > MAX_TABLE_BYTES:
            raise ValidationError(_("The file has more than 4 MB."))
        return table


class DayForm(forms.Form):
    """The day from which adopted prices hold; none means today."""

    holds_from = forms.DateField(required=False)

    def clean_holds_from(self) -> date | None:
        day: date | None = self.cleaned_data["holds_from"]
        if day is not None and not today() <= day <= today() + LONGEST_PLAN:
            raise ValidationError("")
        return day


def prices_page(rows: EndpointPages, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return the choice of a source or, after it, the differences; adopts the picked ones of these."""
    endpoint = endpoint_of(rows, request, pk)
    if not request.user.has_perm("providers.change_deployment"):
        raise PermissionDenied
    if request.method == "POST" and "cancel" in request.POST:
        return _cancelled(rows, request, endpoint)
    if request.method == "POST" and {"adopt", "adopt_all"} & request.POST.keys():
        return _adopted(rows, request, endpoint)
    form = SourceForm(endpoint, *([request.POST, request.FILES] if request.method == "POST" else []))
    changes = PriceChange.objects.filter(deployment__endpoint=endpoint).select_related("deployment")
    context = {
        "form": form,
        "currency": settings.CHATSITE_CURRENCY,
        "today": today(),
        "planned": changes.planned().order_by("holds_from", "deployment__vendor_id"),
        "adopted": changes.exclude(applied_at=None)[:MAX_ADOPTED_SHOWN],
    }
    if form.is_valid():
        context |= _compared(endpoint, form)
    return endpoint_page(rows, request, "prices", endpoint, {"title": _("Sync prices"), **context})


def _compared(endpoint: Endpoint, form: SourceForm) -> dict[str, Any]:
    given = form.cleaned_data
    try:
        prices = _read(endpoint, given)
    except VendorError as error:
        return {"problem": localized(error)}
    except (Locked, ValidationError) as error:
        return {"problem": " ".join(error.messages) if isinstance(error, ValidationError) else str(error)}
    rate = given["rate"] or (Decimal(1) if prices.currency == settings.CHATSITE_CURRENCY else None)
    if rate is None:
        told = {"theirs": prices.currency, "ours": settings.CHATSITE_CURRENCY}
        form.add_error("rate", _("This list counts in %(theirs)s: say how many %(ours)s one of them is.") % told)
        return {}
    if prices.groups and given["group"] not in ("", *prices.groups):
        form.add_error("group", _("This gateway has no such group; it has: %s") % ", ".join(prices.groups))
        return {}
    comparison, source = price_sync.compare(endpoint, prices, rate), _source(given, prices)
    if prices.groups:
        ratios = [(name, f"{name} × {plain(ratio)}") for name, ratio in prices.groups.items()]
        form.fields["group"].widget = forms.Select(choices=[("", "–"), *ratios])
    return {
        "comparison": comparison,
        "differing": [(row, _noted(row)) for row in comparison.rows],
        "unread": [(row, _noted(row)) for row in comparison.unread],
        "is_empty": not prices.offers,
        "source": source,
        "rate": rate,
        "theirs": prices.currency,
        "shown": price_sync.signed(endpoint, comparison, source, None if given["source"] == TABLE else rate),
    }


def _noted(row: Row) -> list[str]:
    return [str(NOTES[note]) for note in sorted(row.notes)]


def _read(endpoint: Endpoint, given: dict[str, Any]) -> PriceList:
    if given["source"] != TABLE:
        return price_sync.read_online(endpoint, given["source"], given["group"])
    try:
        return price_sync.read_table(endpoint, given["table"].read(MAX_TABLE_BYTES), given["vendor"])
    except ValueError:  # also bytes that are no UTF-8
        raise ValidationError(_("The file is not JSON in this shape.")) from None


def _source(given: dict[str, Any], prices: PriceList) -> str:
    """Return the source, its part and the day, as they are kept with the prices."""
    place = given["table"].name[-MAX_FILE_NAME:] if given["source"] == TABLE else PLACES[given["source"]]
    return " · ".join(filter(None, [place, prices.chosen, today().isoformat()]))


def _adopted(rows: EndpointPages, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    picked = None if "adopt_all" in request.POST else request.POST.getlist("deployment")
    day = DayForm(request.POST)
    if not day.is_valid():
        messages.error(
            request, _("Nothing was changed: give a day from today on; what was asked before keeps its cost.")
        )
        return redirect(request.path)
    holds_from = day.cleaned_data["holds_from"]
    try:
        changed = price_sync.adopt(endpoint, request.POST.get("shown", ""), picked, request.user, holds_from)
    except Stale:
        messages.error(request, _("Nothing was changed: these prices are no longer what was shown. Read them again."))
        return redirect(request.path)
    if changed:
        is_later = holds_from is not None and holds_from > today()
        sentence = (
            _("The prices of %(names)s change on %(day)s.") if is_later else _("Changed the prices of %(names)s.")
        )
        said = sentence % {"names": ", ".join(changed), "day": holds_from}
        rows.log_change(request, endpoint, said)
        messages.success(request, said)
    else:
        messages.info(request, _("No price was picked."))
    return redirect(request.path)


def _cancelled(rows: EndpointPages, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    try:
        is_cancelled = price_sync.cancel(endpoint, UUID(request.POST["cancel"]), request.user)
    except ValueError:
        is_cancelled = False
    if is_cancelled:
        rows.log_change(request, endpoint, _("Cancelled a planned price."))
        messages.success(request, _("Cancelled a planned price."))
    return redirect(request.path)
