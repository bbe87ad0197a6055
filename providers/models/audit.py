"""The audit log: actor, act, row, time, address, and values before and after. It holds no secret and no message."""

from typing import Any, NoReturn

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as translate_noop

from providers import clock


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit log only grows.")

    def delete(self) -> NoReturn:
        raise TypeError("The audit log only grows.")


class AuditEntry(models.Model):
    """One act of one person on one row. Triggers in the database refuse to change or to remove it.

    Names are kept as they were: a person or a row that is deleted later is still named here.
    """

    class Act(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        REMOVED = "removed", _("removed")
        TESTED = "tested", _("tested")
        SEALED = "sealed", _("re-encrypted")
        SIGNED_IN = "signed_in", _("signed in")
        REFUSED = "refused", _("refused to sign in")
        DOWNLOADED = "downloaded", _("downloaded")
        BACKED_UP = "backed_up", _("backed up")
        RESTORED = "restored", _("restored")

    created_at = models.DateTimeField(_("when"), default=clock.now, editable=False, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    """None: a command on the machine itself."""
    actor_name = models.CharField(_("who"), max_length=160)
    address = models.CharField(_("address"), max_length=45, blank=True)
    act = models.CharField(_("act"), max_length=10, choices=Act.choices)
    subject_type = models.CharField(_("kind"), max_length=100)
    """Spelt `app.model`."""
    subject = models.CharField(_("id"), max_length=64, blank=True)
    subject_name = models.CharField(_("what"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_type", "subject"])]

    def __str__(self) -> str:
        return f"{self.created_at:%F %T} {self.actor_name}: {self.get_act_display()} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit log only grows.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The audit log only grows.")

    @property
    def kind(self) -> str:
        """Return the kind of the entry's row, in the reader's language."""
        model = self._model()
        if model is None:
            return self.subject_type
        return gettext(_KINDS.get(model._meta.model_name or "", str(model._meta.verbose_name)))

    def changes(self) -> list[tuple[str, str, str]]:
        """Return (field, before, after) of each logged field, in the reader's language.

        A side that the entry does not hold is "".
        """
        model = self._model()
        fields = {field.name: field for field in model._meta.get_fields()} if model else {}
        told = [(name, fields.get(name)) for name in dict.fromkeys([*self.before, *self.after])]
        return [(_label(*one), _shown(self.before, *one), _shown(self.after, *one)) for one in told]

    def _model(self) -> type[models.Model] | None:
        try:
            return apps.get_model(self.subject_type)
        except (LookupError, ValueError):
            return None


def _label(name: str, field: Any) -> str:
    return gettext(_LABELS.get(name, str(getattr(field, "verbose_name", name))))


def _shown(side: dict[str, Any], name: str, field: Any) -> str:
    if name not in side:
        return ""
    value = side[name]
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        moment = parse_datetime(value)
        return date_format(moment, "Y-m-d H:i T") if moment else value
    if isinstance(value, str):
        value = str(dict(getattr(field, "flatchoices", ())).get(value, value))
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name == "with":
        value = [gettext(_MEANS.get(one, one)) for one in value]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_LABELS = {
    "calls": translate_noop("calls"),
    "expires_at": translate_noop("valid until"),
    "filter": translate_noop("filter"),
    "hint": translate_noop("ends with"),
    "is_single_use": translate_noop("for one person only"),
    "locked": translate_noop("locked"),
    "made_by": translate_noop("made by"),
    "mailed_to": translate_noop("mailed to"),
    "pass_phrase": translate_noop("with a pass phrase"),
    "sealed": translate_noop("re-encrypted"),
    "stored": translate_noop("stored"),
    "user": translate_noop("person"),
    "with": translate_noop("signed in with"),
    "working": translate_noop("working"),
}
"""Labels of logged fields that no form shows, so that they have no label of their own."""
_MEANS = {
    "password": translate_noop("password"),
    "recovery_codes": translate_noop("recovery code"),
    "totp": translate_noop("authenticator app"),
    "webauthn": translate_noop("passkey"),
}
"""Names of the means of a sign-in."""
_KINDS = {
    "invitation": translate_noop("invitation"),
    "passwordlink": translate_noop("password link"),
    "personaltoken": translate_noop("personal token"),
    "usersession": translate_noop("session"),
    "share": translate_noop("share link"),
}
"""Kinds of rows that nobody edits, so that their models have no name of their own."""
