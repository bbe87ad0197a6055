"""The places in which speech is used, and who pays there."""

from uuid import UUID

from conversations.errors import NotFound
from conversations.models import Conversation, Team, User


def paying_team(person: User, conversation: UUID | None, team: UUID | None) -> UUID | None:
    """Return the team that pays, if it is one's team; refuses where this person may not write."""
    if conversation is not None:
        found = Conversation.objects.writable_by(person).filter(pk=conversation).first()
        if found is None:
            raise NotFound
        return found.team_id
    if team is not None and not Team.objects.writable_by(person).filter(pk=team).exists():
        raise NotFound
    return team
