"""Several keys of one endpoint, pasted as one list, for all people or for teams."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.models import Team
from conversations.reporting.permissions import require_report_access
from providers.models import Endpoint

MAX_KEYS = 100
_BETWEEN_KEYS = re.compile("[,;，；]")


class Unshown(forms.Textarea):
    """A text field whose value is never sent back to the page."""

    def format_value(self, value: Any) -> str:
        return ""


class KeysForm(forms.Form):
    """One key a line; none is shown again, not even after an error."""

    keys = forms.CharField(
        label=capfirst(gettext_lazy("keys")),
        max_length=MAX_KEYS * 4100,
        error_messages={"required": gettext_lazy("A key is needed.")},
        widget=Unshown(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line, or with commas between them. They are stored encrypted and never shown again."
        ),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("name"),
        label=capfirst(gettext_lazy("only for the teams")),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With none picked they are everybody's."),
    )

    def clean_keys(self) -> dict[int, str]:
        """Return the keys by their lines; of keys with commas between them, each counts as a line."""
        lines = [line.strip(" ,;\t") for line in self.cleaned_data["keys"].splitlines()]
        lines = [key.strip() for line in lines for key in _BETWEEN_KEYS.split(line)]
        found = {number: line for number, line in enumerate(lines, 1) if line}
        if len(found) > MAX_KEYS:
            raise ValidationError(_("At most %(most)s keys at once."), params={"most": MAX_KEYS})
        return found


@require_http_methods(["GET", "POST"])
def _page(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, pk=endpoint_id)
    if endpoint.is_local:
        raise PermissionDenied
    form = KeysForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _added(request, endpoint, form)
        except ValidationError as error:
            form.add_error("keys", error)
    frame = {**admin.site.each_context(request), "opts": Endpoint._meta, "original": endpoint}
    context = {"title": _("Add keys"), "form": form}
    return TemplateResponse(request, "admin/providers/endpoint/keys.html", {**frame, **context})


def _added(request: HttpRequest, endpoint: Endpoint, form: KeysForm) -> HttpResponse:
    added = actions.add_keys(person_of(request), endpoint, form.cleaned_data["keys"], form.cleaned_data["teams"])
    said = _("Keys added: %(count)s.") % {"count": len(added)}
    admin.site.get_model_admin(Endpoint).log_change(request, endpoint, said)
    messages.success(request, said)
    return redirect("admin:providers_endpoint_change", endpoint.pk)


add_keys = require_report_access(("providers.view_endpoint", "providers.add_apikey"), _page)
