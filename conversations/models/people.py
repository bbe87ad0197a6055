"""People and their teams."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from conversations.confusable_names import skeleton
from conversations.ids import new_id
from conversations.models.keeping.closing import Closing
from conversations.models.keeping.retention import LegalHold, Retention
from conversations.models.preferences import Appearance, Introduction
from conversations.models.unique_keys import AddressKey, NameKey
from providers.models import ApiKey, LanguageModel
from providers.prepared_queries import Prepared

MAX_NAMED = 1000
"""Members of a team who are named, and can be mentioned."""
USUAL_FOLDS_AT, MIN_FOLDS_AT, MAX_FOLDS_AT = 80, 30, 90
"""Percent of a model's context window at which conversations are folded: usually, and as a team may set it."""


class PersonManager(UserManager["User"]):
    def get(self, *conditions: Any, **fields: Any) -> "User":
        """Return the one person; each request asks so by an id alone, with a statement that is built once."""
        is_related = type(self) is not PersonManager  # such as a group's people, of whom alone it may be
        if is_related or conditions or list(fields) != ["pk"] or not isinstance(fields["pk"], UUID):
            return super().get(*conditions, **fields)
        found = _BY_ID.one(fields["pk"])
        if found is None:
            raise User.DoesNotExist
        return found

    def superusers(self) -> "models.QuerySet[User]":
        """Return the active superusers."""
        return self.filter(is_superuser=True, is_active=True)

    def known_to(self, user: "User") -> "models.QuerySet[User]":
        """Return the active people of this person's teams, by name."""
        theirs = Membership.objects.filter(team__in=Team.objects.visible_to(user)).values("user")
        return self.filter(pk__in=theirs, is_active=True).order_by(Lower("username"))

    def called(self, name: str) -> "models.QuerySet[User]":
        """Return the people whose sign-in name or display name looks like this one."""
        key = skeleton(name)
        return self.filter(models.Q(username_key=key) | models.Q(display_key=key)) if key else self.none()

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this sign-in name, in any spelling that looks the same."""
        exact = self.filter(username=username).first()
        return exact or self.get(username_key=skeleton(username or ""))


class User(Appearance, Introduction, Closing, LegalHold, AbstractUser):
    """A person who signs in with a name of their own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("display name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)
    username_key = NameKey("username")
    display_key = NameKey("display_name")
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    email_key = AddressKey("email")
    made_in = models.ForeignKey("Team", models.SET_NULL, null=True, editable=False, related_name="+")
    """The team whose invitation made this account."""
    favourite_models = models.ManyToManyField(
        LanguageModel, verbose_name=_("favourite models"), blank=True, editable=False, related_name="+"
    )
    """Models that stand first in this person's list of models."""

    made_in_id: UUID | None

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("username"), name="one_person_a_name_in_any_case")]

    def clean(self) -> None:
        super().clean()
        self._check_names_are_free()
        self._keep_a_superuser()

    def _check_names_are_free(self) -> None:
        """Raise ValidationError for a name that looks like another person's, or has no visible characters."""
        for field in ("username", "display_name"):
            name = getattr(self, field)
            if name and (not skeleton(name) or User.objects.called(name).exclude(pk=self.pk).exists()):
                raise ValidationError({field: _("This name is taken.")})

    def _keep_a_superuser(self) -> None:
        """Raise ValidationError if this save would leave the site without a superuser."""
        if self.is_superuser and self.is_active:
            return
        rows = User.objects.superusers()
        rows = rows.select_for_update(no_key=True) if connection.in_atomic_block else rows
        if list(rows.values_list("pk", flat=True)) == [self.pk]:
            raise ValidationError(_("This is the last superuser: make somebody else one first."))

    @property
    def is_new(self) -> bool:
        """Return whether the account was added in the administration and has never signed in."""
        return self.last_login is None and not self.has_usable_password()

    @property
    def has_power(self) -> bool:
        """Return whether the person is staff in any way, so that only superusers may change the account."""
        given = self.groups.exists() or self.user_permissions.exists() if self.pk else False
        return self.is_staff or self.is_superuser or given

    def kept_because(self) -> list[str]:
        """Return the reasons for which this person cannot be deleted."""
        leads = Membership.objects.filter(user=self, role=Membership.Role.LEAD).select_related("team")
        reasons = (
            (
                _("What they wrote would lose its author."),
                self.messages.exists() or self.remarks.exists() or self.summary_versions.exists(),
            ),
            (_("Conversations and files are theirs."), self.conversations.exists() or self.files.exists()),
            (_("Projects are theirs."), self.projects.exists()),
            (_("A team would be without a lead."), any(place.is_last_lead for place in leads)),
            (_("They are the last superuser."), list(User.objects.superusers()) == [self]),
            (_("A legal hold is on."), self.legal_hold),
        )
        return [str(reason) for reason, holds in reasons if holds]

    def end_sessions(self) -> None:
        """End all sessions: each holds a hash of this number."""
        self.session_epoch += 1
        self.save(update_fields=["session_epoch"])

    def get_session_auth_hash(self) -> str:
        return self._of_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._of_epoch, super().get_session_auth_fallback_hash())

    def _of_epoch(self, hashed: str) -> str:
        """Return Django's hash unchanged as long as no sessions were ended."""
        epoch = self.session_epoch
        return salted_hmac("chatsite.sessions", f"{hashed} {epoch}").hexdigest() if epoch else hashed

    def change_address(self, address: str) -> None:
        """Set another mail address and close the password links mailed to the old one."""
        self.email = address
        self.save(update_fields=["email", "email_key"])
        self.password_links.letters().close()

    def replace_password(self, hashed: str, *, keeps_tokens: bool = False) -> None:
        """Set another password; ends links, tokens and sessions (a session holds the password's hash)."""
        self.password = hashed
        self.save(update_fields=["password"])
        self.password_links.close()
        if not keeps_tokens:
            self.tokens.revoke()

    @property
    def name(self) -> str:
        """Return the name that others see."""
        return self.shown_instead or self.display_name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


_BY_ID = Prepared(lambda person: User.objects.filter(pk=person))


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: User) -> "TeamQuerySet":
        return self.filter(pk__in=Membership.objects.filter(user=user).values("team"))

    def writable_by(self, user: User) -> "TeamQuerySet":
        """Return the teams in whose conversations this person may write."""
        writers = Membership.objects.filter(user=user, role__in=Membership.WRITERS)
        return self.filter(pk__in=writers.values("team"))

    def led_by(self, user: User) -> "TeamQuerySet":
        """Return the teams whose members, invitations and defaults this person may change."""
        leads = Membership.objects.filter(user=user, role=Membership.Role.LEAD)
        return self.filter(pk__in=leads.values("team"))


class Team(Retention):
    """People who share conversations, with defaults for new ones."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    name_key = NameKey("name")
    members = models.ManyToManyField(User, through="Membership", related_name="teams", verbose_name=_("members"))
    model = models.ForeignKey(
        LanguageModel, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("model")
    )
    system_prompt = models.TextField(_("system prompt"), blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    names_speakers = models.BooleanField(
        _("tell the model who speaks"),
        default=False,
        help_text=_("Each person's words reach the model with their name, also while only one person writes."),
    )
    members_publish = models.BooleanField(
        _("members publish prompts"),
        default=False,
        help_text=_("Otherwise they propose prompts, and leads publish them."),
    )
    readers_remark = models.BooleanField(
        _("readers remark on messages"),
        default=False,
        help_text=_("Otherwise remarks are for those who write, and readers read them."),
    )
    folds_at = models.PositiveSmallIntegerField(
        _("fold long conversations at"),
        default=USUAL_FOLDS_AT,
        db_default=USUAL_FOLDS_AT,
        validators=[MinValueValidator(MIN_FOLDS_AT), MaxValueValidator(MAX_FOLDS_AT)],
        help_text=_("Percent of the model’s context window. What is above is summed up from there on."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    api_keys = models.ManyToManyField(
        ApiKey,
        related_name="teams",
        blank=True,
        verbose_name=_("keys"),
        help_text=_("Keys that answer in this team's conversations only. A key that no team has is everyone's."),
    )
    models = models.ManyToManyField(
        LanguageModel,
        related_name="teams",
        blank=True,
        verbose_name=_("models"),
        help_text=_("Models for this team. A model that no team has is everyone's."),
    )

    model_id: UUID | None

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a name that looks like another team's, or has no visible characters."""
        key = skeleton(self.name)
        if not key or Team.objects.exclude(pk=self.pk).filter(name_key=key).exists():
            raise ValidationError({"name": _("This name is taken.")})

    def defaults(self) -> dict[str, Any]:
        """Return the fields of this team's new conversations."""
        return {"model": self.model, "system_prompt": self.system_prompt, "parameters": self.parameters}

    def named(self, *, also_inactive: bool = False) -> list[User]:
        """Return the active members whose names are known to one another, so many of them, leads first.

        With `also_inactive`, those who left follow: their longer names are no mentions of others.
        """
        left = self.memberships.filter(user__is_active=False).select_related("user")[: MAX_NAMED * also_inactive]
        return [place.user for place in [*self.places()[:MAX_NAMED], *left]]

    def places(self) -> "MembershipQuerySet":
        """Return the active members, leads first."""
        return self.memberships.filter(user__is_active=True).select_related("user").by_rank()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def leads(self) -> "MembershipQuerySet":
        """Return the leads with an active account: others cannot lead."""
        return self.filter(role=Membership.Role.LEAD, user__is_active=True)

    def by_rank(self) -> "MembershipQuerySet":
        """Order by rank, leads first and readers last, then by name."""
        ranks = (models.When(role=role, then=rank) for rank, role in enumerate(Membership.Role.values))
        return self.order_by(models.Case(*ranks), Lower("user__username"))


class Membership(models.Model):
    """One person's role in one team."""

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

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_place_a_person_a_team")]

    def __str__(self) -> str:
        return f"{self.user.name} · {self.team.name}"

    def clean(self) -> None:
        """Refuse a second membership of one person in one team."""
        if Membership.objects.filter(team=self.team_id, user=self.user_id).exclude(pk=self.pk).exists():
            raise ValidationError(_("This person is in the team already."))

    @property
    def is_lead(self) -> bool:
        return self.role == self.Role.LEAD

    @property
    def is_last_lead(self) -> bool:
        """Return whether no other active person leads the team."""
        return self.is_lead and not self.team.memberships.leads().exclude(pk=self.pk).exists()

    @property
    def can_write(self) -> bool:
        return self.role in self.WRITERS
