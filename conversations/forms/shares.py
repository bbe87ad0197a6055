"""Forms of share links."""

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_PHRASE_LENGTH = 200


class ShareForm(forms.Form):
    """The last message that a link shows, its validity, and an optional pass phrase."""

    DAYS = [
        ("1", _("1 day")),
        ("7", _("7 days")),
        ("30", _("30 days")),
        ("365", _("1 year")),
        ("0", _("until I take it back")),
    ]

    message = forms.UUIDField(widget=forms.HiddenInput)
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, label=_("Valid for"), initial="7")
    pass_phrase = forms.CharField(required=False, min_length=8, max_length=MAX_PHRASE_LENGTH, label=_("Pass phrase"))


class CopyForm(forms.Form):
    """The copy's idempotency key: the same key twice makes one copy."""

    key = forms.UUIDField(widget=forms.HiddenInput)
