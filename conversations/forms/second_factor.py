"""The forms of second factors that django-allauth shows."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext as _

from conversations.hashed_tokens import token_digest
from providers.encryption.sealing import Locked

MEMORY_SECONDS = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
"""Seconds for which a code may be valid, so used codes are remembered that long."""


class OnceOnly:
    """A code that counts once during all the time in which it is valid."""

    user: Any

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except Locked:
            sentence = _(
                "An encryption key of this site is missing, so no code can be checked: tell its administrator."
            )
            raise forms.ValidationError(sentence) from None
        if not cache.add(f"second-factor:{self.user.pk}:{token_digest(code)}", 1, MEMORY_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The code after a password."""


class CodeAgainForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """The code of a signed-in person for an action that needs proof."""
