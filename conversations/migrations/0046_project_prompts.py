import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0045_cache_writes'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='prompt',
            name='one_place_a_prompt',
        ),
        migrations.AddField(
            model_name='prompt',
            name='project',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='prompts', to='conversations.project', verbose_name='project'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner', None), ('team', None)), models.Q(('owner', None), ('project', None)), models.Q(('project', None), ('team', None)), _connector='OR'), name='one_place_a_prompt'),
        ),
    ]
