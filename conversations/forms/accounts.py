"""Forms for names, passwords, addresses and personal tokens."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from conversations.confusable_names import skeleton
from conversations.models import User
from conversations.text import one_line
from providers.blank_text import is_blank


class AccountForm(forms.Form):
    """A name that cannot be mistaken for another, and a password that is hard to guess."""

    name = forms.CharField(max_length=150, label=_("Name"))
    password = forms.CharField(strip=False, label=_("Password"), widget=forms.PasswordInput)

    def clean_name(self) -> str:
        name = User.normalize_username(self.cleaned_data["name"])
        User._meta.get_field("username").run_validators(name)
        if not skeleton(name) or User.objects.called(name).exists():
            raise forms.ValidationError(_("This name is taken."))
        return name

    def clean(self) -> dict[str, Any]:
        _judge_password(self, User(username=self.cleaned_data.get("name", "")))
        return self.cleaned_data


class PasswordForm(forms.Form):
    """A new password for a known person."""

    password = forms.CharField(strip=False, label=_("New password"), widget=forms.PasswordInput)

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        _judge_password(self, self.person)
        return self.cleaned_data


class ProfileForm(forms.Form):
    """The name that others see."""

    display_name = forms.CharField(required=False, max_length=120, label=_("Display name"))

    def __init__(self, person: User, given: Any) -> None:
        super().__init__(given, initial={"display_name": person.display_name})
        self.person = person

    def clean_display_name(self) -> str:
        name = one_line(self.cleaned_data["display_name"], "display_name", 120)
        others = User.objects.called(name).exclude(pk=self.person.pk)
        if name and (not skeleton(name) or others.exists()):
            raise forms.ValidationError(_("This name is taken."))
        return name


class IntroductionForm(forms.Form):
    """A person's words about themselves, which models are told in private conversations."""

    address_as = forms.CharField(required=False, max_length=120, label=_("How models address you"))
    about_me = forms.CharField(
        required=False, strip=False, max_length=User.MAX_INTRODUCTION, label=_("What models should know of you")
    )

    def clean_address_as(self) -> str:
        name = one_line(self.cleaned_data["address_as"], "address_as", 120)
        return "" if is_blank(name) else name

    def clean_about_me(self) -> str:
        words: str = self.cleaned_data["about_me"].replace("\r\n", "\n")
        return "" if is_blank(words) else words


class ClosingForm(forms.Form):
    """The person's username, typed once more before their account goes."""

    username = forms.CharField(label=_("Your username"))

    def __init__(self, person: User, given: Any = None) -> None:
        super().__init__(given)
        self._person = person

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].strip()
        if name.casefold() != self._person.username.casefold():
            raise forms.ValidationError(_("This is not your username."))
        return name


class AddressForm(forms.Form):
    """A mail address, or none."""

    email = forms.EmailField(required=False, label=_("Email"))


class ForgottenForm(forms.Form):
    """The address that gets a letter with a link to a new password."""

    email = forms.EmailField(label=_("Email"))


class TokenForm(forms.Form):
    """The purpose of a personal token, and its validity: days."""

    DAYS = [("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year"))]

    name = forms.CharField(max_length=80, label=_("What it is for"))
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, label=_("Valid for"), initial="90")

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"], "name", 80)
        if is_blank(name):
            raise forms.ValidationError(self.fields["name"].error_messages["required"])
        return name


def _judge_password(form: forms.Form, person: User) -> None:
    if "password" in form.cleaned_data:
        try:
            validate_password(form.cleaned_data["password"], person)
        except forms.ValidationError as error:
            form.add_error("password", error)


class JoiningForm(AccountForm):
    """The account of an invited person, with an address for forgotten passwords."""

    email = forms.EmailField(required=False, label=_("Email"))


class SetUpForm(AccountForm):
    """The account of the first administrator."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
    code = forms.CharField(required=False)
