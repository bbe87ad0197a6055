"""Messages: a person's question, or one version of a model's reply."""

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.errors import OWN_KEY_ALONE, TEAM_KEY_ALONE
from conversations.ids import new_id
from conversations.models import raw_sql
from conversations.models.conversation import Conversation, ConversationQuerySet
from conversations.models.people import User
from conversations.models.projects.instructions import Instructions
from providers.error_texts import cause_of, is_of_question, quote_of, reason_of, wait_of
from providers.errors import OF_THE_ACCOUNT
from providers.models import LanguageModel
from providers.prepared_queries import as_stored, column_of

if TYPE_CHECKING:
    from conversations.models.marks.verification import Verification

HEARTBEAT_TIMEOUT = timedelta(seconds=5)


ALL = 10**9


class Status(models.TextChoices):
    WAITING = "waiting", _("waiting")
    STREAMING = "streaming", _("streaming")
    COMPLETE = "complete", _("complete")
    STOPPED = "stopped", _("stopped")
    INTERRUPTED = "interrupted", _("interrupted")
    FAILED = "failed", _("failed")


UNDER_WAY = (Status.WAITING, Status.STREAMING)
_KEYS_ALONE = {OWN_KEY_ALONE: "own_key_alone", TEAM_KEY_ALONE: "team_key_alone"}


class Role(models.TextChoices):
    USER = "user", _("person")
    ASSISTANT = "assistant", _("model")


class PromptMessage(NamedTuple):
    """The author and parts of a message, as a prompt needs them; a tuple, because there may be thousands."""

    role: str
    parts: list[dict[str, Any]]
    author: str = ""
    """An id, or the name of a writer without an account here."""


class BranchText(NamedTuple):
    """A branch, or its end; `goes_on` is true if it continues from the message given as `below`."""

    said: list[PromptMessage]
    goes_on: bool
    has_ended: bool
    """True if none of its messages is under way."""


class MessageQuerySet(models.QuerySet["Message"]):
    def in_conversations(self, conversations: ConversationQuerySet) -> "MessageQuerySet":
        return self.filter(conversation__in=conversations)

    def visible_to(self, user: User) -> "MessageQuerySet":
        return self.in_conversations(Conversation.objects.visible_to(user))

    def writable_by(self, user: User) -> "MessageQuerySet":
        return self.in_conversations(Conversation.objects.writable_by(user))

    def under_way(self) -> "MessageQuerySet":
        """Return the messages that wait or stream, by a small index of their own.

        SQLite uses that index only if the statement itself contains the statuses.
        """
        return self.filter(status__in=[_Written(status) for status in UNDER_WAY])

    def abandoned(self) -> "MessageQuerySet":
        """Return the replies without a heartbeat for five seconds."""
        return self.under_way().filter(heartbeat__lt=timezone.now() - HEARTBEAT_TIMEOUT)

    def branch(self, leaf: UUID | None, most: int = ALL, below: UUID | None = None) -> list["Message"]:
        """Return the messages from the root down to `leaf`, in one query however long the branch.

        Returns only the last `most`, and only those below `below` if that is on the branch.
        """
        if leaf is None or leaf == below:
            return []
        rows = self.model.objects.raw(raw_sql.BRANCH, [_db_key(leaf), most, _db_key(below or leaf)])
        return list(rows.prefetch_related("author"))

    def sizes_of_branch(self, leaf: UUID, most: int = ALL) -> list[tuple[UUID, int]]:
        """Return the last ids of the branch down to `leaf`, each with the characters of its parts and its HTML."""
        with connection.cursor() as cursor:
            cursor.execute(raw_sql.SIZES, [_db_key(leaf), most])
            return [(UUID(str(key)), size) for key, size in cursor.fetchall()]

    def said_up_to(self, leaf: UUID, below: UUID | None = None) -> "BranchText":
        """Return the branch's roles and parts only: whole messages would take ten times as long to make."""
        with connection.cursor() as cursor:
            cursor.execute(raw_sql.SAID_UP_TO, [_db_key(leaf), _db_key(below or leaf)])
            rows = cursor.fetchall()[::-1]  # the recursion goes from the leaf up
        parts = json.loads(f"[{','.join([row[-1] for row in rows])}]")  # all at once takes a third of the time
        said = [
            PromptMessage(row[2], stored, str(row[3] or row[4] or "")) for row, stored in zip(rows, parts, strict=True)
        ]
        first = rows[0][0] if rows else None
        return BranchText(
            said,
            goes_on=below is not None and first is not None and UUID(str(first)) == below,
            has_ended=all(row[1] not in UNDER_WAY for row in rows),
        )

    def leaf_for(self, user: User, conversation: Conversation, through: UUID | None = None) -> UUID | None:
        """Return the end of the branch shown to this person: one that several share, or the one its owner chose.

        With `through`, a message of the conversation, return the end of the branch through that one.
        """
        is_shared = not conversation.is_private
        if through is None and is_shared:
            through = _first_id(raw_sql.SHARED_END, conversation.pk)
        elif through is None:
            through = _first_id(raw_sql.CHOSEN_END, conversation.pk, user.pk)
        if through is None:
            return _first_id(raw_sql.NEWEST, conversation.pk)
        return _first_id(raw_sql.NEWEST_SHARED_BELOW if is_shared else raw_sql.NEWEST_BELOW, through)

    def parents_up_from(self, messages: Collection[UUID]) -> dict[UUID, UUID | None]:
        """Return the parents of these messages and of all above them, in one query."""
        sql = raw_sql.PARENTS_UP_FROM.format(", ".join(["%s"] * len(messages)))
        with connection.cursor() as cursor:
            cursor.execute(sql, [_db_key(message) for message in messages])
            rows = cursor.fetchall()
        return {UUID(str(key)): parent and UUID(str(parent)) for key, parent in rows}

    def reply_above(self, message: UUID) -> UUID | None:
        """Return the reply from which this branch goes on, past what people said to one another; None without one."""
        return _first_id(raw_sql.REPLY_ABOVE, message)

    def end_attempt(self, reply_id: UUID, attempt: int, **changed: Any) -> bool:
        """Write these fields of an attempt that nobody has ended yet; returns False if somebody has."""
        columns = ", ".join(f'"{column_of(Message, name)}" = %s' for name in changed)
        values = [as_stored(Message, name, value) for name, value in changed.items()]
        with connection.cursor() as cursor:
            cursor.execute(raw_sql.END.format(columns), [*values, _db_key(reply_id), attempt])
            return bool(cursor.rowcount)

    def checkpoint(self, said: Sequence[dict[str, Any]]) -> set[UUID]:
        """Write these columns (with id and attempt) and a heartbeat; return the ids of rows not yet ended.

        Building such an UPDATE with Django would take ten times as long as running it. PostgreSQL would also be waited
        for once a row.
        """
        now = timezone.now()
        rows = [{**one, "heartbeat": now} for one in said]
        with connection.cursor() as cursor:
            cursor.executemany(
                raw_sql.CHECKPOINT,
                [[as_stored(Message, name, row[name]) for name in raw_sql.CHECKPOINT_ORDER] for row in rows],
            )
        written = self.filter(pk__in=[row["id"] for row in rows], heartbeat=now)
        return set(written.values_list("pk", flat=True))


class _Written(models.Value):
    """A constant that is part of the SQL text, instead of a placeholder."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        return f"'{self.value}'", ()


def _db_key(message_id: UUID) -> Any:
    """Return an id in the form that raw SQL needs on this database."""
    return Message._meta.pk.get_db_prep_value(message_id, connection)


def _first_id(sql: str, *keys: UUID) -> UUID | None:
    """Return the id that this statement finds first. Every question waits for it, so Django does not build it anew."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_db_key(key) for key in keys])
        row = cursor.fetchone()
    return UUID(str(row[0])) if row else None


class Message(models.Model):
    """A node of a conversation's tree. A terminal message never changes; another try is a sibling."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role.choices)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="messages")
    """The writer of a question, or the person who requested a reply."""
    writer = models.CharField(max_length=120, null=True, editable=False)
    """The name of a writer without an account here, whose words were imported; null costs a large table no copy."""
    for_people = models.BooleanField(null=True, editable=False)
    """True if no model was asked; null otherwise, which costs a large table no copy."""
    text = models.TextField(blank=True)
    parts = models.JSONField(default=list, blank=True)
    html = models.TextField(blank=True)
    html_version = models.PositiveSmallIntegerField(default=0)
    files = models.ManyToManyField("conversations.File", related_name="messages", blank=True)
    revision = models.PositiveBigIntegerField()
    """The conversation's revision at which this message was created or, later, ended."""
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    status = models.CharField(max_length=12, choices=Status.choices)
    seq = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    owner = models.CharField(max_length=36, blank=True)
    """The boot id of the process that streams it."""
    heartbeat = models.DateTimeField(null=True, blank=True)
    stop_requested = models.BooleanField(default=False)

    model = models.ForeignKey(LanguageModel, models.SET_NULL, null=True, blank=True, related_name="+")
    model_name = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    prompt = models.JSONField(null=True, blank=True, editable=False)
    """Of a question: the kept prompt from which it came, {"id", "name", "version"}, as it was then."""
    assistant = models.JSONField(null=True, blank=True, editable=False)
    """The assistant that a reply was asked of, as it was then: {"id", "name", "symbol", "version", "parameters"?}."""
    summary = models.JSONField(null=True, blank=True, editable=False)
    """The version of the summary that the model was told in place of older replies: {"id", "version"}."""
    continues = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    """The reply whose parts this one begins with."""
    instructions = models.ForeignKey(
        Instructions, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    """The version of its project's instructions that the model was given."""
    finish_reason = models.CharField(max_length=12, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    thought_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost = models.BigIntegerField(null=True, blank=True)
    """The cost of all its calls, in millionths of the site's currency; null if no price is known."""
    error_code = models.CharField(max_length=32, blank=True)
    error_text = models.TextField(blank=True)
    left_out = models.JSONField(default=list, blank=True, editable=False)
    """The parameters that were not sent as they were set: {"parameter", "sent"}, which is null for one left out."""

    conversation_id: UUID
    parent_id: UUID | None
    author_id: UUID | None
    continues_id: UUID | None
    model_id: UUID | None
    instructions_id: int | None

    folds = False
    """True if what is above a new reply is folded before it begins, whatever the context window."""
    versions: Sequence[UUID] = ()
    """In a thread: ids of all messages at this place, the oldest first; empty if this is the only one."""
    chosen = ""
    """In a comparison: `chosen` or `first` for the reply from which the conversation continues."""
    shown_quote = ""
    """In a thread: the vendor's own words on its end, if the thread's reader may see them."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["conversation", "revision"]),
            models.Index(fields=["conversation", "id"]),
            models.Index(
                fields=["instructions"],
                condition=models.Q(instructions__isnull=False),
                name="replies_with_instructions",
            ),
            *(
                models.Index(fields=[field], condition=models.Q(status__in=["waiting", "streaming"]), name=name)
                for field, name in (
                    ("heartbeat", "replies_under_way"),
                    ("conversation", "under_way_in_conversation"),
                    ("author", "under_way_for_author"),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"

    @property
    def assistant_asked(self) -> UUID | None:
        """Return the id of the assistant that the reply was asked of; it may be gone."""
        return UUID(self.assistant["id"]) if self.assistant else None

    @property
    def is_reply(self) -> bool:
        return self.role == Role.ASSISTANT

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def verified(self) -> "Verification | None":
        """Return the mark of who vouches for this reply; lists fetch it before with `verification__by`."""
        if not self.is_reply or self.is_under_way:
            return None
        mark: Verification | None = getattr(self, "verification", None)
        return None if mark is None or mark.is_withdrawn else mark

    @property
    def can_continue(self) -> bool:
        """Return whether it has parts and ended early, except at our own limit, which leaves no room for more."""
        broke_off = self.status in (Status.STOPPED, Status.INTERRUPTED) or self.finish_reason == "length"
        return broke_off and not self.is_under_way and bool(self.parts) and self.error_code != "reply_too_long"

    @property
    def author_name(self) -> str:
        """Return the name for readers; one from an import says so, for a file may name anybody."""
        if self.author or not self.writer:
            return self.told_author
        return gettext("%(name)s (imported)") % {"name": self.writer}

    @property
    def told_author(self) -> str:
        """Return the name alone."""
        return self.author.name if self.author else self.writer or ""

    @property
    def thought(self) -> str:
        """Return the thoughts that the model showed besides its answer."""
        return "".join(part.get("text", "") for part in self.parts if part["kind"] == "thought")

    @property
    def cause(self) -> str:
        """Return the name of the reason of its error, if it is narrower than the code; else empty."""
        return _KEYS_ALONE.get(reason_of(self.error_text)) or cause_of(self.error_text)

    @property
    def wait(self) -> int:
        """Return the wait before another try that the vendor has named: seconds, 0 for none."""
        return wait_of(self.error_text)

    @property
    def quote(self) -> str:
        """Return the vendor's own words on how the reply ended, as plain text."""
        return quote_of(self.error_text)

    def shows_quote_to(self, person: User) -> bool:
        """Return whether this person may see the quote, which may repeat words of the question.

        It is for the person who requested the reply. Staff see it if the error concerns the account behind the key, and
        neither this question alone nor its words.
        """
        is_of_account = self.error_code in OF_THE_ACCOUNT and not is_of_question(self.error_text)
        return person.pk == self.author_id or (person.is_staff and is_of_account)

    def usage(self) -> dict[str, Any]:
        """Return the tokens and the cost of all calls; null if unknown."""
        counts = ("input_tokens", "output_tokens", "thought_tokens", "cached_tokens")
        return {**{name: getattr(self, name) for name in counts}, "cost": self.cost}
