"""Forms of the reports, filled from the page's address."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.reporting.periods import MAX_DAYS, Period
from conversations.reporting.totals import KINDS, MEASURES
from providers.models import Deployment

_FIRST_YEAR, _LAST_YEAR = 2000, 2200
"""Bounds of the years: calendars and time zones end beyond them."""


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class UsageForm(forms.Form):
    """The days of a report, what its rows are, and what its chart shows."""

    by = forms.ChoiceField(label=_("by"), choices=list(KINDS.items()))
    show = forms.ChoiceField(label=_("chart of"), choices=[(name, label) for name, (label, _value) in MEASURES.items()])
    first = _day(_("from"))
    last = _day(_("to"))

    @classmethod
    def of(cls, request: HttpRequest) -> "UsageForm":
        """Return the form of this request, with defaults for fields missing in the address."""
        period = Period.until_today()
        days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
        usual = {"by": "person", "show": "cost" if Deployment.any_is_priced() else "calls", **days}
        return cls(usual | {name: value for name, value in request.GET.items() if value})

    def clean(self) -> dict[str, Any]:
        days = [self.cleaned_data[name] for name in ("first", "last") if name in self.cleaned_data]
        if len(days) == 2 and not _is_period(*days):
            self.add_error("last", _("A period has at least one day and at most a year."))
        return self.cleaned_data

    def period(self) -> Period:
        """Return the requested period, or the usual one if the request's is invalid."""
        if {"first", "last"} & self.errors.keys():
            return Period.until_today()
        return Period(self.cleaned_data["first"], self.cleaned_data["last"])

    @property
    def kind(self) -> str:
        return self._chosen("by", "person")

    @property
    def measure(self) -> str:
        return self._chosen("show", "cost")

    def _chosen(self, name: str, otherwise: str) -> str:
        return otherwise if name in self.errors else self.cleaned_data[name]


def _is_period(first: date, last: date) -> bool:
    return 0 <= (last - first).days < MAX_DAYS and first.year >= _FIRST_YEAR and last.year <= _LAST_YEAR
