"""Invitation links into teams."""

from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.hashed_tokens import token_digest
from conversations.ids import new_id
from conversations.models.people import Membership, Team, User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Return the invitations that are not revoked, expired or used up, and whose maker still leads the team."""
        maker = Membership.objects.leads().filter(team=OuterRef("team"), user=OuterRef("made_by"))
        return self.filter(Exists(maker), revoked_at=None, expires_at__gt=timezone.now()).exclude(
            is_single_use=True, uses__gt=0
        )

    def of(self, secret: str) -> "InvitationQuerySet":
        return self.open().filter(digest=token_digest(secret))

    def revoke(self) -> int:
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class Invitation(models.Model):
    """A link into one team; the row holds only the digest of its secret."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=10, choices=Membership.Role.choices, default=Membership.Role.MEMBER)
    digest = models.CharField(max_length=64, unique=True)
    is_single_use = models.BooleanField(default=True)
    uses = models.PositiveIntegerField(default=0)
    mailed_to = models.EmailField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    team_id: UUID

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.team} · {self.get_role_display()}"

    def use(self) -> bool:
        """Count one use; returns False if the invitation was used up or closed meanwhile."""
        return bool(Invitation.objects.open().filter(pk=self.pk).update(uses=F("uses") + 1))
