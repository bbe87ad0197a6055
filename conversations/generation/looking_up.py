"""The looking up for a reply: the passages of its project's files that go with its question."""

from dataclasses import dataclass

from conversations.lookup import telling
from conversations.lookup.finding import passages_for
from conversations.models import Message, ProjectFile
from conversations.models.message import Role
from conversations.usage.estimates import LOOKED_UP_TOKENS, SHARE_OF_WINDOW
from providers.types import Part

_ABOVE = 6
"""Messages above the question among which the one before it is sought."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A text that goes along behind a question, and the reply's sources."""

    told: Part | None = None
    sources: Part | None = None


def looked_up_for(reply: Message) -> LookedUp:
    """Return the passages that fit the question and that the person who asked may read now.

    The words of the question before count a little, because a question may go on from it. Where no passage fits, the
    model is told the names of the files alone.
    """
    project, question, person = reply.conversation.project_id, reply.parent, reply.author
    if project is None or question is None or person is None:
        return LookedUp()
    held = ProjectFile.objects.visible_to(person).filter(project=project, looked_up=True)
    names = list(held.order_by("-pk").values_list("file__name", flat=True)[: telling.MAX_NAMES])
    if not names:
        return LookedUp()
    asked = [one.text for one in Message.objects.branch(question.pk, _ABOVE) if one.role == Role.USER]
    window = reply.model.context_window if reply.model else None
    most = LOOKED_UP_TOKENS if window is None else min(LOOKED_UP_TOKENS, int(SHARE_OF_WINDOW * window))
    found = passages_for(person, project, question.text, asked[-2] if len(asked) > 1 else "", most)
    if not found:
        return LookedUp(telling.as_names(names))
    return LookedUp(telling.as_quotation(found), telling.as_sources(found))
