"""The balances of keys, as their vendors told them."""

import django.db.models.deletion
import providers.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0023_cache_write_price'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyBalance',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='balance', serialize=False, to='providers.apikey')),
                ('fingerprint', models.CharField(blank=True, max_length=32)),
                ('is_told', models.BooleanField(default=False)),
                ('left', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('currency', models.CharField(blank=True, max_length=8)),
                ('asked_at', models.DateTimeField(default=providers.clock.now)),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
