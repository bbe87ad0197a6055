"""The page of the audit log, whose download is streamed like all long tables."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.reporting.downloads import download
from providers.audit.log_admin import AuditAdmin, table_of
from providers.models.audit import AuditEntry

admin.site.unregister(AuditEntry)


@admin.register(AuditEntry)
class DownloadedAuditAdmin(AuditAdmin):
    @method_decorator([never_cache, require_GET])
    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """Stream all entries of the filtered list, with their values before and after."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entries = self.get_changelist_instance(request).get_queryset(request)
        told = {"filter": request.GET.urlencode()} if request.GET else {}
        return download(request, AuditEntry, table_of(entries), "audit.csv", **told)
