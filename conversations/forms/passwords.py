"""The forms of names and passwords that django-allauth shows; second factors are in `second_factor`."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from conversations.accounts import passwords
from conversations.models import User

NAME_KEY = "name-to-sign-in-with"
"""The session key for the name of a person who has just chosen a password."""


class NameForm(LoginForm):  # type: ignore[misc]
    """Name and password; a name is found in any spelling that counts as the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None:
            self.fields["login"].initial = self.request.session.get(NAME_KEY, "")

    def clean_login(self) -> str:
        name: str = super().clean_login()
        try:
            return User.objects.get_by_natural_key(name).username
        except User.DoesNotExist:
            return name


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password, with the old one; personal tokens are revoked unless the person keeps them."""

    user: Any
    keeps_tokens = forms.BooleanField(required=False, label=_("Keep my personal tokens"))

    def clean_oldpassword(self) -> str:
        """Check the old password under the sign-in's rate limit: an open session is a place to guess from, too."""
        given: str = self.cleaned_data["oldpassword"]
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, given):
            raise adapter.validation_error("enter_current_password")
        return given

    def save(self) -> None:
        keeps = self.cleaned_data["keeps_tokens"]
        passwords.replace(self.user, make_password(self.cleaned_data["password1"]), keeps_tokens=keeps)
