"""The part of a prompt that an assistant adds: the instructions of the reply's version, and files."""

from conversations.generation.project_context import Context
from conversations.models import AssistantFile, AssistantVersion, Message


def assistant_context(reply: Message) -> Context:
    """Return what the reply's assistant tells; nothing without one, and of one that is deleted."""
    if not reply.assistant:
        return Context()
    key, number = reply.assistant["id"], reply.assistant["version"]
    given = AssistantVersion.objects.filter(assistant=key, number=number).values_list("text", flat=True).first()
    held = AssistantFile.objects.filter(assistant=key).select_related("file__text")
    return Context(given or "", files=tuple(one.file for one in held))
