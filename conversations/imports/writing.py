"""The rows of an imported conversation: private to its importer, under new ids, in one transaction."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from conversations.errors import Refused
from conversations.files import storage
from conversations.ids import new_id
from conversations.imports.growing import gained
from conversations.imports.thread import Attachment, Problem, Said, SummedUp, Thread
from conversations.imports.tree import in_order
from conversations.imports.words import as_question, text_for
from conversations.live import events
from conversations.models import (
    Arrangement,
    BranchChoice,
    Conversation,
    ConversationImport,
    File,
    ImportItem,
    Membership,
    Message,
    ReadMark,
    Summary,
    Team,
    User,
)
from conversations.models.conversation import MAX_TITLE_LENGTH
from conversations.models.message import Role, Status
from conversations.models.personal.conversation_import import Reason
from conversations.protocol.parameters import validate
from conversations.search import indexing
from conversations.text import MAX_TEXT_LENGTH, title_of
from conversations.usage.model_access import models_for

MAX_NAME_LENGTH = 200
MAX_MESSAGE = 4 * 2**20
"""Characters of one message with all its parts: some times those of a reply."""
MAX_FILES = 5_000
"""Files of one import that are unpacked; a small entry may be named very often and be large each time."""


def key_of(format_name: str, thread: Thread) -> str:
    """Return the digest by which a conversation is recognised when it comes again."""
    told = thread.key or "\n".join([thread.title, *map(_told, thread.messages[:2])])  # a question and its reply
    return sha256(f"{format_name}\n{told}".encode()).hexdigest()


def prepared(thread: Thread) -> list[Said]:
    """Return the messages to write, in order; raises Problem for a conversation that cannot come."""
    if not any(not message.is_empty for message in thread.messages):
        raise Problem("empty")
    if any(_length(message) > MAX_MESSAGE for message in thread.messages):
        raise Problem("too_long")
    return in_order(thread.messages, thread.created_at)


def title_for(thread: Thread) -> str:
    """Return the title, or the first words of the first message."""
    return title_of(thread.title, MAX_TITLE_LENGTH - 1) or title_of(_words(thread.messages[:1]))


class Writer:
    """Writes one conversation after the other; files come first, because pictures take their time to be checked."""

    def __init__(self, owner: User, alive: Callable[[], None], team: Team | None = None) -> None:
        """Write for this person; what was a team's goes to `team`, if there is one."""
        self._owner, self._alive, self._team = owner, alive, team
        self._models = {model.name: model.pk for model in models_for(owner, None)}
        self._files_left = MAX_FILES

    def write(self, item: ImportItem, thread: Thread) -> None:
        """Write the conversation and note it on its item, in one transaction; raises Problem."""
        messages = prepared(thread)
        files = self._files(item, messages)
        with transaction.atomic():
            conversation = self._conversation(thread, len(messages))
            rows = self._add(conversation, messages, files, {}, 1)
            self._show(conversation, thread, messages, rows)
            indexing.set_title(conversation)
            _note(item, conversation)

    def extend(self, item: ImportItem, thread: Thread, conversation: Conversation) -> None:
        """Write what a conversation has gained since it came, in one transaction; raises Problem if that is nothing."""
        messages = prepared(thread)
        files = self._files(item, gained(conversation, messages)[0])
        with transaction.atomic():
            conversation.advance(0, moves_up=False)  # locked: nobody else brings the same messages now
            conversation.refresh_from_db(fields=["team", "deleted_at"])
            new, known = gained(conversation, messages)
            if not new or not conversation.can_write(self._owner) or conversation.deleted_at:
                raise Problem(Reason.HERE)
            before = conversation.revision
            moved = max(message.created_at or conversation.updated_at for message in new)
            first = conversation.advance(len(new), moves_up=False, updated_at=max(conversation.updated_at, moved))
            self._add(conversation, new, files, known, first)
            ReadMark.objects.filter(user=self._owner, conversation=conversation, revision__gte=before).update(
                revision=conversation.revision
            )
            ImportItem.objects.filter(owner=self._owner, key=item.key).exclude(pk=item.pk).update(conversation=None)
            _note(item, conversation)
            transaction.on_commit(lambda: events.conversation_updated(conversation, conversation.revision))

    def _files(self, item: ImportItem, messages: list[Said]) -> dict[int, File | None]:
        """Store the messages' files, and note on the item if some cannot be kept."""
        files = {id(part): self._stored(part) for part in _attachments(messages)}
        if any(file is None for file in files.values()):
            item.reason = Reason.FILES
        return files

    def _add(
        self,
        conversation: Conversation,
        messages: list[Said],
        files: dict[int, File | None],
        known: dict[str, UUID],
        first: int,
    ) -> list[Message]:
        """Insert and index the rows of these messages, from revision `first` on; `known` are rows that are there."""
        rows, kept = self._rows(messages, files, known)
        for revision, row in enumerate(rows, first):
            row.conversation, row.revision = conversation, revision
        Message.objects.bulk_create(rows, batch_size=200)
        for row, attached in kept:
            storage.attach(row, attached)
        indexing.add_messages(rows)
        for message, row in zip(messages, rows, strict=True):
            if message.summary:
                self._add_summary(row, message.summary)
        return rows

    def _add_summary(self, row: Message, told: SummedUp) -> None:
        """Insert a summary with its newest version alone; what it has cost was paid elsewhere."""
        made = Summary.objects.create(
            conversation=row.conversation,
            message=row,
            status=Summary.Status.READY,
            text=told.text,
            room=told.room,
            model_name=told.model,
            revision=row.revision,
        )
        author, made_at = self._owner if told.is_by_importer else None, told.created_at or row.created_at
        made.versions.create(number=1, text=told.text, author=author, is_by_model=told.is_by_model, created_at=made_at)

    def _stored(self, attachment: Attachment) -> File | None:
        """Store a file as its importer's upload; None if it is absent, unknown, or finds no room."""
        self._alive()
        content = attachment.read() if self._files_left else None
        if not content:
            return None
        self._files_left -= 1
        try:
            return storage.keep(self._owner, attachment.name or attachment.kind, content)
        except Refused:
            return None

    def _rows(
        self, messages: list[Said], files: dict[int, File | None], known: dict[str, UUID]
    ) -> tuple[list[Message], list[tuple[Message, list[File]]]]:
        """Return the rows with the files that each of them holds."""
        ids: dict[str | None, UUID] = {message.key: new_id() for message in messages}
        ids.update(known)
        rows, kept = [], []
        for message in messages:
            parts = [_part(part, files) for part in message.parts]
            row = self._row(message, parts if message.is_reply else as_question(parts, message), ids)
            rows.append(row)
            attached = (files[id(part)] for part in message.parts if isinstance(part, Attachment))
            if held := [file for file in attached if file]:
                kept.append((row, held))
        return rows, kept

    def _row(self, message: Said, parts: list[dict[str, Any]], ids: dict[str | None, UUID]) -> Message:
        fields = dict(message.fields)
        continued = fields.pop("continues", None)
        fields.pop("text", None)
        return Message(
            id=ids[message.key],
            parent_id=ids.get(message.parent) if message.parent else None,
            role=Role.ASSISTANT if message.is_reply else Role.USER,
            author=None if message.author else self._owner,
            writer=message.author or None,
            parts=parts,
            text=text_for(message),
            created_at=message.created_at or timezone.now(),
            model_name=message.model[:200],
            continues_id=ids.get(continued) if continued else None,
            **{"status": Status.COMPLETE, "finish_reason": "stop" if message.is_reply else ""}
            | fields
            | {"parameters": _parameters(fields.get("parameters"))},
        )

    def _conversation(self, thread: Thread, revision: int) -> Conversation:
        now, team = timezone.now(), self._team_for(thread)
        moved = thread.updated_at or max((one.created_at or now for one in thread.messages), default=now)
        conversation = Conversation.objects.create(
            owner=self._owner,
            team=team,
            title=title_for(thread),
            model_id=self._models.get(thread.model),
            system_prompt=thread.system_prompt[:MAX_TEXT_LENGTH],
            parameters=_parameters(thread.parameters),
            began_with=thread.began_with,
            revision=revision,
            updated_at=now if team and team.keeps_days else moved,  # else it would be deleted for its age
        )
        begun = thread.created_at or min((one.created_at or now for one in thread.messages), default=now)
        # The field sets itself when the row is made.
        Conversation.objects.filter(pk=conversation.pk).update(created_at=begun)
        return conversation

    def _team_for(self, thread: Thread) -> Team | None:
        """Return the team that gets this conversation, if its importer writes there until the transaction ends."""
        if self._team is None or not thread.team:
            return None
        places = Membership.objects.filter(user=self._owner, team=self._team, role__in=Membership.WRITERS)
        return self._team if places.select_for_update(no_key=True).first() else None

    def _show(self, conversation: Conversation, thread: Thread, messages: list[Said], rows: list[Message]) -> None:
        """Show the branch that was shown there, as read, in the place that it had in the list."""
        place = next((place for place, message in enumerate(messages) if message.key == thread.shown), None)
        if place is not None and place < len(rows) - 1 and conversation.team is None:
            BranchChoice.objects.choose(self._owner, rows[place])
        ReadMark.objects.create(user=self._owner, conversation=conversation, revision=conversation.revision)
        if thread.arranged:
            Arrangement.objects.arrange(self._owner, conversation, **thread.arranged)


def _note(item: ImportItem, conversation: Conversation) -> None:
    item.conversation, item.outcome = conversation, ImportItem.Outcome.IMPORTED
    item.save(update_fields=["conversation", "outcome", "reason"])
    ConversationImport.objects.filter(pk=item.batch_id).update(imported=F("imported") + 1)


def _told(message: Said) -> str:
    return str([part.name if isinstance(part, Attachment) else part for part in message.parts])


def _length(message: Said) -> int:
    return sum(len(str(part)) for part in message.parts if not isinstance(part, Attachment))


def _attachments(messages: list[Said]) -> list[Attachment]:
    return [part for message in messages for part in message.parts if isinstance(part, Attachment)]


def _part(part: dict[str, Any] | Attachment, files: dict[int, File | None]) -> dict[str, Any]:
    if not isinstance(part, Attachment):
        return part
    file = files[id(part)]
    return dict(storage.part_of(file)) if file else {"kind": "file", "name": part.name[:MAX_NAME_LENGTH]}


def _words(messages: list[Said]) -> str:
    texts = (part for message in messages for part in message.parts if not isinstance(part, Attachment))
    return next((part["text"] for part in texts if part.get("text")), "")


def _parameters(given: Any) -> dict[str, Any]:
    """Return the parameters that exist here, or none if one of them is not ours."""
    try:
        return validate(given)
    except Refused:
        return {}
