"""The price of a call, and the exchange rate of a vendor's money."""

from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0021_deployments_own_wire'),
    ]

    operations = [
        migrations.AddField(
            model_name='deployment',
            name='call_price',
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Of each call, in the site's currency, beside its tokens.",
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name='price of a call',
            ),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='exchange_rate',
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="One unit of the vendor's money in the site's currency. "
                'Prices and balances are converted with it.',
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal('0.000001'))],
                verbose_name='exchange rate',
            ),
        ),
    ]
