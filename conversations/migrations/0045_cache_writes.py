"""The tokens of a call that its vendor wrote to a cache."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0044_verified_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='usagerecord',
            name='written_tokens',
            field=models.PositiveBigIntegerField(null=True, verbose_name='written to cache'),
        ),
    ]
