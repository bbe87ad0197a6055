"""The payer of a call: the person, team, key and model whose budgets it counts against."""

from dataclasses import dataclass
from uuid import UUID

from conversations.models import Message, UsageRecord
from providers.client.route import Route
from providers.models import Deployment
from providers.prepared_queries import Prepared


@dataclass(frozen=True, slots=True)
class BillingContext:
    """The payer of a reply, or of a call for another purpose: `reply` is then an id of its own."""

    reply: UUID
    conversation: UUID
    user: UUID | None
    team: UUID | None
    model: UUID | None
    model_name: str
    purpose: str = UsageRecord.Purpose.REPLY

    @classmethod
    def of(cls, reply: Message) -> "BillingContext":
        team = reply.conversation.team_id
        return cls(reply.pk, reply.conversation_id, reply.author_id, team, reply.model_id, reply.model_name)

    def targets(self, key: UUID | None = None) -> dict[str, UUID | None]:
        """Return the ids of the payers by kind of budget."""
        return {"person": self.user, "team": self.team, "model": self.model, "key": key}


def deployment_of(route: Route) -> Deployment | None:
    if route.deployment is None:
        return None
    return _DEPLOYMENT.one(route.deployment)


_DEPLOYMENT = Prepared(lambda key: Deployment.objects.filter(pk=key).select_related("endpoint"))
