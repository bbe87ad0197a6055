"""Notifications of people: rows that are written in the transaction of the event."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import models
from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.conversation import Conversation
from conversations.models.marks.remark import Remark
from conversations.models.marks.verification import Verification
from conversations.models.message import Message, Status
from conversations.models.people import Membership, Team, User
from conversations.models.personal.guest import Guest
from providers.prepared_queries import Prepared, insert_new

MAX_KEPT = 200
"""Notifications that are kept of one person; the oldest go first."""
MAX_SUBJECT = 200
KEPT_FOR = timedelta(days=90)
GRACE = timedelta(seconds=0.7)
"""Time for a window with the focus to read what happened before anybody is told."""


class Kind(models.TextChoices):
    MENTION = "mention", _("Somebody mentions me")
    REMARK = "remark", _("Somebody makes a remark for me")
    REPLY_ENDED = "reply_ended", _("A reply to me ended while I was away")
    REPLY_FAILED = "reply_failed", _("A reply to me failed while I was away")
    VERIFIED_DUE = "verified_due", _("An answer that I verified is due for review")
    NAMED = "named", _("Somebody shares a conversation with me")
    JOINED = "joined", _("Somebody accepted an invitation")
    KEY_REFUSED = "key_refused", _("A vendor refuses a key")
    BUDGET = "budget", _("A budget is nearly used up")
    ENDPOINT_DOWN = "endpoint_down", _("An endpoint does not answer")
    TARGET_OFF = "target_off", _("A notification target does not answer")
    TEST = "test", _("A test")


OF_STAFF = (Kind.KEY_REFUSED, Kind.BUDGET, Kind.ENDPOINT_DOWN)
OF_REPLIES = (Kind.REPLY_ENDED, Kind.REPLY_FAILED)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, person: User) -> "NotificationQuerySet":
        """Return the person's notifications of what they may still read."""
        readable = Q(conversation=None) | Q(conversation__in=Conversation.objects.visible_to(person))
        rows = self.filter(readable, of_own_teams(person), person=person)
        return rows if person.is_staff else rows.exclude(kind__in=OF_STAFF)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def listed(self) -> "NotificationQuerySet":
        """Order them, the newest first, with all that a list shows."""
        return self.select_related("conversation", "team", "by").order_by("-pk")

    def untold(self) -> "NotificationQuerySet":
        """Return what nobody was told of yet; what its person has read meanwhile is news for a team's places alone."""
        return self.filter(told_at=None, created_at__lte=timezone.now() - GRACE)

    def note_mentions(self, message: Message, people: Iterable[UUID]) -> None:
        for person in people:
            self._note(person, Kind.MENTION, f"mention:{message.pk}", **_place(message), by=message.author)

    def note_remark(self, remark: Remark, by: User, people: Iterable[UUID | None]) -> None:
        """Note a remark for those whom it concerns, but not for who made it."""
        place = {**_place(remark.message), "revision": remark.revision}
        for person in filter(None, {*people} - {by.pk}):
            self._note(person, Kind.REMARK, key_of(remark), **place, by=by)

    def note_assignment(self, remark: Remark, by: User) -> None:
        """Note for a remark's new assignee that it is theirs, each time that it becomes so."""
        if remark.assignee_id not in (None, by.pk):
            key = f"{key_of(remark)}:{remark.revision}"
            place = {**_place(remark.message), "revision": remark.revision}
            self._note(remark.assignee_id, Kind.REMARK, key, **place, by=by)

    def note_end(self, reply: Message) -> None:
        """Note the end of a reply for who asked for it, unless somebody stopped it."""
        if reply.author_id and reply.status != Status.STOPPED:
            kind = Kind.REPLY_ENDED if reply.status == Status.COMPLETE else Kind.REPLY_FAILED
            self._note(reply.author_id, kind, f"reply:{reply.pk}", **_place(reply), subject=reply.model_name)

    def note_naming(self, guest: Guest, revision: int) -> None:
        """Note for a guest that a conversation is open to them; once a day, whatever they may do there later."""
        place = {"conversation_id": guest.conversation_id, "revision": revision}
        key = f"named:{guest.conversation_id}:{timezone.localdate()}"
        self._note(guest.user_id, Kind.NAMED, key, **place, by=guest.named_by)

    def note_joining(self, place: Membership, inviter: UUID | None) -> None:
        if inviter and inviter != place.user_id:
            self._note(inviter, Kind.JOINED, f"joined:{place.pk}", team_id=place.team_id, by=place.user)

    def note_due(self) -> None:
        """Note the verified answers whose day has come, once for each day that is set."""
        for mark in Verification.objects.in_force().due().exclude(by=None).select_related("message"):
            key = f"{due_key_of(mark)}{mark.until}"
            if mark.by_id and not self.filter(person=mark.by_id, key=key).exists():
                self._note(mark.by_id, Kind.VERIFIED_DUE, key, **{**_place(mark.message), "revision": None})

    def note_target_off(self, person: UUID, target: UUID, name: str) -> None:
        key = f"off:{target}:{timezone.now().isoformat()}"
        self._note(person, Kind.TARGET_OFF, key, about=target, subject=name)

    def note_for_staff(
        self, kind: Kind, key: str, about: UUID, subject: str, permission: str, team: UUID | None = None
    ) -> None:
        """Note what concerns the site, or this team too, for the staff who may change it."""
        staff = User.objects.filter(is_active=True, is_staff=True)
        for person in staff:
            if person.has_perm(permission):
                self._note(person.pk, kind, key, about=about, subject=subject[:MAX_SUBJECT], team_id=team)

    def see(self, person: User, conversation: Conversation, revision: int) -> bool:
        """Mark what happened up to a revision as read; return whether a page counts fewer now.

        Nobody wants to read later that a reply ended which they saw.
        """
        rows = self.unread().filter(person=person, conversation=conversation, revision__lte=revision)
        told = list(rows.values_list("told_at", flat=True))
        if told:
            rows.filter(kind__in=OF_REPLIES).delete()
            rows.update(read_at=timezone.now())
        return any(told)

    def trim(self) -> None:
        """Delete the old ones, and those beyond the number that a person may have."""
        self.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
        many = self.values("person").annotate(count=Count("pk")).filter(count__gt=MAX_KEPT)
        for person in many.values_list("person", flat=True):
            for last in self.filter(person=person).order_by("-pk").values_list("pk", flat=True)[MAX_KEPT:][:1]:
                self.filter(person=person, pk__lte=last).delete()

    def _note(self, person: UUID, kind: Kind, key: str, **fields: object) -> None:
        """Insert a row unless this person has one with the same key."""
        insert_new(Notification(person_id=person, kind=kind, key=key, **fields))


class Happening(models.Model):
    """An event that people should know of, with all that its sentence names."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=120)
    """A text that is equal for the same event."""
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """The person who did it."""
    about = models.UUIDField(null=True)
    """The key, endpoint or budget that it is about."""
    subject = models.CharField(max_length=MAX_SUBJECT, blank=True)
    """The name of that, or of the model that replied."""
    created_at = models.DateTimeField(default=timezone.now)

    conversation_id: UUID | None
    message_id: UUID | None
    team_id: UUID | None
    by_id: UUID | None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Notification(Happening):
    """An event for one person; the same one only once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    revision = models.PositiveBigIntegerField(null=True)
    """The revision of the message: reading the conversation up to it reads this."""
    told_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    person_id: UUID

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_notification_a_thing")]
        indexes = [
            models.Index(fields=["conversation", "person"], name="notifications_in_conversation"),
            models.Index(fields=["person", "id"], name="notifications_of_person"),
            models.Index(fields=["created_at"], condition=Q(told_at=None), name="notifications_to_tell"),
        ]


def of_own_teams(person: User) -> Q:
    """Return the condition that leaves out who joined teams that this person has left."""
    in_team = Q(team__in=Membership.objects.filter(user=person).values("team"))
    return Q(team=None) | ~Q(kind=Kind.JOINED) | in_team


def count_unread(person: User) -> int:
    """Return how many of the person's notifications are unread, of those about what they may still read."""
    counted = _COUNTED[person.is_staff].one(person.pk)
    return counted.unread if counted else 0  # type: ignore[attr-defined]


def _counted(person: User) -> "QuerySet[User]":
    rows = Notification.objects.of(person).unread().order_by().values("person")
    unread = Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), 0)
    return User.objects.filter(pk=person.pk).annotate(unread=unread).only("pk")


_COUNTED = {
    is_staff: Prepared(lambda person, is_staff=is_staff: _counted(User(pk=person, is_staff=is_staff)))
    for is_staff in (False, True)
}


def key_of(remark: Remark) -> str:
    """Return the beginning of the keys of what is told of a remark."""
    return f"remark:{remark.pk}"


def due_key_of(mark: Verification) -> str:
    """Return the beginning of the keys that tell of the days of a verified answer."""
    return f"due:{mark.pk}:"


def _place(message: Message) -> dict[str, object]:
    return {"conversation_id": message.conversation_id, "message": message, "revision": message.revision}
