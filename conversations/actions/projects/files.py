"""The files of a project: they go with every question in its conversations."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from conversations.actions.access import project_to_write_in
from conversations.errors import NotFound, Refused
from conversations.files import storage
from conversations.models import File, Project, ProjectFile, User
from providers.audit import log

MAX_FILES, MAX_BYTES = 20, 10 * 2**20
"""Files of one project, and bytes of all of them: they are sent with every question."""


def add_files(user: User, project_id: UUID, ids: Sequence[UUID]) -> None:
    """Let some of the person's own files go with every question, behind those that do."""
    with transaction.atomic():
        project = project_to_write_in(user, project_id)
        files = storage.attachable(user, ids)
        known = set(project.held.values_list("file", flat=True))
        new = [file for file in files if file.pk not in known]
        _check_room(project, new)
        for file in new:
            held = ProjectFile.objects.create(project=project, file=file)
            if project.team:
                log.added(user, held)
        File.objects.filter(pk__in=[file.pk for file in new]).update(was_sent=True)


def remove_file(user: User, project_id: UUID, file_id: UUID) -> None:
    """Let a file no longer go with questions; the next round deletes one that is in no message."""
    with transaction.atomic():
        project = project_to_write_in(user, project_id)
        held = project.held.select_related("project", "file").filter(file=file_id).first()
        if held is None:
            raise NotFound
        if project.team:
            log.removed(user, held)
        held.delete()


def check_room(project: Project, size: int) -> None:
    """Refuse one more file of so many bytes, before it is stored."""
    _check(project, 1, size)


def _check_room(project: Project, files: Sequence[File]) -> None:
    _check(project, len(files), sum(file.size for file in files))


def _check(project: Project, count: int, size: int) -> None:
    if project.held.count() + count > MAX_FILES:
        raise Refused("busy", f"A project may have {MAX_FILES} files. Remove some first.", "files")
    taken = File.objects.filter(project_places__project=project).aggregate(taken=Sum("size"))["taken"] or 0
    if taken + size > MAX_BYTES:
        raise Refused("too_long", f"The files of a project may have {MAX_BYTES // 2**20} MB together.", "files")
