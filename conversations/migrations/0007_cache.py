from django.core.management import call_command
from django.db import migrations


def create_table(apps, schema_editor):
    call_command("createcachetable", "chatsite_cache", database=schema_editor.connection.alias, verbosity=0)


def drop_table(apps, schema_editor):
    schema_editor.execute("DROP TABLE chatsite_cache")


class Migration(migrations.Migration):
    """The cache table, which holds the rate limits' counts on a site without Redis."""

    dependencies = [("conversations", "0006_spending")]

    operations = [migrations.RunPython(create_table, drop_table)]
