"""Forms of the second factor that django-allauth shows for us."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext as _

from conversations.hashed_tokens import token_digest
from providers.encryption.sealing import Locked

KEPT = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
"""Seconds for which a code may be right, and so has to be known as used."""


class OnceOnly:
    """A code that counts once in all the time in which it is right."""

    user: Any

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except Locked:
            sentence = _(
                "An encryption key of this site is missing, so no code can be checked: tell its administrator."
            )
            raise forms.ValidationError(sentence) from None
        if not cache.add(f"second-factor:{self.user.pk}:{token_digest(code)}", 1, KEPT):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The code behind a password."""


class CodeAgainForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """The code of somebody who is in and does what needs proof."""
