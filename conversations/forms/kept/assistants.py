"""The form of an assistant, and its sentences for refusals."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.timezone import is_aware
from django.utils.translation import gettext_lazy as _

from conversations.errors import Refused
from conversations.forms.kept.projects import sentence_of as shared_sentence
from conversations.forms.parameters import Shown, as_typed, form_fields, in_two_parts, parameters_of, shown_in
from conversations.models import Assistant, User
from conversations.models.assistants.assistant import MAX_NAME_LENGTH, MAX_SYMBOL_LENGTH, publishing_teams
from conversations.protocol.assistants import MAX_MODELS, MAX_STARTER_LENGTH, MAX_STARTERS, checked
from conversations.usage.model_access import models_anywhere
from providers.models import LanguageModel

_MODELS = [f"model_{number}" for number in range(1, MAX_MODELS + 1)]
_STARTERS = [f"starter_{number}" for number in range(1, MAX_STARTERS + 1)]


class AssistantForm(forms.Form):
    """An assistant's name, sign, instructions, models, parameters and starters; of a new one also its place."""

    name = forms.CharField(max_length=MAX_NAME_LENGTH, label=_("Name of the assistant"))
    symbol = forms.CharField(required=False, max_length=MAX_SYMBOL_LENGTH, label=_("Letter or emoji"))
    instructions = forms.CharField(required=False, strip=False, label=_("Instructions"))
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    scope = forms.ChoiceField(required=False, label=_("Who can use it"))

    def __init__(self, person: User, assistant: Assistant, given: Any = None, *, scope: str = "own") -> None:
        """Offer the models that the person may use, and those that it has."""
        named = {name: getattr(assistant, name) for name in ("name", "symbol", "instructions")}
        named["seen"] = assistant.updated_at.isoformat()
        models = dict(zip(_MODELS, assistant.model_ids, strict=False))
        starters = dict(zip(_STARTERS, assistant.starters, strict=False))
        initial = {**named, **models, **starters, **as_typed(assistant.parameters), "scope": scope}
        super().__init__(given, initial=initial)
        usable = Q(pk__in=models_anywhere(person).values("pk")) | Q(pk__in=assistant.model_ids)
        for name in _MODELS:
            rows = LanguageModel.objects.filter(usable)
            self.fields[name] = forms.ModelChoiceField(rows, required=False, empty_label=str(_LABELS[name]))
        for name in _STARTERS:
            self.fields[name] = forms.CharField(required=False, max_length=MAX_STARTER_LENGTH)
        self.fields |= form_fields()
        cast(Any, self.fields["scope"]).choices = list(_scopes(person))
        self._kept = assistant.parameters

    def models(self) -> list[forms.BoundField]:
        return [self[name] for name in _MODELS]

    def starters(self) -> list[forms.BoundField]:
        return [self[name] for name in _STARTERS]

    def parameters(self) -> dict[str, list[Shown]]:
        """Return the parameters as they are shown, with their values."""
        return in_two_parts(shown_in(self))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        parameters = {**self._kept, **parameters_of(self)}
        if self.errors:
            return given
        fields = {name: given[name] for name in ("name", "symbol", "instructions")}
        fields["starters"] = [given[name] for name in _STARTERS]
        fields["parameters"] = {name: value for name, value in parameters.items() if value is not None}
        try:
            self.told = checked(fields)
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, sentence_of(refusal))
            return given
        self.told["models"] = [given[name].pk for name in _MODELS if given[name]]
        return given

    def clean_seen(self) -> datetime | None:
        """Return when the assistant that was shown had been changed last."""
        with suppress(ValueError):
            seen = datetime.fromisoformat(self.cleaned_data["seen"])
            return seen if is_aware(seen) else None
        return None

    def see(self, changed_at: datetime) -> None:
        """Let what was sent be saved over the assistant of this time when it is sent again."""
        sent = cast(Any, self.data).copy()
        sent["seen"] = changed_at.isoformat()
        self.data = sent


class AssistantFileForm(forms.Form):
    """A file of assistants, and the place where they come."""

    file = forms.FileField(label=_("File"))
    scope = forms.ChoiceField(label=_("Who can use it"))

    def __init__(self, person: User, given: Any = None, files: Any = None) -> None:
        super().__init__(given, files, initial={"scope": "own"})
        cast(Any, self.fields["scope"]).choices = list(_scopes(person))


def _scopes(person: User) -> Iterator[tuple[str, str | Promise]]:
    yield "own", _("Only me")
    for team in publishing_teams(person).order_by("name"):
        yield str(team.pk), team.name
    if person.has_perm(Assistant.SITE_PERMISSION):
        yield "site", _("Everybody on this site")


def sentence_of(refusal: Refused) -> str:
    """Return a page's sentence for a refusal, in its reader's language."""
    if refusal.field == "file":
        return str(_TOO_LARGE if refusal.code == "too_long" else _UNKNOWN_FILE)
    found = _SENTENCES.get((refusal.code, refusal.field))
    return str(found) if found else shared_sentence(refusal)


_TOO_LARGE = _("This file is too large.")
_UNKNOWN_FILE = _("This file holds no assistants of Chatsite or Open WebUI.")
_LABELS: Mapping[str, Promise] = {
    "model_1": _("Whichever is chosen"),
    "model_2": _("No other"),
    "model_3": _("No other"),
}
_SENTENCES = {
    ("bad_field", "symbol"): _("One letter or one emoji, please."),
    ("conflict", ""): _("Somebody has changed this assistant meanwhile. Save again to keep your version."),
    ("no_model", "models"): _("You can't use one of these models."),
    ("too_long", "files"): _("An assistant's files can have 10 MB together."),
    ("busy", "files"): _("An assistant can have 20 files."),
    ("rate_limited", ""): _("You have saved too many assistants in the last minute. Try again in a minute."),
    ("no_room", ""): _("There is no room for more instructions here. Delete an assistant first."),
}
