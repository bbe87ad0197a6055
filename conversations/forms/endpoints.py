"""Forms for adding an endpoint, and a personal key."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from providers.endpoints import adding
from providers.endpoints.presets import presets
from providers.models import Endpoint


def _preset_choices() -> list[tuple[str, str]]:
    return [(preset.id, gettext(preset.label)) for preset in presets().values()]


class EndpointForm(forms.Form):
    """A vendor's key and models, as the first-run card asks for them."""

    preset = forms.ChoiceField(choices=_preset_choices)
    base_url = forms.CharField(required=False, max_length=500, label=_("Address"))
    models = forms.CharField(max_length=4000, label=_("Model"))
    key = forms.CharField(required=False, strip=True, max_length=4096, label=_("Key"), widget=forms.PasswordInput)

    def model_ids(self) -> list[str]:
        return self.cleaned_data["models"].replace("，", ",").split(",")


class OwnKeyForm(forms.Form):
    """A key for an address that an administrator opened for personal keys; never an address of one's own."""

    endpoint = forms.ModelChoiceField(Endpoint.objects.none(), label=_("Vendor"), empty_label=None)
    key = forms.CharField(max_length=4096, label=_("Key"), widget=forms.PasswordInput)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        endpoints: Any = self.fields["endpoint"]
        endpoints.queryset = open_endpoints()

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        adding.check_key(key)
        return key

    def clean(self) -> dict[str, Any]:
        endpoint, key = self.cleaned_data.get("endpoint"), self.cleaned_data.get("key")
        if endpoint and key and endpoint.keys.same_as(key).exists():
            raise ValidationError({"key": _("This key is stored here already.")})
        return self.cleaned_data


def open_endpoints() -> Any:
    return Endpoint.objects.filter(enabled=True, personal_keys=True)
