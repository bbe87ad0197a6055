"""Changes of prices, with the day from which they hold."""

import django.db.models.deletion
import providers.clock
import providers.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0024_key_balances'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PriceChange',
            fields=[
                ('id', models.UUIDField(default=providers.models.fields.new_id, editable=False, primary_key=True, serialize=False)),
                ('holds_from', models.DateField(verbose_name='holds from')),
                ('prices', models.JSONField(verbose_name='prices')),
                ('source', models.CharField(max_length=300, verbose_name='source')),
                ('created_at', models.DateTimeField(default=providers.clock.now, editable=False)),
                ('applied_at', models.DateTimeField(editable=False, null=True)),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deployment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='price_changes', to='providers.deployment', verbose_name='model at a vendor')),
            ],
            options={
                'verbose_name': 'price change',
                'verbose_name_plural': 'price changes',
                'ordering': ['-holds_from', '-created_at'],
                'default_permissions': (),
                'indexes': [models.Index(fields=['applied_at', 'holds_from'], name='providers_p_applied_b9f748_idx')],
            },
        ),
    ]
