"""The form of a budget, with its target by name."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import Budget, Team, User
from conversations.reporting.names import key_name, names_of
from providers.audit.admin import AuditedAdmin
from providers.models import ApiKey, LanguageModel
from providers.prices import plain

_EACH = {
    "person": _("each person"),
    "team": _("each team"),
    "key": _("each key"),
    "model": _("each model"),
}


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """One list of all possible targets of a budget."""

    whose = forms.ChoiceField(
        label=capfirst(_("applies to")),
        help_text=_("One for each holds for all who have no budget of their own for the same period."),
    )

    class Meta:
        model = Budget
        fields = ["period", "soft", "hard"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whose: Any = self.fields["whose"]
        whose.choices = [(Budget.Kind(kind).label, list(choices)) for kind, choices in _choices()]
        if self.instance.kind:
            whose.initial = _value(self.instance.kind, self.instance.target)
            if whose.initial not in _values(whose.choices):
                whose.choices = [(whose.initial, _name_of(self.instance)), *whose.choices]

    def clean(self) -> dict[str, Any]:
        """Set the target before the model's own check, which needs it."""
        if "whose" in self.cleaned_data:
            kind, _colon, target = self.cleaned_data["whose"].partition(":")
            self.instance.kind, self.instance.target = kind, UUID(target) if target else None
        return self.cleaned_data


def _values(groups: Any) -> set[str]:
    return {value for _label, choices in groups for value, _name in choices}


def _name_of(budget: Budget) -> str:
    """Return the name of a budget's target, which may be deleted."""
    name = names_of(budget.kind, [budget.target])[budget.target] if budget.target else _EACH[budget.kind]
    return f"{budget.get_kind_display()}: {name}"


def _choices() -> Iterator[tuple[str, Iterator[tuple[str, Any]]]]:
    yield "person", _group("person", ((person.pk, person.username) for person in User.objects.order_by("username")))
    yield "team", _group("team", ((team.pk, team.name) for team in Team.objects.order_by("name")))
    yield "model", _group("model", ((model.pk, model.name) for model in LanguageModel.objects.all()))
    keys = ApiKey.objects.select_related("endpoint").order_by("endpoint__name", "created_at")
    yield "key", _group("key", ((key.pk, key_name(key)) for key in keys))


def _group(kind: str, rows: Iterable[tuple[UUID, str]]) -> Iterator[tuple[str, Any]]:
    yield _value(kind, None), _EACH[kind]
    for pk, name in rows:
        yield _value(kind, pk), name


def _value(kind: str, target: UUID | None) -> str:
    return f"{kind}:{target or ''}"


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    form = BudgetForm
    fields = ["whose", "period", "soft", "hard"]
    list_display = ["kind", "target_name", "period", "warn_at", "stop_at"]
    list_filter = ["kind", "period"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"period": Budget.Period.MONTH, **super().get_changeform_initial_data(request)}

    @admin.display(description=_("applies to"))
    def target_name(self, budget: Budget) -> str:
        return names_of(budget.kind, [budget.target])[budget.target] if budget.target else gettext("each")

    @admin.display(description=_("warn at"), ordering="soft")
    def warn_at(self, budget: Budget) -> str | None:
        return None if budget.soft is None else plain(budget.soft)

    @admin.display(description=_("stop at"), ordering="hard")
    def stop_at(self, budget: Budget) -> str | None:
        return None if budget.hard is None else plain(budget.hard)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Name the budgets alone: of their sums nobody has a page."""
        _rows, _counts, needed, protected = super().get_deleted_objects(objs, request)
        names = [str(budget) for budget in objs]
        return names, {Budget._meta.verbose_name_plural: len(names)}, needed, protected
