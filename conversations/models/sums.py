"""What the ledger comes to, day by day: pages about months read these rows instead of a million calls."""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

NOBODY = UUID(int=0)
"""Stands where a call had no team, no key, or a model that was deleted meanwhile: a place in a key is never null."""


def _count() -> "models.PositiveBigIntegerField[int, int]":
    return models.PositiveBigIntegerField(default=0)


class DailySum(models.Model):
    """The calls of one day, in the site's time zone, for one person, one team, one key, or one model at one endpoint.

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
    """Whose day it is: the id of the person, the team, the key or the endpoint."""
    model = models.UUIDField(default=NOBODY)
    """Of an endpoint: which model it served."""
    calls = _count()
    errors = _count()
    """Calls that failed before their first word."""
    cut = _count()
    """Calls that broke off after it."""
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
    """Tokens that came while one could watch, and how long they took from the first to the last."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "day", "subject", "model"], name="one_sum_a_day")]


class FirstToken(models.Model):
    """How many calls of a day waited about so long for their first token: what percentiles are read from.

    A `step` is an eighth of a doubling; a wait that is read back is at most 4.5 % off.
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
