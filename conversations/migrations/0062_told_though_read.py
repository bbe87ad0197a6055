"""Tell a team's places of news that its person read at once, but not of what was read long ago."""

from django.db import migrations, models
from django.db.models import F, Q


def count_as_told(apps, schema_editor):
    rows = apps.get_model('conversations', 'Notification').objects.filter(told_at=None).exclude(read_at=None)
    rows.update(told_at=F('read_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0061_browsers_as_targets'),
    ]

    operations = [
        migrations.RunPython(count_as_told, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex(model_name='notification', name='notifications_untold'),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=Q(('told_at', None)), fields=['created_at'], name='notifications_to_tell'),
        ),
    ]
