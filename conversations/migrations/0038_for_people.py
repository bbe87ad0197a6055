"""Messages that no model was asked, and other words at the team's switch."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0037_short_pending_list'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='for_people',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='team',
            name='names_speakers',
            field=models.BooleanField(
                default=False,
                help_text="Each person's words reach the model with their name, also while only one person writes.",
                verbose_name='tell the model who speaks',
            ),
        ),
    ]
