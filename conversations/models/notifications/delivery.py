"""Events on their way to a target, and the log of those that have come to an end."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

from conversations.ids import new_id
from conversations.models.conversation import Conversation
from conversations.models.notifications.delivery_status import DeliveryStatus
from conversations.models.notifications.notification import Happening, Kind, of_own_teams
from conversations.models.notifications.target import Target
from providers.prepared_queries import insert_new

MAX_WAITING = 100
"""Events that may wait for one target; more are counted and dropped."""
MAX_LOGGED = 100
"""Ended deliveries of one target that are kept."""
KEPT_FOR = timedelta(days=30)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(status=DeliveryStatus.WAITING)

    def ended(self) -> "DeliveryQuerySet":
        return self.exclude(status=DeliveryStatus.WAITING)

    def readable_by(self, target: Target) -> "DeliveryQuerySet":
        """Return those of what the target's owner may still read: sentences have the titles of now."""
        if target.person is None:
            talks = Conversation.objects.filter(team=target.team_id, deleted_at=None).exclude(project__is_narrow=True)
            return self.filter(Q(conversation=None) | Q(conversation__in=talks))
        readable = Q(conversation=None) | Q(conversation__in=Conversation.objects.visible_to(target.person))
        return self.filter(readable, of_own_teams(target.person))

    def listed(self) -> "DeliveryQuerySet":
        return self.select_related("conversation", "team", "by").order_by("-pk")

    def add(self, pairs: Iterable[tuple[Target, Happening]]) -> None:
        """Let these events wait for these targets, each once, as far as there is room."""
        pairs = list(pairs)
        targets = {target.pk for target, _ in pairs}
        counted = self.waiting().filter(target__in=targets).order_by().values_list("target").annotate(Count("pk"))
        waiting, dropped = Counter[UUID](dict(counted)), Counter[UUID]()
        for target, event in pairs:
            if waiting[target.pk] >= MAX_WAITING:
                dropped[target.pk] += 1
            elif insert_new(_delivery(target, event)):
                waiting[target.pk] += 1
        for key, count in dropped.items():
            Target.objects.filter(pk=key).update(dropped=F("dropped") + count)

    def test(self, target: Target) -> None:
        """Let a test wait for a target, unless one does."""
        if not self.waiting().filter(target=target, kind=Kind.TEST).exists():
            insert_new(Delivery(target=target, kind=Kind.TEST, key=f"test:{new_id()}"))

    def end(self, status: DeliveryStatus, outcome: str = "") -> None:
        self.update(status=status, outcome=outcome, ended_at=timezone.now())

    def trim(self, target: Target) -> None:
        """Delete the oldest ended ones of this target beyond the number that is kept."""
        last = self.ended().filter(target=target).order_by("-pk").values_list("pk", flat=True)[MAX_LOGGED:][:1]
        for key in last:
            self.ended().filter(target=target, pk__lte=key).delete()

    def remove_old(self) -> None:
        self.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


class Delivery(Happening):
    """One event for one target; the same one only once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    target = models.ForeignKey(Target, models.CASCADE, related_name="deliveries", db_index=False)
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    outcome = models.CharField(max_length=60, blank=True)
    """The target's answer as a status or a code; none of its words."""
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    """The begin of an attempt of which nobody knows yet how it went."""
    is_repeated = models.BooleanField(default=False)
    """True if it may have arrived before: the process died, or no answer came."""
    ended_at = models.DateTimeField(null=True)

    target_id: UUID

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="one_delivery_a_thing")]
        indexes = [
            models.Index(fields=["target", "id"], name="deliveries_of_target"),
            models.Index(fields=["target", "id"], condition=Q(status="waiting"), name="deliveries_waiting"),
            models.Index(fields=["conversation"], name="deliveries_of_conversation"),
        ]


def _delivery(target: Target, event: Happening) -> Delivery:
    names = ("kind", "key", "conversation_id", "message_id", "team_id", "by_id", "about", "subject")
    return Delivery(target=target, **{name: getattr(event, name) for name in names})
