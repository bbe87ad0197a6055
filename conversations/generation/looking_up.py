"""The looking up for a reply: the passages of its project's files that go with its question."""

from conversations.lookup.finding import MAX_TOKENS, passages_for
from conversations.models import Message, Passage, ProjectFile
from conversations.models.message import Role

SHARE_OF_WINDOW = 0.2
"""The share of a model's context window that passages may take."""
_ABOVE = 6
"""Messages above the question among which the one before it is sought."""


def passages_of(reply: Message) -> list[Passage]:
    """Return the passages that fit the question and that the person who asked may read now, the best first.

    The words of the question before count a little, because a question may go on from it.
    """
    project, question, person = reply.conversation.project_id, reply.parent, reply.author
    if project is None or question is None or person is None:
        return []
    if not ProjectFile.objects.filter(project=project, looked_up=True).exists():
        return []
    asked = [one.text for one in Message.objects.branch(question.pk, _ABOVE) if one.role == Role.USER]
    earlier = asked[-2] if len(asked) > 1 else ""
    window = reply.model.context_window if reply.model else None
    most = MAX_TOKENS if window is None else min(MAX_TOKENS, int(SHARE_OF_WINDOW * window))
    return passages_for(person, project, question.text, earlier, most)
