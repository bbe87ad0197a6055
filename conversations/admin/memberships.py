"""Memberships in the admin, changed by the rules of the team's own page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from conversations.models import Membership
from providers.audit.inlines import NamedFieldsFormSet


class PlacesFormSet(NamedFieldsFormSet):
    """All memberships of one team; `by` is the person who changes them."""

    by: Any = None

    def clean(self) -> None:
        """Refuse to remove the last lead or to replace a person; only superusers change their own place."""
        super().clean()
        forms_left = [form for form in self.forms if form not in self.deleted_forms and form.has_changed()]
        if any(form.instance.pk and "user" in form.changed_data for form in forms_left):
            raise forms.ValidationError(gettext("Remove the one person and add the other."))
        mine = [form for form in [*forms_left, *self.deleted_forms] if form.instance.user_id == self.by.pk]
        if mine and not self.by.is_superuser:
            raise forms.ValidationError(gettext("Your own place is for a lead of the team or a superuser to change."))
        if self._loses_its_leads():
            raise forms.ValidationError(gettext("A team keeps at least one lead: make somebody else a lead first."))

    def _loses_its_leads(self) -> bool:
        stored = self.instance.memberships if self.instance.pk else Membership.objects.none()
        if not stored.filter(role=Membership.Role.LEAD).exists():
            return False
        kept = [form.instance for form in self.forms if form not in self.deleted_forms and form.instance.user_id]
        return not any(place.is_lead and place.user.is_active for place in kept)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = PlacesFormSet
    autocomplete_fields = ["user"]
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.by = request.user  # type: ignore[attr-defined]
        return made
