"""The price of input that is written to a vendor's cache, and other words at the base URL."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0022_prices_of_calls'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='written_price',
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Of a million tokens, in the site's currency.",
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name='price of input written to a cache',
            ),
        ),
        migrations.AlterField(
            model_name='endpoint',
            name='base_url',
            field=models.CharField(
                help_text="It ends where /chat/completions, /responses, /v1beta or /v1/messages begins. "
                "Changing it removes the endpoint's keys.",
                max_length=500,
                verbose_name='base URL',
            ),
        ),
    ]
