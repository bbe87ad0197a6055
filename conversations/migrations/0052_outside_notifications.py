"""Whether people may be told outside what happens."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0051_passages'),
    ]

    operations = [
        migrations.AddField(
            model_name='installation',
            name='tells_outside',
            field=models.BooleanField(db_default=True, default=True, help_text='People and leads of teams may name robots of chats and webhooks that are told what happens. This server then calls their addresses: on the open internet, or listed as private hosts of this site and no vendor’s.', verbose_name='robots and webhooks'),
        ),
    ]
