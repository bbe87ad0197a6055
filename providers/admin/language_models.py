"""Models and their deployments in the admin."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from providers.admin.lessons import forget_page, lessons_of
from providers.admin.model_table import ModelRowForm, shown_price
from providers.audit import log
from providers.audit.admin import AuditedAdmin
from providers.audit.inlines import NamedFieldsFormSet
from providers.models import Deployment, LanguageModel, Trouble
from providers.models.endpoints import wire_choices
from providers.pool import cooldown
from providers.wires import registry
from providers.wires.refusals.extras import of_extras

MOVES = ("-1", "1")


class AdminWithTrouble(AuditedAdmin):
    """A page that says what last failed with its row."""

    def render_change_form(  # type: ignore[no-untyped-def]
        self, request: HttpRequest, context, add=False, change=False, form_url="", obj=None
    ) -> HttpResponse:
        """Add the row's trouble to the context."""
        context["trouble"] = Trouble.objects.filter(pk=obj.pk).first() if obj else None
        return super().render_change_form(request, context, add, change, form_url, obj)


class DeploymentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Deployment
    formset = NamedFieldsFormSet
    fields = ["model", "endpoint", "vendor_id", "takes_images", "takes_documents", "enabled"]
    show_change_link = True
    extra = 0


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    list_display = ["name", "place", "enabled", "description", "input_price", "output_price", "endpoints"]
    list_editable = ["enabled", "description"]
    ordering = (F("position").asc(nulls_last=True), Lower("name"), "name")
    list_filter = ["enabled", "purpose", ("deployments__endpoint", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name"]
    fields = ["name", "enabled", "purpose", "description", "context_window"]
    inlines = [DeploymentInline]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row, with prices for people who may change them."""
        kwargs["form"] = ModelRowForm if request.user.has_perm("providers.change_deployment") else ModelForm
        return super().get_changelist_form(request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns; places are changed by people who may, in the list of all models in their order."""
        columns = list(super().get_list_display(request))
        if not self.has_change_permission(request) or set(request.GET) - {"p"}:
            columns.remove("place")
        return columns

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Log the changes of the rows, as those of a form."""
        if request.method == "POST" and "move" in request.POST:
            return self._move(request)
        if request.method != "POST" or "_save" not in request.POST:
            return super().changelist_view(request, extra_context)
        keys = [key for name in request.POST if name.endswith("-id") for key in self._keys(request.POST[name])]
        rows = self.model._default_manager.filter(pk__in=keys)
        with log.watch(request.user, rows, Deployment.objects.filter(model__in=keys)):
            return super().changelist_view(request, extra_context)

    def _move(self, request: HttpRequest) -> HttpResponse:
        """Move the model that a button names, as id:places, and return to the list."""
        key, _, by = request.POST["move"].partition(":")
        if not self.has_change_permission(request) or by not in MOVES:
            raise PermissionDenied
        with transaction.atomic():
            rows = LanguageModel.objects.in_order(lock=True)
            model = next((row for row in rows if [row.pk] == self._keys(key)), None)
            if model is None:
                raise Http404
            with log.watch(request.user, LanguageModel.objects.filter(pk=model.pk)):
                LanguageModel.objects.move(model, rows.index(model) + int(by))
        return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(form, ModelRowForm):
            form.save_prices()

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        return super().get_queryset(request).prefetch_related("deployments__endpoint")

    @admin.display(description=_("order"))
    def place(self, model: LanguageModel) -> str:
        """Draw the buttons that move a model; scripts keep the focus on them."""
        return render_to_string("admin/providers/languagemodel/_place.html", {"model": model})

    @admin.display(description=_("price in"))
    def input_price(self, model: LanguageModel) -> str:
        return shown_price(model, "input_price")

    @admin.display(description=_("price out"))
    def output_price(self, model: LanguageModel) -> str:
        return shown_price(model, "output_price")

    @admin.display(description=_("endpoints"))
    def endpoints(self, model: LanguageModel) -> str:
        return ", ".join(deployment.endpoint.name for deployment in model.deployments.all())


@admin.register(Deployment)
class DeploymentAdmin(AdminWithTrouble):
    """A deployment's own page, with the fields for which inline rows have no room."""

    list_display = ["vendor_id", "model", "endpoint", "enabled"]
    list_filter = ["endpoint", "enabled"]
    list_select_related = ["model", "endpoint"]
    search_fields = ["vendor_id", "model__name"]
    fields = [
        "model",
        "endpoint",
        "vendor_id",
        "wire",
        "takes_images",
        "takes_documents",
        "takes_sounds",
        "web_search",
        "makes_pictures",
        "picture_choices",
        "enabled",
        "priority",
        "weight",
        "input_price",
        "output_price",
        "cached_price",
        "written_price",
        "thought_price",
        "call_price",
        "per_picture",
        "per_minute",
        "characters_price",
        "long_above",
        "long_input_price",
        "long_output_price",
        "raw_extras",
    ]

    def get_urls(self) -> list[URLPattern]:
        """Return the form's own addresses, and that of forgetting what was learnt."""
        forget = self.admin_site.admin_view(partial(forget_page, self))
        return [path("<uuid:pk>/forget/", forget, name="providers_deployment_forget"), *super().get_urls()]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the protocols that single models may speak beside their endpoint's."""
        if db_field.name == "wire":
            beside = {name for wire in registry.WIRES for name in registry.neighbours(wire)}
            kwargs["choices"] = [("", _("as its endpoint")), *(one for one in wire_choices() if one[0] in beside)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show beside the form what the deployment was found to refuse."""
        deployment = self.get_object(request, object_id) if self.has_view_or_change_permission(request) else None
        lessons = list(lessons_of(deployment)) if deployment else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "lessons": lessons})

    def save_model(self, request: HttpRequest, obj: Deployment, form: Any, change: bool) -> None:
        """Save it; what it was found to refuse is forgotten with what that was about."""
        held = Deployment.objects.filter(pk=obj.pk).first()
        if held and (held.endpoint_id, held.vendor_id, held.wire) != (obj.endpoint_id, obj.vendor_id, obj.wire):
            obj.learnt, obj.lessons = [], {}
        elif held and held.raw_extras != obj.raw_extras:
            obj.learnt = sorted(set(obj.learnt) - of_extras(frozenset(obj.learnt)))
        super().save_model(request, obj, form, change)
        cooldown.reset([obj.pk])
