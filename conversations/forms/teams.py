"""Forms of the team pages."""

import json
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations.confusable_names import skeleton
from conversations.errors import Refused
from conversations.forms.parameters import Shown, as_typed, form_fields, in_two_parts, parameters_of, shown_in
from conversations.models import Membership, Team
from conversations.models.keeping.retention import MAX_DAYS
from conversations.models.people import MAX_FOLDS_AT, MIN_FOLDS_AT
from conversations.protocol import seen
from conversations.text import MAX_TEXT_LENGTH, lines_of, one_line
from providers.blank_text import is_blank
from providers.models import LanguageModel

_SWITCHES = ("names_speakers", "readers_remark")
NAME_LENGTH = Team._meta.get_field("name").max_length or 0


class TeamForm(forms.Form):
    """The name of a team."""

    name = forms.CharField(max_length=NAME_LENGTH, label=_("Name of the team"))

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"], "name", NAME_LENGTH)
        if not skeleton(name):
            raise forms.ValidationError(_("This name is taken."))
        return name


class RetentionForm(forms.Form):
    """The days without a new message after which a team's conversations go; none keeps them."""

    days = forms.IntegerField(required=False, min_value=1, max_value=MAX_DAYS, label=_("Days"))


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)


class InvitationForm(forms.Form):
    """The role that a link gives, its validity, and how many people may use it."""

    DAYS = [("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days"))]

    role = forms.ChoiceField(choices=Membership.Role.choices, label=_("Role"), initial=Membership.Role.MEMBER)
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, label=_("Valid for"), initial="7")
    is_single_use = forms.TypedChoiceField(
        choices=[("1", _("one person")), ("0", _("anyone with the link"))],
        coerce=lambda value: value == "1",
        label=_("Can be used by"),
        initial="1",
    )
    mailed_to = forms.EmailField(required=False, label=_("Mail it to"))


class DefaultsForm(forms.Form):
    """The defaults of a team's new conversations."""

    model = forms.ModelChoiceField(
        LanguageModel.objects.none(), required=False, label=_("Model"), empty_label=_("As each person likes")
    )
    system_prompt = forms.CharField(required=False, strip=False, label=_("System prompt"))
    names_speakers = forms.BooleanField(required=False, label=_("Tell the model who speaks"))
    readers_remark = forms.BooleanField(required=False, label=_("Readers may remark on messages"))

    folds_at = forms.IntegerField(
        required=False, min_value=MIN_FOLDS_AT, max_value=MAX_FOLDS_AT, label=_("Fold long conversations at (%)")
    )
    seen = forms.CharField(required=False, max_length=seen.MAX_LENGTH, widget=forms.HiddenInput)

    def __init__(self, team: Team, given: Any = None) -> None:
        """Offer the team's present model too, even if it could not be chosen now."""
        initial = {**as_typed(team.parameters), "model": team.model_id, "system_prompt": team.system_prompt}
        initial["folds_at"] = team.folds_at
        initial["seen"] = json.dumps(seen.digests(_settings(team)))
        super().__init__(given, initial={**initial, **{name: getattr(team, name) for name in _SWITCHES}})
        self.fields |= form_fields()
        usable = LanguageModel.objects.for_replies().usable(Q()).filter(Q(teams=None) | Q(teams=team)).values("pk")
        models = cast(Any, self.fields["model"])
        models.queryset = LanguageModel.objects.filter(Q(pk__in=usable) | Q(pk=team.model_id))

    def parameters(self) -> dict[str, list[Shown]]:
        """Return the parameters as they are shown, with their values."""
        return in_two_parts(shown_in(self))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        given["parameters"] = parameters_of(self)
        return given

    def clean_system_prompt(self) -> str:
        """Return no prompt for one of which nothing can be seen. Its lines end as the chat's field has them."""
        prompt = lines_of(self.cleaned_data["system_prompt"])
        if len(prompt) > MAX_TEXT_LENGTH:
            raise forms.ValidationError(sentence_of(Refused("too_long", "", "system_prompt")))
        return "" if is_blank(prompt) else prompt

    def see(self, team: Team, name: str) -> None:
        """Let what was sent of this field be saved over what the team has now when it is sent again."""
        seen.see(self, name, _settings(team)[name])

    def changed(self, team: Team) -> dict[str, Any]:
        """Return the team's fields as given; parameters that were not sent keep their values."""
        given = self.cleaned_data
        parameters = {**team.parameters, **given["parameters"]}
        return {
            "model": given["model"],
            "system_prompt": given["system_prompt"],
            "parameters": {name: value for name, value in parameters.items() if value is not None},
            "folds_at": given["folds_at"] or team.folds_at,
            **{name: given[name] for name in _SWITCHES},
        }


def _settings(team: Team) -> dict[str, Any]:
    return {name: getattr(team, name) for name in ("model", "system_prompt", "parameters", "folds_at", *_SWITCHES)}


def sentence_of(refusal: Refused) -> str:
    """Return a page's sentence for a refusal, in its reader's language."""
    return str(_SENTENCES.get(refusal.code, _("Something went wrong.")))


_SENTENCES = {
    "busy": _("You have too many of these already. Remove some first."),
    "last_superuser": _("The site keeps at least one superuser: make somebody else one first."),
    "last_lead": _("A team keeps at least one lead: make somebody else a lead first."),
    "conflict": _("This name is taken."),
    "bad_text": _("This holds characters that cannot be kept."),
    "too_long": _("This is too long."),
}
