"""Who there is: people, their teams, and the one person who set the site up."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from conversations.ids import new_id


class User(AbstractUser):
    """A person who signs in with a name of their own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("display name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("username"), name="one_person_a_name_in_any_case")]

    @property
    def name(self) -> str:
        """What others see."""
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: User) -> "TeamQuerySet":
        return self.filter(pk__in=Membership.objects.filter(user=user).values("team"))

    def writable_by(self, user: User) -> "TeamQuerySet":
        """Teams in whose conversations this person may write."""
        writers = Membership.objects.filter(user=user, role__in=Membership.WRITERS)
        return self.filter(pk__in=writers.values("team"))


class Team(models.Model):
    """People who share conversations."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams", verbose_name=_("members"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's place in one team."""

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        MEMBER = "member", _("member")
        READER = "reader", _("reader")

    WRITERS = (Role.LEAD, Role.MEMBER)

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    team_id: UUID
    user_id: UUID

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_place_a_person_a_team")]

    def __str__(self) -> str:
        return f"{self.user.name} · {self.team.name}"


class Installation(models.Model):
    """The one row that the first run writes: whoever gets to insert it is the administrator."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    administrator = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_installation")]
