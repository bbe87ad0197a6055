"""Many conversations as one zip, which the import of a Chatsite reads again.

    chatsite.json                      who exported it, and when
    conversations/TITLE ID.json        all branches of a conversation
    conversations/TITLE ID.md          the branch that the exporter sees
    files/ID/NAME                      each file once

Names are for people; the import reads what is in the files.
"""

import json
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.utils import timezone

from conversations.errors import NotFound
from conversations.exports import markdown_text, thread_json
from conversations.exports.branch import branch_ids, tree_ids
from conversations.exports.file_names import file_name
from conversations.exports.zip_stream import ZipStream
from conversations.models import Conversation, File, Message, Team, User
from conversations.models.conversation import ConversationQuerySet

MANIFEST = "chatsite.json"
_PIECE = 64 * 1024


def begun_by(person: User) -> list[UUID]:
    """Return the conversations that this person began and may read, newest first."""
    return _ids(Conversation.objects.visible_to(person).filter(owner=person))


def of_team(person: User, team: Team) -> list[UUID]:
    """Return the conversations of this team that this person may read, newest first."""
    return _ids(Conversation.objects.visible_to(person).filter(team=team))


def chosen_by(person: User, keys: Collection[UUID]) -> list[UUID]:
    """Return these conversations, newest first; raises NotFound if this person may not read all of them."""
    found = _ids(Conversation.objects.visible_to(person).filter(pk__in=keys))
    if len(found) < len(set(keys)):
        raise NotFound
    return found


def pieces(person: User, keys: Sequence[UUID]) -> Generator[bytes]:
    """Yield the zip.

    Each conversation is looked up when its turn comes: one lost since the start is left out."""
    archive, begun = ZipStream(), timezone.now()
    files: set[UUID] = set()
    yield from archive.add(MANIFEST, [_manifest(person, len(keys))], begun)
    for key in keys:
        rows = Conversation.objects.visible_to(person).select_related("owner", "team", "model")
        if conversation := rows.filter(pk=key).first():
            yield from _add(archive, person, conversation, files)
    yield from archive.end()


def _ids(rows: ConversationQuerySet) -> list[UUID]:
    return list(rows.order_by("-updated_at", "-id").values_list("pk", flat=True))


def _manifest(person: User, count: int) -> bytes:
    told = {
        "format": thread_json.FORMAT,
        "version": thread_json.VERSION,
        "exported_at": timezone.now().isoformat(),
        "exported_by": person.name,
        "conversations": count,
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def _add(archive: ZipStream, person: User, conversation: Conversation, files: set[UUID]) -> Iterator[bytes]:
    name = f"conversations/{file_name(conversation.title, '')} {conversation.pk.hex[-8:]}"
    leaf = Message.objects.leaf_for(person, conversation)
    written = thread_json.pieces(person, conversation, leaf, tree_ids(conversation), _in_zip)
    yield from archive.add(f"{name}.json", written, conversation.updated_at)
    text = markdown_text.pieces(conversation, branch_ids(leaf), _beside)
    yield from archive.add(f"{name}.md", text, conversation.updated_at)
    for file in File.objects.filter(messages__conversation=conversation).distinct():
        if file.pk not in files and file.path.exists():
            files.add(file.pk)
            yield from archive.add(_path(file.pk, file.name), _bytes(file), file.created_at)


def _in_zip(file: File) -> dict[str, Any]:
    return {"path": _path(file.pk, file.name)}


def _beside(part: dict[str, Any]) -> str:
    """Return where a part's file lies, from the folder of the Markdown."""
    return f"../{_path(part['file'], str(part.get('name')))}" if part.get("file") else ""


def _path(key: UUID | str, name: str) -> str:
    return f"files/{key}/{file_name(name, '', 'file')}"


def _bytes(file: File) -> Iterator[bytes]:
    with suppress(FileNotFoundError), open(file.path, "rb") as source:  # a sweep may have removed it just now
        while piece := source.read(_PIECE):
            yield piece
