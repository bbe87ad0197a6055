"""The form field for a vendor's key, the same on every page that takes one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.endpoints import keys


class KeyField(forms.CharField):
    """The input of a key, refused if it is malformed; `keys.add_key` checks whether it may be stored."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", **kwargs.pop("attrs", {})}
        kwargs.setdefault("widget", forms.PasswordInput(attrs=attrs))
        super().__init__(max_length=keys.LENGTH, error_messages={"required": _("A key is needed.")}, **kwargs)

    def clean(self, value: Any) -> str:
        return keys.well_formed(super().clean(value) or "")
