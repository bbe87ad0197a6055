"""Forms for adding an endpoint, and a personal key."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.usage.model_access import open_endpoints
from providers.endpoints.key_field import KeyField
from providers.endpoints.presets import presets
from providers.models import Endpoint


def _preset_choices() -> list[tuple[str, str]]:
    return [(preset.id, gettext(preset.label)) for preset in presets().values()]


class EndpointForm(forms.Form):
    """A vendor's key and models, as the first-run card asks for them."""

    preset = forms.ChoiceField(choices=_preset_choices)
    base_url = forms.CharField(required=False, max_length=500, label=_("Address"))
    models = forms.CharField(max_length=4000, label=_("Model"))
    key = KeyField(required=False, label=_("Key"))

    def model_ids(self) -> list[str]:
        return self.cleaned_data["models"].replace("，", ",").split(",")


class OwnKeyForm(forms.Form):
    """A key for an address that an administrator opened for personal keys; never an address of one's own."""

    endpoint = forms.ModelChoiceField(Endpoint.objects.none(), label=_("Vendor"), empty_label=None)
    key = KeyField(label=_("Key"))
    falls_back = forms.ChoiceField(
        label=_("Which keys answer"),
        choices=[("no", _("only this key")), ("yes", _("this key first, then the site's keys"))],
        required=False,
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        endpoints: Any = self.fields["endpoint"]
        endpoints.queryset = open_endpoints()

    def values(self) -> tuple[Endpoint, str, bool]:
        """Return the endpoint, the key, and whether the site's keys follow."""
        return self.cleaned_data["endpoint"], self.cleaned_data["key"], self.cleaned_data["falls_back"] == "yes"
