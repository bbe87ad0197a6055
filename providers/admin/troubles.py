"""Troubles of keys and endpoints in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from providers.admin.endpoints import ReasonFilter
from providers.audit.admin import AuditedAdmin
from providers.models import ApiKey, Deployment, Endpoint, Trouble
from providers.pool import cooldown


@admin.register(Trouble)
class TroubleAdmin(AuditedAdmin):
    """The list of current cooldowns, without personal keys'; deleting a row ends its cooldown at once."""

    list_display = ["whose", "reason", "failures", "since", "cooling_until"]
    list_filter = [ReasonFilter]
    fields = ["whose", "reason", "failures", "since", "cooling_until"]
    readonly_fields = ["whose", "reason"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trouble]:
        """Return the rows without those of personal keys, which concern their owners alone."""
        private = ApiKey.objects.exclude(owner=None).values_list("pk", flat=True)
        pairs = [pair for pair, (key, _deployment) in cooldown.pairs(private).items() if key in set(private)]
        return super().get_queryset(request).exclude(subject__in=[*private, *pairs])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Call the page what failed, in the reader's language."""
        trouble = self.get_object(request, object_id) if self.has_view_permission(request) else None
        name = self.whose(trouble) if trouble else ""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "name_of_row": name})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Trouble | None = None) -> bool:
        return False

    @admin.display(description=_("what happened"))
    def reason(self, trouble: Trouble) -> str:
        return trouble.localized_text

    @admin.display(description=_("what"))
    def whose(self, trouble: Trouble) -> str:
        rows = (model.objects.filter(pk=trouble.subject).first() for model in (ApiKey, Endpoint, Deployment))
        pair = cooldown.pairs().get(trouble.subject)
        found = next((row for row in rows if row is not None), None)
        if found is None and pair is not None:
            found = f"{ApiKey.objects.get(pk=pair[0])} · {Deployment.objects.get(pk=pair[1])}"
        return str(found or trouble.subject)
