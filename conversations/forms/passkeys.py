"""The forms of passkeys that django-allauth shows."""

import json
import struct
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode

from conversations.text import one_line

MAX_PASSKEYS, MAX_NAME_LENGTH = 20, 80
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)
"""Errors of the parsers for a credential that no browser made."""


class CredentialField(forms.JSONField):
    """A browser's answer to a challenge; the script of the page fills it in."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError:
            raise _refusal() from None


class Checked:
    """A passkey that proves its person at this very origin; every other is refused with one sentence."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        """Return the row of the passkey."""
        try:
            _check_origin(self.cleaned_data["credential"])
            return super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError as error:
            raise (_refusal() if error.code != "too_many_login_attempts" else error) from None
        except _UNREADABLE:
            raise _refusal() from None


class SignInForm(Checked, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in place of name, password and second factor."""

    credential = CredentialField()


class SecondFactorForm(Checked, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after a password."""

    credential = CredentialField()


class ConfirmForm(Checked, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey of a signed-in person for an action that needs proof."""

    credential = CredentialField()


class Named:
    """A name for a passkey: one line without control characters."""

    cleaned_data: dict[str, Any]

    def clean_name(self) -> str:
        """Return the name, or a ready one for an empty one."""
        return one_line(self.cleaned_data["name"], "name", MAX_NAME_LENGTH) or gettext("Passkey")


class NewPasskeyForm(Named, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, which asks for a PIN, a finger or a face, because it opens the account alone."""

    name = forms.CharField(required=False, max_length=MAX_NAME_LENGTH, label=_("Name of the passkey"))
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MAX_PASSKEYS:
            raise forms.ValidationError(_("You have many passkeys. Remove one that you no longer use."))
        self.cleaned_data["passwordless"] = True
        try:
            if credential := self.cleaned_data.get("credential"):
                _check_origin(credential)
            return super().clean()  # type: ignore[no-any-return]
        except (forms.ValidationError, *_UNREADABLE):
            raise _refusal() from None


class PasskeyNameForm(Named, EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(max_length=MAX_NAME_LENGTH, label=_("Name of the passkey"))


def _check_origin(credential: Any) -> None:
    """Raise ValidationError for a credential of another origin: a subdomain could ask for one of its own."""
    told = json.loads(websafe_decode(credential["response"]["clientDataJSON"]))
    request = context.request
    if told["origin"] != f"{request.scheme}://{request.get_host()}":
        raise _refusal()


def _refusal() -> forms.ValidationError:
    return forms.ValidationError(_("This passkey was not accepted. Try again."), code="incorrect_code")
