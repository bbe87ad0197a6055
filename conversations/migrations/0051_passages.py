"""Passages and their index. SQLite drops the trigger when a later migration recreates their table: create it again."""

import django.db.models.deletion
from django.db import migrations, models

import conversations.models.search_entry

INDEX = {
    'sqlite': [
        """
        CREATE VIRTUAL TABLE conversations_passageindex USING fts5 (
            words, detail = none, columnsize = 0,
            tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\\]^_`{|}~'"
        )
        """,
        """
        CREATE TRIGGER passage_words_go_with_their_passage AFTER DELETE ON conversations_passage
        BEGIN DELETE FROM conversations_passageindex WHERE rowid = old.id; END
        """,
    ],
    'postgresql': [
        """
        CREATE TABLE conversations_passageindex (
            rowid bigint PRIMARY KEY REFERENCES conversations_passage (id)
                ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            conversations_passageindex tsvector NOT NULL
        )
        """,
        """
        CREATE INDEX conversations_passageindex_words ON conversations_passageindex
            USING gin (conversations_passageindex) WITH (gin_pending_list_limit = 256)
        """,
    ],
}
NO_INDEX = {
    'sqlite': ['DROP TRIGGER passage_words_go_with_their_passage', 'DROP TABLE conversations_passageindex'],
    'postgresql': ['DROP TABLE conversations_passageindex'],
}


def create(_apps, schema_editor):
    for statement in INDEX[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


def drop(_apps, schema_editor):
    for statement in NO_INDEX[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0050_notification_targets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('place', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField()),
                ('version', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='projectfile',
            name='is_cut',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='projectfile',
            name='looked_up',
            field=models.BooleanField(db_default=False, default=False, verbose_name='looked up'),
        ),
        migrations.CreateModel(
            name='PassageIndex',
            fields=[
                ('passage', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='index', serialize=False, to='conversations.passage')),
                ('words', conversations.models.search_entry.WordsField(db_column='conversations_passageindex')),
            ],
            options={
                'db_table': 'conversations_passageindex',
                'managed': False,
            },
        ),
        migrations.AddField(
            model_name='passage',
            name='held',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passages', to='conversations.projectfile'),
        ),
        migrations.AddIndex(
            model_name='passage',
            index=models.Index(fields=['version', 'id'], name='passages_of_a_version'),
        ),
        migrations.AddConstraint(
            model_name='passage',
            constraint=models.UniqueConstraint(fields=('held', 'number'), name='one_passage_a_number'),
        ),
        migrations.RunPython(create, drop),
    ]
