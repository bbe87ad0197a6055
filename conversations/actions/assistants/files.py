"""The files of an assistant: they go with every question to it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from conversations.actions.assistants.writing import create_assistant, to_decide_on
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.models import Assistant, AssistantFile, File, User
from conversations.protocol.prompts import Place
from providers.audit import log

MAX_FILES, MAX_BYTES = 20, 10 * 2**20
"""Files of one assistant, and bytes of all of them."""


def add_files(user: User, assistant_id: UUID, ids: Sequence[UUID]) -> None:
    """Let some of the person's own files go with every question, behind those that do."""
    with transaction.atomic():
        assistant = to_decide_on(user, assistant_id)
        known = set(assistant.held.values_list("file", flat=True))
        new = [file for file in storage.attachable(user, ids) if file.pk not in known]
        check_room(assistant, sum(file.size for file in new), len(new))
        for file in new:
            held = AssistantFile.objects.create(assistant=assistant, file=file)
            if assistant.owner_id is None:
                log.added(user, held)
        File.objects.filter(pk__in=[file.pk for file in new]).update(was_sent=True)


def create_with_files(user: User, place: Place, source: UUID, **fields: Any) -> Assistant:
    """Create an assistant with the files of another one that this person sees; each may lose its own."""
    with transaction.atomic():
        made = create_assistant(user, place, **fields)
        visible = Assistant.objects.visible_to(user).filter(pk=source)
        for theirs in AssistantFile.objects.filter(assistant__in=visible).select_related("file"):
            held = AssistantFile.objects.create(assistant=made, file=theirs.file)
            if made.owner_id is None:
                log.added(user, held)
    return made


def remove_file(user: User, assistant_id: UUID, file_id: UUID) -> None:
    """Let a file no longer go with questions; the next round deletes one that is in no message."""
    with transaction.atomic():
        assistant = to_decide_on(user, assistant_id)
        held = assistant.held.select_related("file", "assistant").filter(file=file_id).first()
        if held is None:
            raise NotFound
        if assistant.owner_id is None:
            log.removed(user, held)
        held.delete()


def check_room(assistant: Assistant, size: int, count: int = 1) -> None:
    """Refuse so many more files of so many bytes, before they are stored."""
    if assistant.held.count() + count > MAX_FILES:
        raise Refused("busy", f"An assistant may have {MAX_FILES} files. Remove some first.", "files")
    taken = assistant.held.aggregate(taken=Sum("file__size"))["taken"] or 0
    if taken + size > MAX_BYTES:
        raise Refused("too_long", f"The files of an assistant may have {MAX_BYTES // 2**20} MB together.", "files")
