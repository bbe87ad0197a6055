"""The ledger of calls, budgets, and the reservations of calls under way."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.models.people import Team, User
from providers import clock
from providers.models import ApiKey, Endpoint, LanguageModel
from providers.prices import micro


class LedgerQuerySet(models.QuerySet["UsageRecord"]):
    def update(self, **_kwargs: Any) -> NoReturn:
        raise TypeError("The ledger only grows.")

    def delete(self) -> NoReturn:
        raise TypeError("The ledger only grows.")


def _outliving(to: Any, name: Any) -> "models.ForeignKey[Any, Any]":
    """Return a reference that keeps its value when the row that it names is deleted."""
    return models.ForeignKey(
        to, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+", verbose_name=name
    )


class UsageRecord(models.Model):
    """One call of a vendor, however it ended. Rows are added and never changed; names are kept as they were."""

    class Purpose(models.TextChoices):
        REPLY = "reply", _("reply")
        TITLE = "title", _("title")
        CATCH_UP = "catch_up", _("catching up")
        SUMMARY = "summary", _("summary")
        DICTATION = "dictation", _("dictation")
        ALOUD = "aloud", _("reading aloud")
        CHECK = "check", _("check of a key")

    created_at = models.DateTimeField(_("when"), default=clock.now, db_index=True)
    user = _outliving(User, _("person"))
    team = _outliving(Team, _("team"))
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Purpose.choices, default=Purpose.REPLY, db_default=Purpose.REPLY
    )
    conversation = models.UUIDField()
    message = models.UUIDField(db_index=True)
    model = _outliving(LanguageModel, _("model"))
    model_name = models.CharField(_("model"), max_length=200)
    endpoint = _outliving(Endpoint, _("endpoint"))
    endpoint_name = models.CharField(_("endpoint"), max_length=120)
    key = _outliving(ApiKey, _("key"))
    key_name = models.CharField(_("key"), max_length=130, blank=True)
    input_tokens = models.PositiveBigIntegerField(_("input"), null=True)
    output_tokens = models.PositiveBigIntegerField(_("output"), null=True)
    thought_tokens = models.PositiveBigIntegerField(_("thoughts"), null=True)
    cached_tokens = models.PositiveBigIntegerField(_("cached"), null=True)
    written_tokens = models.PositiveBigIntegerField(_("written to cache"), null=True)
    estimated = models.BooleanField(_("estimated"), default=False)
    """True if the vendor reported no usage, so that the counts are ours."""
    cost = models.BigIntegerField(_("cost"), null=True)
    """In millionths of the site's currency; null if the deployment has no price."""
    outcome = models.CharField(_("outcome"), max_length=32)
    """complete, stopped, or the public code of the error."""
    first_token_ms = models.PositiveIntegerField(_("ms to the first token"), null=True)
    total_ms = models.PositiveIntegerField(_("ms in all"))
    gaps = models.PositiveIntegerField(_("gaps"), default=0, db_default=0)
    """Places of the reply at which something could not be read."""
    parameters = models.JSONField(_("parameters set"), null=True)
    """The generation parameters of a call that failed, without texts that a person wrote."""

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("call log")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=[field, "created_at"])
            for field in ("user", "team", "model", "endpoint", "key", "outcome")
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%F %T} {self.model_name}"

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("The ledger only grows.")


class Budget(models.Model):
    """The limit on the cost of one person, team, key or model, or of each, in a day or month."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        TEAM = "team", _("team")
        KEY = "key", _("key")
        MODEL = "model", _("model")

    class Period(models.TextChoices):
        DAY = "day", _("day")
        MONTH = "month", _("month")

    kind = models.CharField(_("of a"), max_length=10, choices=Kind.choices)
    target = models.UUIDField(
        _("whose"),
        null=True,
        blank=True,
        help_text=_("An id; empty: each that has no budget of its own."),
    )
    period = models.CharField(_("period"), max_length=10, choices=Period.choices)
    soft = models.DecimalField(
        _("warn at"), max_digits=14, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    hard = models.DecimalField(
        _("stop at"), max_digits=14, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["kind", "period"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_period_display()}"

    def clean(self) -> None:
        if Budget.objects.filter(kind=self.kind, target=self.target, period=self.period).exclude(pk=self.pk).exists():
            raise ValidationError(_("There is such a budget already."))
        if self.soft is not None and self.hard is not None and self.soft > self.hard:
            raise ValidationError({"soft": _("A warning comes before the end: “warn at” is at most “stop at”.")})

    @property
    def hard_micro(self) -> int | None:
        return None if self.hard is None else micro(Decimal(self.hard))

    @property
    def soft_micro(self) -> int | None:
        return None if self.soft is None else micro(Decimal(self.soft))

    def begins(self, moment: datetime) -> datetime:
        """Return the first moment of the period, in the site's time zone."""
        local = _at_midnight(moment)
        return local if self.period == self.Period.DAY else local.replace(day=1)

    def ends(self, moment: datetime) -> datetime:
        """Return the first moment of the next period."""
        return self.begins(self.begins(moment) + timedelta(hours=36 if self.period == self.Period.DAY else 24 * 32))


def _at_midnight(moment: datetime) -> datetime:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


class Tally(models.Model):
    """The amounts of a budget that one target has spent and reserved in one period: millionths."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="tallies")
    target = models.UUIDField()
    begins = models.DateTimeField()
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "target", "begins"], name="one_tally_a_period")]


class Reservation(models.Model):
    """The amount reserved in one tally for a reply under way, or for a call that is none."""

    reply = models.UUIDField(db_index=True)
    tally = models.ForeignKey(Tally, models.CASCADE, related_name="reservations")
    amount = models.BigIntegerField()
    created_at = models.DateTimeField(default=clock.now)
    held_until = models.DateTimeField(null=True)
    """The longest time for which it is held for a call that is no reply."""

    tally_id: int


NOBODY = UUID(int=0)
"""Stands for a missing team or key, or a model deleted meanwhile: a place in a key is never null."""


def _count() -> "models.PositiveBigIntegerField[int, int]":
    return models.PositiveBigIntegerField(default=0)


class DailySum(models.Model):
    """The calls of one day, in the site's time zone, for one person, team, key, or model at an endpoint.

    Each call counts once in every kind: the rows of any kind add up to the whole day.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        TEAM = "team", _("team")
        KEY = "key", _("key")
        ENDPOINT = "endpoint", _("endpoint")

    PLACE = ("kind", "day", "subject", "model")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    day = models.DateField()
    subject = models.UUIDField()
    """The id of the person, team, key or endpoint."""
    model = models.UUIDField(default=NOBODY)
    """For an endpoint: the model that it served."""
    calls = _count()
    errors = _count()
    """Calls that failed before their first word."""
    cut = _count()
    """Calls that broke off after their first word."""
    gapped: "models.PositiveBigIntegerField[int, int]" = models.PositiveBigIntegerField(default=0, db_default=0)
    """Calls whose reply has a place that could not be read."""
    estimated = _count()
    unpriced = _count()
    """Calls whose deployment had no price: their cost is missing in `cost`."""
    input_tokens = _count()
    output_tokens = _count()
    thought_tokens = _count()
    cached_tokens = _count()
    cost = _count()
    """In millionths of the site's currency."""
    paced_tokens = _count()
    paced_ms = _count()
    """Time from the first to the last of `paced_tokens`, in replies of more than one piece."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "day", "subject", "model"], name="one_sum_a_day")]


class FirstToken(models.Model):
    """The number of calls of a day with about the same wait for the first token, for percentiles.

    A `step` is an eighth of a doubling, so a wait read from it is at most 4.5 % off.
    """

    PLACE = ("day", "endpoint", "model", "step")
    STEPS = 8

    day = models.DateField()
    endpoint = models.UUIDField()
    model = models.UUIDField()
    step = models.PositiveSmallIntegerField()
    calls = _count()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "endpoint", "model", "step"], name="one_step_a_day")]
