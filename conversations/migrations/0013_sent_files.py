from django.db import migrations, models


def note_what_was_sent(apps, schema_editor):
    File = apps.get_model("conversations", "File")
    held = apps.get_model("conversations", "Message").files.through.objects.values("file")
    File.objects.filter(pk__in=held).update(was_sent=True)


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0012_address_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="file",
            name="was_sent",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunPython(note_what_was_sent, migrations.RunPython.noop, elidable=True),
    ]
