"""Guests and grants: people and teams to whom a conversation is open by name, beside its owner and team."""

from uuid import UUID

from django.db import models

from conversations.models.conversation import Conversation
from conversations.models.people import Team, User


class Guest(models.Model):
    """A person to whom one conversation is open by name; they write only in a private one."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="guests")
    user = models.ForeignKey(User, models.CASCADE, related_name="guest_places")
    writes = models.BooleanField(default=False)
    named_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    conversation_id: UUID
    user_id: UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="one_guest_a_conversation")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"


class TeamGrant(models.Model):
    """A team to which one conversation is open beside its own; its writers write only in a private one."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="team_grants")
    team = models.ForeignKey(Team, models.CASCADE, related_name="conversation_grants")
    writes = models.BooleanField(default=False)
    named_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    conversation_id: UUID
    team_id: UUID

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "conversation"], name="one_grant_a_team")]

    def __str__(self) -> str:
        return f"{self.team_id} in {self.conversation_id}"
