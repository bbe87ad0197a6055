"""A short list of words that PostgreSQL has not sorted into the search index: each search reads all of it."""

from django.db import migrations

SHORT = 'ALTER INDEX conversations_searchindex_words SET (gin_pending_list_limit = 256)'
USUAL = 'ALTER INDEX conversations_searchindex_words RESET (gin_pending_list_limit)'


def shorten(_apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(SHORT)


def lengthen(_apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(USUAL)


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0036_search_scopes'),
    ]

    operations = [
        migrations.RunPython(shorten, lengthen),
    ]
