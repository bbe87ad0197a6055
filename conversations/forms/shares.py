"""Forms of share links."""

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.blank_text import is_blank

MAX_PHRASE_LENGTH = 200


class ShareForm(forms.Form):
    """The last message that a link shows, its validity, and an optional pass phrase."""

    DAYS = [
        ("1", _("1 day")),
        ("7", _("7 days")),
        ("30", _("30 days")),
        ("365", _("1 year")),
        ("0", _("Never expires")),
    ]

    message = forms.UUIDField(widget=forms.HiddenInput)
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, label=_("Valid for"), initial="7")
    pass_phrase = forms.CharField(required=False, min_length=8, max_length=MAX_PHRASE_LENGTH, label=_("Pass phrase"))

    def clean_pass_phrase(self) -> str:
        """Refuse a phrase of which nothing can be seen: without it the link would be open to anybody."""
        phrase: str = self.cleaned_data["pass_phrase"]
        if is_blank(phrase) and self.data.get("pass_phrase"):
            raise forms.ValidationError(_("A pass phrase needs letters or digits."))
        return phrase


class CopyForm(forms.Form):
    """The copy's idempotency key: the same key twice makes one copy."""

    key = forms.UUIDField(widget=forms.HiddenInput)
