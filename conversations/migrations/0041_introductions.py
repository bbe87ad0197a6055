
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0040_prompts'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='about_me',
            field=models.TextField(blank=True, editable=False, verbose_name='what models know of them'),
        ),
        migrations.AddField(
            model_name='user',
            name='address_as',
            field=models.CharField(blank=True, editable=False, max_length=120, verbose_name='how models address them'),
        ),
    ]
