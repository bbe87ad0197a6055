"""The prompt from which a question came, as its message keeps it."""

from typing import Any
from uuid import UUID

from conversations.errors import NotFound
from conversations.models import Prompt, User


def source_of(user: User, prompt_id: UUID, version: int) -> dict[str, Any]:
    """Return a prompt's id, version and name for a message; raises NotFound if this person may not use it."""
    prompt = Prompt.objects.visible_to(user).published().filter(pk=prompt_id, version__gte=version).first()
    if prompt is None:
        raise NotFound
    name = prompt.versions.filter(number=version).values_list("name", flat=True).first()
    return {"id": str(prompt.pk), "name": name or prompt.name, "version": version}
