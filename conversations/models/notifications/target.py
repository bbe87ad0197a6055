"""Places outside the site where a person, or a team, wants to be told."""

from datetime import datetime, timedelta
from uuid import UUID

from allauth.core.internal.sessionkit import get_session_user
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id
from conversations.models.notifications.delivery_status import DeliveryStatus
from conversations.models.notifications.notification import OF_REPLIES, OF_STAFF, Kind
from conversations.models.people import Membership, Team, User
from providers.encryption.fields import EncryptedField

MAX_TARGETS = 10
"""Targets of one person, and of one team."""
_OF_PEOPLE = (Kind.MENTION, Kind.REMARK, Kind.VERIFIED_DUE, Kind.JOINED)
OF_A_TEAM = (*_OF_PEOPLE, Kind.BUDGET)
"""Kinds of which a team may be told."""
OF_A_PERSON = (*_OF_PEOPLE, Kind.NAMED, *OF_REPLIES)
CLAIMED_FOR = timedelta(seconds=90)
"""Time for which a process may keep a target; longer than a call may take."""


class TargetQuerySet(models.QuerySet["Target"]):
    def of_team(self, team: Team) -> "TargetQuerySet":
        """Return a team's targets; `is_orphaned` is true where who added one leads the team no more.

        Its address may be that person's own.
        """
        leads = Membership.objects.filter(team=team, user=OuterRef("created_by"), role=Membership.Role.LEAD)
        return self.filter(team=team).select_related("created_by").annotate(is_orphaned=~Exists(leads))

    def decided_by(self, user: User) -> "TargetQuerySet":
        """Return the person's own, and those of the teams that they lead."""
        return self.filter(Q(person=user) | Q(team__in=Team.objects.led_by(user)))

    def due(self) -> "TargetQuerySet":
        """Return those for which something waits, and which no process tells just now."""
        return self._free().filter(deliveries__status=DeliveryStatus.WAITING).distinct()

    def claim(self) -> bool:
        """Keep this target for a while; return whether it has rested and no other process has it."""
        return bool(self._free().update(claimed_until=timezone.now() + CLAIMED_FOR))

    def _free(self) -> "TargetQuerySet":
        now = timezone.now()
        rested = Q(rests_until=None) | Q(rests_until__lte=now)
        return self.filter(rested, Q(claimed_until=None) | Q(claimed_until__lte=now), is_on=True)


class Target(models.Model):
    """A robot, a webhook, a mail address or a browser. Its address and secret are written and used, never read back."""

    class Form(models.TextChoices):
        FEISHU = "feishu", _("Feishu")
        WECOM = "wecom", _("WeCom")
        DINGTALK = "dingtalk", _("DingTalk")
        SLACK = "slack", _("Slack, or takes its form")
        WEBHOOK = "webhook", _("Webhook")
        MAIL = "mail", _("Mail")
        PUSH = "push", _("Browser")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="targets")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="targets")
    form = models.CharField(max_length=10, choices=Form.choices)
    name = models.CharField(max_length=80)
    address = EncryptedField(blank=True)
    signing = EncryptedField(blank=True)
    """The secret that signs; empty where nothing is signed. Of a browser, its key and its secret."""
    session = models.ForeignKey(UserSession, models.CASCADE, null=True, related_name="+")
    """The sign-in of a browser: what ends that ends this."""
    kinds = models.JSONField(default=list)
    with_text = models.BooleanField(default=False)
    """True if the beginning of a message is told, too."""
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    is_on = models.BooleanField(default=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    """Failures in a row."""
    dropped = models.PositiveIntegerField(default=0, editable=False)
    """Events that found no room: too many waited."""
    rests_until = models.DateTimeField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    person_id: UUID | None
    team_id: UUID | None
    created_by_id: UUID | None

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, team__isnull=False) | Q(person__isnull=False, team=None),
                name="a_target_is_of_one",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def language(self) -> str:
        return (self.person or self.created_by or User()).language

    def rest(self, until: datetime, *, failed: bool, is_kept: bool = False) -> None:
        """Tell it nothing before that time, and give it free unless it is kept for further posts."""
        free = {} if is_kept else {"claimed_until": None}
        failures = F("failures") + 1 if failed else 0
        Target.objects.filter(pk=self.pk).update(rests_until=until, failures=failures, **free)

    @property
    def is_signed_out(self) -> bool:
        """Return whether it is a browser in which its person is not signed in any more."""
        if self.form != Target.Form.PUSH:
            return False
        key = self.session.session_key if self.session else ""
        person = get_session_user(SessionStore(key)) if key else None  # a changed password leaves the row
        return person is None or person.pk != self.person_id

    def takes(self, kind: str) -> bool:
        return kind in self.kinds


def kinds_for(person: User | None) -> list[Kind]:
    """Return the kinds that a person may choose, or a team (None)."""
    if person is None:
        return list(OF_A_TEAM)
    return [*OF_A_PERSON, *(OF_STAFF if person.is_staff else ())]
