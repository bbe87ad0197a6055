"""Storage of files: upload checks, bytes on disk, rows, and the base64 that vendors get."""

import base64
import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction

from conversations.content import file_parts
from conversations.errors import NotFound, Refused
from conversations.files import documents, images
from conversations.files.images import MAX_PIXELS
from conversations.files.media_types import ending_of, media_type_of
from conversations.files.picture_size import size_of
from conversations.models import File, FileText, Membership, Message, User
from conversations.models.file import MAX_NAME_LENGTH, UNSENT
from conversations.text import one_line
from conversations.usage import quotas
from providers.types import Part

MAX_BYTES = 25 * 1024 * 1024
MAX_UNSENT = 40
"""Files that one person may have uploaded without sending them."""
_OTHER_PICTURES = (b"GIF8", b"BM", b"II*\0", b"MM\0*")
"""Beginnings of pictures that are kept as files: browsers get them for download alone."""


def receive(owner: User, name: str, content: bytes) -> File:
    """Store an upload under the type that its bytes show; refuses what no model can be told."""
    _check_length(content)
    _check_unsent(owner)
    return keep(owner, name, content, lambda: _check_unsent(owner))


def keep(owner: User, name: str, content: bytes, check: Callable[[], None] = lambda: None) -> File:
    """Store a file, however many are unsent; `check` runs while the uploads of this person are locked."""
    _check_length(content)
    quotas.check_files(owner, len(content))
    document = documents.judge(owner, name, content, _digest(content))
    media_type = document.media_type
    with _kept(owner, _name(name, media_type), media_type, _clean(content, media_type)) as file, transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=owner.pk)  # serialises the uploads of one person
        check()
        quotas.check_files(owner, file.size)
        file.text, file.text_tokens, file.pages = _stored(document.text), document.tokens, document.pages
        file.save(force_insert=True)
    return file


def _stored(text: FileText | None) -> FileText | None:
    """Return the row of this text, which is new or another file's; needs a transaction, which keeps it."""
    if text is None or (text.pk and FileText.objects.select_for_update(no_key=True).filter(pk=text.pk).exists()):
        return text
    return FileText.objects.create(version=text.version, text=text.text, is_cut=text.is_cut)


def _check_length(content: bytes) -> None:
    if not content:
        raise Refused("bad_field", "This file is empty.")
    if len(content) > MAX_BYTES:
        raise Refused("too_long", f"A file may have {MAX_BYTES // 2**20} MB.")


def store(owner: User, name: str, media_type: str, content: bytes) -> File:
    """Store the bytes and a row for them."""
    with _kept(owner, name, media_type, content) as file:
        file.save(force_insert=True)
    return file


def _check_unsent(owner: User) -> None:
    if File.objects.unsent_of(owner).count() >= MAX_UNSENT:
        raise Refused("busy", f"You have {MAX_UNSENT} files that are not sent yet; send or wait first.")


@contextlib.contextmanager
def _kept(owner: User, name: str, media_type: str, content: bytes) -> Iterator[File]:
    """Write the bytes, and remove them unless the caller saves the row; a crash between leaves them to the sweep."""
    file = File(owner=owner, name=name, media_type=media_type, size=len(content), digest=_digest(content))
    with contextlib.ExitStack() as undone:
        undone.callback(file.path.unlink, missing_ok=True)
        try:
            _write(file, content)
        except OSError:
            raise Refused("unavailable", "This site has no room for a file just now.") from None
        yield file
        undone.pop_all()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(file: File, content: bytes) -> None:
    """Write the bytes, or link them to those of another file of this person that are the same."""
    file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    twin = File.objects.same_as(file.owner, file.digest).filter(size=file.size).first()
    if twin is not None:
        with contextlib.suppress(OSError):  # gone meanwhile, or a disk without links
            os.link(twin.path, file.path)
            return
    descriptor = os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)


def store_generated(reply_id: UUID, part: Part) -> Part:
    """Store a picture or file that a model made, attach it to the reply, and return its part without bytes."""
    reply = Message.objects.select_related("author", "conversation__owner").get(pk=reply_id)
    try:
        content = base64.b64decode(part.detail["data"])
    except ValueError:
        return Part("gap", "", {"bytes": 0, "picture": "kind"}) if part.kind == "image" else Part("unknown")
    media_type = media_type_of(content) or "application/octet-stream"
    if lack := _lack(part, content, media_type):
        return Part("gap", "", {"bytes": len(content), "picture": lack})
    name = f"{part.kind}{ending_of(media_type)}"
    with transaction.atomic():
        file = store(reply.author or reply.conversation.owner, name, media_type, content)
        attach(reply, [file])
    kind = "image" if file.is_image else "file"
    return Part(kind, "", {**file_parts.without_bytes(part).detail, "file": str(file.id), "name": name})


def parts_without_place(reply: Message) -> list[dict[str, object]]:
    """Return the parts of a reply's files that its row does not name: its process died before."""
    named = {part.get("file") for part in reply.parts}
    return [part_of(file) for file in reply.files.order_by("created_at") if str(file.pk) not in named]


def _lack(part: Part, content: bytes, media_type: str) -> str:
    """Return why what a model made is not kept, as parts of kind `gap` say it, or an empty text."""
    if len(content) > MAX_BYTES:
        return "size"
    if media_type.startswith("image/"):
        size = size_of(content)
        return "kind" if size is None or 0 in size else "pixels" if size[0] * size[1] > MAX_PIXELS else ""
    return "kind" if part.kind == "image" and not content.startswith(_OTHER_PICTURES) else ""


def attachable(owner: User, ids: Iterable[UUID]) -> list[File]:
    """Return the sender's own files in the order given, or raise NotFound; needs a transaction.

    The sender must be able to read a file that was already sent. Locked memberships keep that true until the end.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    mine = File.objects.filter(owner=owner, pk__in=wanted)
    if any(file.was_sent for file in mine):
        list(Membership.objects.select_for_update(no_key=True).filter(user=owner))
        mine = File.objects.visible_to(owner).filter(owner=owner, pk__in=wanted)
    found = {file.id: file for file in mine}
    if len(found) < len(wanted):
        raise NotFound
    return [found[key] for key in wanted]


def attach(message: Message, attached: Sequence[File]) -> None:
    """Attach the files to a message; from now on the readers of messages that hold them may read them."""
    message.files.add(*attached)
    File.objects.filter(pk__in=[file.pk for file in attached]).update(was_sent=True)


def delete_unsent() -> None:
    """Delete old unsent files and files whose last message is deleted, with their bytes."""
    for file in File.objects.forgotten():
        path = file.path  # read before: a deleted row has no id, which the path contains
        if File.objects.forgotten().filter(pk=file.pk).delete()[0]:
            path.unlink(missing_ok=True)
    FileText.objects.filter(files=None).delete()
    _delete_orphans()


def _delete_orphans() -> None:
    """Delete old bytes without a row: left by a crash between the two, or by a deleted account."""
    old = time.time() - UNSENT.total_seconds()
    known = {key.hex for key in File.objects.values_list("pk", flat=True).iterator()}
    for path in (settings.CHATSITE_DATA / "files").glob("??/*"):
        if path.name not in known and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)


def part_of(file: File) -> dict[str, object]:
    """Return a file as a part of the message that holds it."""
    kind = "image" if file.is_image else "file"
    return {"kind": kind, "file": str(file.id), "name": file.name, "media_type": file.media_type}


def file_json(file: File) -> dict[str, object]:
    return {"id": str(file.id), "name": file.name, "media_type": file.media_type, "bytes": file.size}


def upload_json(file: File) -> dict[str, object]:
    """Return a file that has just come, with what was read from it."""
    is_cut = file.text is not None and file.text.is_cut
    return {**file_json(file), "text_tokens": file.text_tokens, "cut": is_cut}


def files_of(message: Message) -> list[dict[str, object]]:
    """Return a message's files as the websocket and the HTTP API show them; its parts name them all."""
    if not any("file" in part for part in message.parts):
        return []
    return [file_json(file) for file in message.files.all()]


def _clean(content: bytes, media_type: str) -> bytes:
    if not media_type.startswith("image/"):
        return content
    try:
        return images.reencoded(content, media_type)
    except images.Unreadable as problem:
        raise Refused("bad_field", str(problem)) from None


def _name(name: str, media_type: str) -> str:
    """Return the last part of an upload's name as one line; it is only shown, never used as a path."""
    shown = one_line(name.replace("\\", "/").rsplit("/", 1)[-1][-MAX_NAME_LENGTH:], "name", MAX_NAME_LENGTH)
    return shown.strip(". ") or f"file{ending_of(media_type)}"
