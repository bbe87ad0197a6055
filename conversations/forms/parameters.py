"""Form fields for the parameters of a reply, as the panel of the chat has them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conversations.errors import Refused
from conversations.protocol.parameters import panel_parameters, validate
from conversations.protocol.strict_json import json_object
from providers.wires.parameters import LEVELS, Number, Parameter, Schema, Switch, Texts, Thinking

AT_FIRST_SIGHT = ("temperature", "top_p", "max_tokens", "thinking", "web_search", "code_execution")
"""Parameters that are shown at once; all others stand below "More"."""
BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Shown:
    """A parameter with its value as its field holds it, for templates/parameters/."""

    name: str
    parameter: Parameter
    value: str = ""
    budget: str = ""
    """The tokens to think with, if `value` is the choice of a budget."""
    errors: Iterable[str] = ()


def in_two_parts(shown: Iterable[Shown]) -> dict[str, list[Shown]]:
    """Return the parameters that are shown `first`, in their own order, and `more`."""
    by_name = {one.name: one for one in shown}
    first = [by_name[name] for name in AT_FIRST_SIGHT if name in by_name]
    return {"first": first, "more": [one for one in by_name.values() if one not in first]}


def form_fields() -> dict[str, forms.Field]:
    """Return a form field for every parameter, and one for the tokens to think with."""
    known = panel_parameters()
    fields = {name: _field(declared) for name, declared in known.items()}
    most = max((declared.most for declared in known.values() if isinstance(declared, Thinking)), default=1)
    return {**fields, BUDGET: forms.IntegerField(required=False, min_value=1, max_value=most)}


def as_typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields hold for these parameters."""
    known = panel_parameters()
    typed = {name: _typed(known[name], value) for name, value in parameters.items() if name in known}
    thinking = parameters.get("thinking")
    return {**typed, BUDGET: thinking.get(BUDGET) if isinstance(thinking, dict) else None}


def shown_in(form: forms.Form) -> list[Shown]:
    """Return the parameters as the form's fields hold them, with their errors."""
    return [
        Shown(name, declared, _text(form[name].value()), _text(form[BUDGET].value()), _errors(form, name, declared))
        for name, declared in panel_parameters().items()
    ]


def parameters_of(form: forms.Form) -> dict[str, Any]:
    """Return the parameters that a form was sent, None for those that are not set.

    One whose field was not sent is left out. Errors are added to the form.
    """
    given: dict[str, Any] = {}
    for name, declared in panel_parameters().items():
        if name in form.cleaned_data and (name in form.data or isinstance(declared, Switch)):
            try:
                given[name] = _value(declared, form.cleaned_data[name], form.cleaned_data.get(BUDGET))
                validate({name: given[name]})
            except Refused:
                form.add_error(name, _("This does not fit here."))
    return given


def _field(declared: Parameter) -> forms.Field:
    match declared:
        case Number(is_whole=True):
            return forms.IntegerField(required=False, min_value=int(declared.low), max_value=int(declared.high))
        case Number():
            return forms.FloatField(required=False, min_value=declared.low, max_value=declared.high)
        case Switch():
            return forms.BooleanField(required=False)
        case Thinking():
            return forms.ChoiceField(
                required=False, choices=[(one, one) for one in ("", "off", "auto", *LEVELS, BUDGET)]
            )
        case Texts():
            return forms.CharField(required=False, strip=False, max_length=declared.most * (declared.length + 2))
        case Schema():
            return forms.CharField(required=False, max_length=declared.length * 2)
    raise AssertionError(f"no field for {declared}")


def _typed(declared: Parameter, value: Any) -> Any:
    match declared:
        case Texts():
            return "\n".join(value)
        case Schema():
            return json.dumps(value, ensure_ascii=False, indent=2)
        case Thinking() if isinstance(value, dict):
            return value.get("level", BUDGET)
    return value


def _value(declared: Parameter, typed: Any, budget: int | None) -> Any:
    """Return the value of a field as the parameter takes it; raises Refused."""
    if typed is False or typed in ("", None):
        return None
    match declared:
        case Texts():
            return [line for line in typed.splitlines() if line] or None
        case Schema():
            return json_object(typed)
        case Thinking() if typed == BUDGET:
            return {BUDGET: budget}
        case Thinking() if typed in LEVELS:
            return {"level": typed}
    return typed


def _text(value: Any) -> str:
    return "" if value is None or value is False else str(value)


def _errors(form: forms.Form, name: str, declared: Parameter) -> list[str]:
    own = [*form[BUDGET].errors] if isinstance(declared, Thinking) else []
    return [*form[name].errors, *own]
