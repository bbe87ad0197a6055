"""The search index. SQLite drops the trigger when a later migration recreates the table of entries: create it again."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import conversations.models.search_entry

INDEX = {
    'sqlite': [
        """
        CREATE VIRTUAL TABLE conversations_searchindex USING fts5 (
            words, detail = none, columnsize = 0,
            tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\\]^_`{|}~'"
        )
        """,
        """
        CREATE TRIGGER search_words_go_with_their_entry AFTER DELETE ON conversations_searchentry
        BEGIN DELETE FROM conversations_searchindex WHERE rowid = old.id; END
        """,
    ],
    'postgresql': [
        """
        CREATE TABLE conversations_searchindex (
            rowid bigint PRIMARY KEY REFERENCES conversations_searchentry (id)
                ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            conversations_searchindex tsvector NOT NULL
        )
        """,
        'CREATE INDEX conversations_searchindex_words ON conversations_searchindex USING gin (conversations_searchindex)',
    ],
}
NO_INDEX = {
    'sqlite': ['DROP TRIGGER search_words_go_with_their_entry', 'DROP TABLE conversations_searchindex'],
    'postgresql': ['DROP TABLE conversations_searchindex'],
}


def create(_apps, schema_editor):
    for statement in INDEX[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


def drop(_apps, schema_editor):
    for statement in NO_INDEX[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0023_appearance'),
        ('providers', '0018_words_of_the_page'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('model_name', models.CharField(blank=True, max_length=200)),
                ('has_file', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('length', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveSmallIntegerField()),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='search_entries', to='conversations.conversation')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='search_entry', to='conversations.message')),
                ('model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='providers.languagemodel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('message', None)), fields=('conversation',), name='one_entry_a_title')],
            },
        ),
        migrations.CreateModel(
            name='SearchIndex',
            fields=[
                ('entry', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='index', serialize=False, to='conversations.searchentry')),
                ('words', conversations.models.search_entry.WordsField(db_column='conversations_searchindex')),
            ],
            options={
                'db_table': 'conversations_searchindex',
                'managed': False,
            },
        ),
        migrations.RunPython(create, drop),
    ]
