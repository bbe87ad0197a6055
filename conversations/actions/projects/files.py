"""The files of a project: they go with every question in its conversations, or are looked up for each."""

from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from conversations.actions.access import project_to_write_in
from conversations.errors import NotFound, Refused
from conversations.files import documents, storage
from conversations.lookup.cutting import cut
from conversations.models import File, Passage, Project, ProjectFile, User
from conversations.search import passages
from conversations.search.rebuilding import mending
from providers.audit import log

MAX_FILES, MAX_BYTES = 20, 10 * 2**20
"""Files of one project that are sent with every question, and bytes of all of them."""
MAX_LOOKED_UP, MAX_LOOKED_UP_BYTES = 500, 100 * 2**20
"""Files of one project that are looked up, and bytes of all of them."""
INDEXED_AT_ONCE = 200
"""Passages of a file that are indexed in its transaction, for which other writers wait; the sweeper adds the rest."""


def add_files(user: User, project_id: UUID, ids: Sequence[UUID], *, looked_up: bool = False) -> None:
    """Let some of the person's own files go with every question, behind those that do, or be looked up."""
    with transaction.atomic():
        project = project_to_write_in(user, project_id)
        files = storage.attachable(user, ids)
        known = set(project.held.values_list("file", flat=True))
        new = [file for file in files if file.pk not in known]
        _check(project, looked_up, new)
        for file in new:
            held = ProjectFile.objects.create(project=project, file=file, looked_up=looked_up)
            if looked_up:
                _add_passages(held)
            if project.team:
                log.added(user, held)
        File.objects.filter(pk__in=[file.pk for file in new]).update(was_sent=True)


def change_file(user: User, project_id: UUID, file_id: UUID, *, looked_up: bool) -> None:
    """Let a file be looked up from now on, or go with every question."""
    with transaction.atomic():
        project = project_to_write_in(user, project_id)
        held = _held(project, file_id)
        if held.looked_up == looked_up:
            return
        _check(project, looked_up, [held.file])
        with log.watch(user, ProjectFile.objects.filter(pk=held.pk)) if project.team else nullcontext():
            held.looked_up, held.is_cut = looked_up, False
            held.save(update_fields=["looked_up", "is_cut"])
        if looked_up:
            _add_passages(held)
        else:
            Passage.objects.filter(held=held).delete()


def remove_file(user: User, project_id: UUID, file_id: UUID) -> None:
    """Let a file no longer go with questions; the next round deletes one that is in no message."""
    with transaction.atomic():
        project = project_to_write_in(user, project_id)
        held = _held(project, file_id)
        if project.team:
            log.removed(user, held)
        held.delete()


def check_room(project: Project, size: int, *, looked_up: bool = False) -> None:
    """Refuse one more file of so many bytes, before it is stored."""
    _check_room(project, looked_up, 1, size)


def _held(project: Project, file_id: UUID) -> ProjectFile:
    held = project.held.select_related("project", "file__text").filter(file=file_id).first()
    if held is None:
        raise NotFound
    return held


def _check(project: Project, looked_up: bool, files: Sequence[File]) -> None:
    if looked_up and not all(map(documents.has_text, files)):
        raise Refused("bad_field", "There is no text in this file that could be looked up.", "looked_up")
    _check_room(project, looked_up, len(files), sum(file.size for file in files))


def _check_room(project: Project, looked_up: bool, count: int, size: int) -> None:
    most, most_bytes = (MAX_LOOKED_UP, MAX_LOOKED_UP_BYTES) if looked_up else (MAX_FILES, MAX_BYTES)
    alike = project.held.filter(looked_up=looked_up)
    if alike.count() + count > most:
        raise Refused("busy", f"A project may have {most} files of this kind. Remove some first.", "files")
    taken = alike.aggregate(taken=Sum("file__size"))["taken"] or 0
    if taken + size > most_bytes:
        raise Refused("too_long", f"These files of a project may have {most_bytes // 2**20} MB together.", "files")


def _add_passages(held: ProjectFile) -> None:
    """Cut a file's text into passages, and index the first of them now."""
    pieces, held.is_cut = cut(documents.text_of(held.file))
    if held.is_cut:
        held.save(update_fields=["is_cut"])
    rows = (Passage(held=held, number=number, place=one.place, text=one.text) for number, one in enumerate(pieces, 1))
    added = Passage.objects.bulk_create(rows, batch_size=500)
    passages.add(added[:INDEXED_AT_ONCE])
    if len(added) > INDEXED_AT_ONCE:
        transaction.on_commit(mending.begin)
