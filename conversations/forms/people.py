"""Forms of the administration's pages about people: a pasted list of newcomers, a leaver, and a closed account."""

import re
from email.utils import parseaddr
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.confusable_names import skeleton
from conversations.models import Team, User
from conversations.models.unique_keys import AddressKey
from conversations.text import one_line

MAX_PEOPLE = 200
MAX_LINE = 500
"""Characters of a line: the parser of addresses enters each bracket of it."""
_BETWEEN_CELLS = re.compile(r"[\t;,，；]")


class NewcomersForm(forms.Form):
    """A list with one person a line: a username or an address, and perhaps a display name."""

    people = forms.CharField(
        label=_("People"),
        max_length=MAX_PEOPLE * MAX_LINE,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "One a line: a username, or a mail address, or “Ann Lee <ann@example.org>”; "
            "a display name may follow after a comma."
        ),
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), label=_("Team"), required=False, empty_label=_("none yet")
    )

    def clean_people(self) -> list[User]:
        """Return accounts that are not stored yet. Raises ValidationError with the number of each bad line."""
        lines = [(number, line) for number, line in enumerate(self.cleaned_data["people"].splitlines(), 1)]
        given = [(number, line.strip()[:MAX_LINE]) for number, line in lines if _BETWEEN_CELLS.sub("", line).strip()]
        if len(given) > MAX_PEOPLE:
            raise ValidationError(gettext("At most %(most)s people at once."), params={"most": MAX_PEOPLE})
        people: list[User] = []
        problems: list[str] = []
        for number, line in given:
            person = _person(line)
            if problem := _problem(person, people):
                problems.append(gettext("Line %(number)s: %(problem)s") % {"number": number, "problem": problem})
            people.append(person)
        if problems:
            raise ValidationError(problems)
        return people


def _person(line: str) -> User:
    """Return the account that a line describes; the username of a bare address is what stands before its @."""
    shown, address = parseaddr(line) if "<" in line else ("", "")
    cells = [cell.strip() for cell in _BETWEEN_CELLS.split(line) if cell.strip()] if not address else [shown]
    address = address or next((cell for cell in cells if "@" in cell), "")
    words = [cell for cell in cells if cell and cell != address]
    name = address.partition("@")[0] if address else words[0]
    display = words[0] if address and words else (words[1] if len(words) > 1 else "")
    display = one_line(display[:120], "display_name", 120)
    return User(username=User.normalize_username(name), display_name=display, email=address)


def _problem(person: User, others: list[User]) -> str:
    """Return why this account cannot be made beside the others of the list, or ""."""
    try:
        if person.email:
            validate_email(person.email)
        person.clean_fields(exclude=["password", "id", "last_login"])
        person.clean()
    except ValidationError as error:
        return " ".join(error.messages)
    names = {skeleton(name) for other in others for name in (other.username, other.display_name) if name}
    if {skeleton(person.username), skeleton(person.display_name)} & names:
        return gettext("This name is in the list twice.")
    key = AddressKey.key_of(person.email)
    if key and (User.objects.filter(email_key=key).exists() or key in map(AddressKey.key_of, _addresses(others))):
        return gettext("This address belongs to another account.")
    return ""


def _addresses(people: list[User]) -> list[str]:
    return [person.email for person in people]


class LeaverForm(forms.Form):
    """The person who takes over what a leaver had in teams, by username; nobody if it is left empty."""

    heir = forms.CharField(
        label=_("Handed over to"),
        required=False,
        widget=forms.TextInput(attrs={"list": "heirs", "autocomplete": "off"}),
        help_text=_("A username. Without one, what the person had in teams stays as it is."),
    )

    def __init__(self, leaver: User, *args: Any) -> None:
        super().__init__(*args)
        self.leaver = leaver

    def clean_heir(self) -> User | None:
        return self._named("heir")

    def _named(self, field: str) -> User | None:
        name = self.cleaned_data[field].strip()
        if not name:
            return None
        heir = User.objects.filter(username__iexact=name, is_active=True).exclude(pk=self.leaver.pk).first()
        if heir is None:
            raise ValidationError(gettext("Nobody here has this name."))
        return heir


class HandOverForm(LeaverForm):
    """The people who take over what a leaver had: one for teams, one for links, one for prompts and assistants."""

    links_heir = forms.CharField(
        label=_("Share links go to"),
        required=False,
        widget=forms.TextInput(attrs={"list": "heirs", "autocomplete": "off"}),
        help_text=_("A username. Gets the links to conversations that they may share; other links end."),
    )
    prompts_heir = forms.CharField(
        label=_("Prompts and assistants go to"),
        required=False,
        widget=forms.TextInput(attrs={"list": "heirs", "autocomplete": "off"}),
        help_text=_("A username. Gets the prompts and assistants that only this person had, and can read them all."),
    )

    def clean_links_heir(self) -> User | None:
        return self._named("links_heir")

    def clean_prompts_heir(self) -> User | None:
        return self._named("prompts_heir")


class ClosingForm(LeaverForm):
    """The fate of a closed account: its heir, also of private conversations, and the name of what stays."""

    private = forms.BooleanField(
        label=_("Hand over the private conversations, too"),
        required=False,
        help_text=_("The person named above can then read them all. Else they are deleted forever."),
    )
    keeps_name = forms.TypedChoiceField(
        label=_("What they wrote in teams"),
        choices=[("yes", _("stays under their name")), ("no", _("is by “a former member”"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )

    def __init__(self, leaver: User, *args: Any) -> None:
        super().__init__(leaver, *args)
        self.fields["heir"].help_text = _("A username. Gets the places and conversations in teams.")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("private") and not given.get("heir") and not self.has_error("heir"):
            self.add_error("heir", gettext("Name the person who gets the private conversations."))
        return given
