"""Forms of the project pages, and their sentences for refusals."""

import json
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations.errors import Refused
from conversations.forms.parameters import Shown, as_typed, form_fields, in_two_parts, parameters_of, shown_in
from conversations.models import Project, Team, User
from conversations.models.projects.project import NAME_LENGTH
from conversations.protocol import seen
from conversations.protocol.links import checked_links
from conversations.text import MAX_TEXT_LENGTH, lines_of, title
from conversations.usage.model_access import models_for
from providers.blank_text import is_blank
from providers.models import LanguageModel


class NewProjectForm(forms.Form):
    """The name of a project, and the people for whom it is."""

    name = forms.CharField(max_length=NAME_LENGTH, label=_("Name of the project"))
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=_("Who can read it"), empty_label=_("Only me")
    )

    def __init__(self, person: User, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        cast(Any, self.fields["team"]).queryset = Team.objects.writable_by(person)

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])


class ProjectForm(forms.Form):
    """A project's name, instructions, defaults and links."""

    name = forms.CharField(max_length=NAME_LENGTH, label=_("Name of the project"))
    instructions = forms.CharField(required=False, strip=False, label=_("Instructions"))
    seen = forms.CharField(required=False, max_length=seen.MAX_LENGTH, widget=forms.HiddenInput)
    model = forms.ModelChoiceField(
        LanguageModel.objects.none(), required=False, label=_("Model"), empty_label=_("As each person likes")
    )
    links = forms.CharField(required=False, max_length=50_000, label=_("Links"))

    def __init__(self, person: User, project: Project, given: Any = None) -> None:
        """Offer the project's present model too, even if it could not be chosen now."""
        initial = {"name": project.name, "instructions": project.instructions}
        initial["seen"] = json.dumps(seen.digests(project.settings()))
        lines = "\n".join(f"{link['address']} {link['title']}" for link in project.links)
        typed = {**as_typed(project.parameters), "model": project.model_id, "links": lines}
        super().__init__(given, initial={**initial, **typed})
        self.fields |= form_fields()
        usable = models_for(person, project.team_id).values("pk")
        models = cast(Any, self.fields["model"])
        models.queryset = LanguageModel.objects.filter(Q(pk__in=usable) | Q(pk=project.model_id))

    def parameters(self) -> dict[str, list[Shown]]:
        """Return the parameters as they are shown, with their values."""
        return in_two_parts(shown_in(self))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        given["parameters"] = parameters_of(self)
        return given

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean_instructions(self) -> str:
        """Return no instructions for some of which nothing can be seen; browsers send lines with CRLF."""
        text = lines_of(self.cleaned_data["instructions"])
        if len(text) > MAX_TEXT_LENGTH:
            raise forms.ValidationError(sentence_of(Refused("too_long", "", "instructions")))
        return "" if is_blank(text) else text

    def clean_links(self) -> list[dict[str, str]]:
        """Return the links of all lines: an address and, behind it, a title."""
        lines = (line.split(maxsplit=1) for line in self.cleaned_data["links"].splitlines() if line.strip())
        try:
            return checked_links([{"address": address, "title": " ".join(rest)} for address, *rest in lines])
        except Refused as refusal:
            raise forms.ValidationError(sentence_of(refusal)) from None

    def see(self, project: Project, name: str) -> None:
        """Let what was sent of this field be saved over what the project has now when it is sent again."""
        seen.see(self, name, project.settings()[name])

    def changed(self, project: Project) -> dict[str, Any]:
        """Return the project's fields as given; parameters that were not sent keep their values."""
        given = self.cleaned_data
        parameters = {**project.parameters, **given["parameters"]}
        return {
            "name": given["name"],
            "instructions": given["instructions"],
            "model": given["model"],
            "links": given["links"],
            "parameters": {name: value for name, value in parameters.items() if value is not None},
        }


class MembersForm(forms.Form):
    """Whether a team's project is for all of the team or for named members, and who these are."""

    is_narrow = forms.TypedChoiceField(
        choices=[("0", _("All of the team")), ("1", _("Only these members:"))],
        coerce=lambda value: value == "1",
        label=_("Who can read it"),
    )
    people = forms.ModelMultipleChoiceField(User.objects.none(), required=False)
    seen = forms.CharField(required=False, max_length=seen.MAX_LENGTH, widget=forms.HiddenInput)

    def __init__(self, project: Project, given: Any = None) -> None:
        people = project.people()
        initial = {"is_narrow": str(int(project.is_narrow)), "people": people or [], **seen.digests({"seen": people})}
        super().__init__(given, initial=initial)
        cast(Any, self.fields["people"]).queryset = User.objects.filter(memberships__team=project.team_id)


def checked_name(given: str) -> str:
    try:
        return title(given, "name", NAME_LENGTH)
    except Refused as refusal:
        raise forms.ValidationError(sentence_of(refusal)) from None


def sentence_of(refusal: Refused) -> str:
    """Return a page's sentence for a refusal, in its reader's language."""
    found = _SENTENCES.get((refusal.code, refusal.field)) or _SENTENCES.get((refusal.code, ""))
    return str(found or _("Something went wrong."))


def file_sentence(refusal: Refused, name: str) -> str:
    """Return a page's sentence for a file that is refused, as the message box says it."""
    found = _FILE_SENTENCES.get(refusal.code)
    return str(found).replace("{name}", name) if found else sentence_of(refusal)


_FILE_SENTENCES = {
    "bad_field": _(
        "“{name}” cannot be added: only pictures (PNG, JPEG, WebP), PDFs, texts, and documents of office programs and "
        "EPUB can."
    ),
    "encrypted_file": _("“{name}” is protected by a password. Save it without one and add it again."),
    "file_with_macros": _(
        "“{name}” has macros. Save it without macros, perhaps as docx, xlsx or pptx, and add it again."
    ),
    "old_format": _("“{name}” is in an old Office format. Save it as docx, xlsx or pptx and add it again."),
    "outside_parts": _("“{name}” loads parts from elsewhere. Save it as PDF and add that."),
    "oversized_file": _("“{name}” is too much to read. Split it, or save it as PDF or text."),
    "unreadable_file": _("“{name}” is damaged. Open it in its program, save it and add it again."),
    "empty_file": _("“{name}” holds no text."),
    "unavailable": _("“{name}” cannot be read just now. Try again in a minute."),
    "busy": _("Too many of your files wait to be sent already. Send them first, or wait until tomorrow."),
}
_SENTENCES = {
    ("conflict", "instructions"): _(
        "Somebody has changed the instructions meanwhile. See the versions, then save yours again."
    ),
    ("conflict", "parameters"): _(
        "Somebody has changed the parameters meanwhile. Save again to put yours in their place."
    ),
    ("conflict", "people"): _("Somebody has changed meanwhile who can read it. Look again, and choose once more."),
    ("conflict", ""): _("Somebody has changed this meanwhile. Save again to put yours in its place."),
    ("conflict", "archived"): _("This project is in the archive: take it out first."),
    ("conflict", "members"): _(
        "Without the project, the whole team would read its conversations. Move them first, or open the project to all."
    ),
    ("bad_text", ""): _("This holds characters that cannot be kept."),
    ("bad_text", "name"): _("A name needs letters or digits."),
    ("too_long", ""): _("This is too long."),
    ("too_long", "files"): _(
        "The files that go with every question can have 10 MB together, those that are looked up 100 MB."
    ),
    ("bad_field", "looked_up"): _("There is no text in this file that could be looked up."),
    ("too_long", "links"): _("A project can have 20 links."),
    ("bad_field", "links"): _("A link is the address of a web page, with https:// in front."),
    ("busy", "files"): _("A project can have 20 files that go with every question, and 500 that are looked up."),
    ("busy", ""): _("You have too many of these already. Remove some first."),
    ("no_room", ""): _("Your files take all the room you have. Delete conversations that hold some forever."),
}
