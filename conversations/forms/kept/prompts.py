"""The form of a kept prompt."""

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.errors import Refused
from conversations.models import Project, Prompt, Team, User
from conversations.models.prompts.prompt import MAX_NAME_LENGTH, MAX_PROMPT_LENGTH
from conversations.protocol.prompts import MAX_VARIABLES, Place, PromptWords, checked

TYPE_LABELS = {
    "text": _("A line"),
    "paragraph": _("Several lines"),
    "number": _("A number"),
    "date": _("A date"),
    "choice": _("A choice"),
}
_OWN, _SITE, _PROJECT = "own", "site", "project:"


class PromptForm(forms.Form):
    """A prompt's name, text and variables; of a new one also its place."""

    name = forms.CharField(max_length=MAX_NAME_LENGTH, label=_("Name of the prompt"))
    text = forms.CharField(strip=False, label=_("Text"))
    scope = forms.ChoiceField(label=_("Who can use it"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    words: PromptWords

    def __init__(self, person: User, prompt: Prompt | None, given: Any = None, *, scope: str = _OWN) -> None:
        said = prompt.words() if prompt else {}
        super().__init__(given, initial={**said, "scope": scope, "version": prompt.version if prompt else None})
        self._described = said.get("variables", [])
        cast(Any, self.fields["scope"]).choices = list(_scopes(person))

    @property
    def variables(self) -> list[dict[str, Any]]:
        """Return the variables as they are shown: as they were sent, else as they are stored."""
        return list(self._sent()) if self.is_bound else self._described

    def take_version(self, number: int) -> None:
        """Let the words that were sent be saved over this version the next time."""
        sent = cast(Any, self.data).copy()
        sent["version"] = str(number)
        self.data = sent

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if not self.errors:
            try:
                self.words = checked(given["name"], given["text"], list(self._sent()))
            except Refused as refusal:
                self.add_error("name" if refusal.field == "name" else "text", sentence_of(refusal))
        return given

    def _sent(self) -> Iterator[dict[str, Any]]:
        names = ("variable", "variable_type", "variable_default", "variable_choices")
        columns = [cast(Any, self.data).getlist(name)[: 2 * MAX_VARIABLES] for name in names]
        for name, kind, default, choices in zip(*columns, strict=False):
            yield {"name": name, "type": kind, "default": default, "choices": choices.splitlines()}


class PlaceForm(forms.Form):
    """A file of prompts, and the place where they come."""

    file = forms.FileField(label=_("File"))
    scope = forms.ChoiceField(label=_("Who can use it"))

    def __init__(self, person: User, given: Any = None, files: Any = None) -> None:
        super().__init__(given, files, initial={"scope": _OWN})
        cast(Any, self.fields["scope"]).choices = list(_scopes(person))


def place_in(scope: str) -> Place:
    """Return the place that was chosen in a form."""
    if scope.startswith(_PROJECT):
        return Place("project", project=UUID(scope.removeprefix(_PROJECT)))
    return Place(scope or _OWN) if scope in ("", _OWN, _SITE) else Place("team", UUID(scope))


def _scopes(person: User) -> Iterator[tuple[str, str | Promise]]:
    yield _OWN, _("Only me")
    for team in Team.objects.writable_by(person).order_by("name"):
        yield str(team.pk), team.name
    for project in Project.objects.writable_by(person).listed():
        yield f"{_PROJECT}{project.pk}", f"{project.team.name} · {project.name}" if project.team else project.name
    if person.has_perm(Prompt.SITE_PERMISSION):
        yield _SITE, _("Everybody on this site")


def sentence_of(refusal: Refused) -> str:
    """Return the page's sentence for a refusal, in its reader's language."""
    if refusal.code == "too_long" and refusal.field == "variables":
        return str(_("A prompt may have %(number)s variables.") % {"number": MAX_VARIABLES})
    if refusal.field == "default":
        return str(_("A default fits its variable: a number such as 3.5, or a day such as 2026-12-31."))
    if refusal.field == "proposal":
        return str(_("Somebody has published another version meanwhile. Compare the proposal with it first."))
    if refusal.field == "archived":
        return str(_("This project is in the archive: take it out first."))
    if refusal.field == "file":
        too_large, unknown = (
            _("This file is too large."),
            _("This file holds no prompts of Chatsite, Open WebUI or LibreChat."),
        )
        return str(too_large if refusal.code == "too_long" else unknown)
    if refusal.code == "too_long":
        return str(_("A prompt may have %(number)s characters.") % {"number": f"{MAX_PROMPT_LENGTH:,}"})
    return str(_SENTENCES.get(refusal.code, _("Something went wrong.")))


_SENTENCES = {
    "busy": _("There are too many prompts here already. Delete some first."),
    "no_room": _("The prompts here take all their room. Delete some first."),
    "conflict": _("Somebody has saved another version meanwhile. Yours is still below; save again to publish it."),
    "bad_text": _("This holds characters that cannot be kept, or none that can be seen."),
    "rate_limited": _("You have saved too many prompts in the last minute. Try again in a minute."),
}
