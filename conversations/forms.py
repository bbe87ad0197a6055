"""The forms of our own pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from conversations.models import User
from providers.presets import PRESETS


class SetUpForm(forms.Form):
    """The first administrator."""

    name = forms.CharField(max_length=150)
    password = forms.CharField(strip=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    code = forms.CharField(required=False)

    def clean_name(self) -> str:
        name = User.normalize_username(self.cleaned_data["name"])
        User._meta.get_field("username").run_validators(name)
        return name

    def clean(self) -> dict[str, Any]:
        if "password" in self.cleaned_data:
            try:
                validate_password(self.cleaned_data["password"], User(username=self.cleaned_data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data


class EndpointForm(forms.Form):
    """A vendor's key and models, as the first-run card asks for them."""

    preset = forms.ChoiceField(choices=[(preset.id, preset.label) for preset in PRESETS.values()])
    base_url = forms.CharField(required=False, max_length=500, label=_("Address"))
    models = forms.CharField(max_length=4000, label=_("Model"))
    key = forms.CharField(required=False, strip=True, max_length=4096, label=_("Key"), widget=forms.PasswordInput)

    def model_ids(self) -> list[str]:
        return self.cleaned_data["models"].replace("，", ",").split(",")
