"""The search index: an entry for each ended message and each title, and the words by which it is found."""

from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler

from conversations.models.conversation import Conversation
from conversations.models.message import Message
from conversations.models.people import User
from providers.models import LanguageModel


class SearchEntry(models.Model):
    """A message in the index or, without one, the title of a conversation; deleted with it, and its words too."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="search_entries")
    message = models.OneToOneField(Message, models.CASCADE, null=True, related_name="search_entry")
    scope = models.UUIDField(null=True)
    """The scope of its conversation, which its words name too; null for an entry of an older version."""
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """The writer of a question, or the owner of a title; null for a reply."""
    model = models.ForeignKey(LanguageModel, models.SET_NULL, null=True, related_name="+")
    model_name = models.CharField(max_length=200, blank=True)
    has_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    length = models.PositiveIntegerField(default=0)
    """Characters of its text."""
    version = models.PositiveSmallIntegerField()
    """The version of the rules by which its words were made."""

    conversation_id: UUID
    message_id: UUID | None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(message=None), name="one_entry_a_title")
        ]
        indexes = [models.Index(fields=["scope", "id"], name="entries_of_a_scope")]


class WordsField(models.TextField):  # type: ignore[type-arg]
    """All words of an entry: a `tsvector`, or the hidden column of an FTS5 table, which has the table's name."""


@WordsField.register_lookup
class Matches(models.Lookup):  # type: ignore[type-arg]
    """The index's own search: `index__words__matches=` an expression in the syntax of this database."""

    lookup_name = "matches"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        left, given = self.process_lhs(compiler, connection)
        condition = "{} @@ %s::tsquery" if connection.vendor == "postgresql" else "{} MATCH %s"
        return condition.format(left), (*given, self.rhs)


class HasWords(models.Lookup):  # type: ignore[type-arg]
    """The same on PostgreSQL for many entries: `id__has_words=` a tsquery.

    The array is filled first, by the index of words alone; then comes all else that is asked of entries.
    """

    lookup_name = "has_words"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        left, given = self.process_lhs(compiler, connection)
        found = "SELECT rowid FROM conversations_searchindex WHERE conversations_searchindex @@ %s::tsquery"
        return f"{left} = ANY (ARRAY({found}))", (*given, self.rhs)


SearchEntry._meta.get_field("id").register_lookup(HasWords)


class SearchIndex(models.Model):
    """The words of the entries, in a table of the migration's own; the database deletes them with their entry."""

    entry = models.OneToOneField(
        SearchEntry, models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="index"
    )
    words = WordsField(db_column="conversations_searchindex")

    class Meta:
        managed = False
        db_table = "conversations_searchindex"
