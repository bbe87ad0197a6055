"""Forms of the places where a person or a team is told what happened."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conversations.mail import letters
from conversations.models import Installation, Target, User
from conversations.models.notifications.notification import Kind
from conversations.models.notifications.target import kinds_for
from conversations.text import one_line

MAX_ADDRESS, MAX_SECRET = 1000, 200
_OF_TEAMS = {
    Kind.MENTION: _("Somebody is mentioned"),
    Kind.REMARK: _("Somebody makes a remark"),
    Kind.VERIFIED_DUE: _("A verified answer is due for review"),
    Kind.BUDGET: _("A budget of the team is nearly used up"),
}
"""The kinds as a team reads them."""


class TargetForm(forms.Form):
    """A place: its form, its address and secret, and of which kinds of events it is told."""

    form = forms.ChoiceField(label=_("Kind"))
    name = forms.CharField(label=_("What it is called"), max_length=80, required=False)
    address = forms.CharField(label=_("Address"), max_length=MAX_ADDRESS, required=False)
    signing = forms.RegexField(
        r"[!-~]+",
        label=_("Secret for signatures"),
        max_length=MAX_SECRET,
        required=False,
        error_messages={"invalid": _("It has letters, digits and signs, and no blanks.")},
    )
    kinds = forms.MultipleChoiceField(label=_("Notify about"))
    with_text = forms.BooleanField(label=_("Include the beginning of the message"), required=False)

    def __init__(self, person: User | None, data: Any = None) -> None:
        """Offer what a person may be told, or (None) a team."""
        super().__init__(data, initial={"kinds": list(kinds_for(person))})
        has_mail = person is not None and bool(person.email) and letters.is_set_up()
        choices: Any = self.fields
        forms_left_out = {Target.Form.PUSH} if has_mail else {Target.Form.PUSH, Target.Form.MAIL}
        if not Installation.lets_tell_outside():
            forms_left_out |= {*Target.Form} - {Target.Form.MAIL}
        choices["form"].choices = [one for one in Target.Form.choices if one[0] not in forms_left_out]
        labels = {} if person else _OF_TEAMS
        choices["kinds"].choices = [(kind.value, labels.get(kind, kind.label)) for kind in kinds_for(person)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        is_mail = given.get("form") == Target.Form.MAIL
        if not is_mail and not given.get("address") and "address" not in self.errors:
            self.add_error("address", _("This place has an address: copy it from there."))
        if "form" in given:
            given["name"] = one_line(given.get("name") or str(Target.Form(given["form"]).label), "name", 80)
        return given | ({"address": "", "signing": ""} if is_mail else {})


class BrowserForm(forms.Form):
    """The subscription of a browser at its push service, as the browser gives it."""

    address = forms.CharField(max_length=MAX_ADDRESS)
    key = forms.CharField(max_length=MAX_SECRET)
    auth = forms.CharField(max_length=MAX_SECRET)
