import conversations.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0039_document_text'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='prompt',
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='team',
            name='members_publish',
            field=models.BooleanField(default=False, help_text='Otherwise they propose prompts, and leads publish them.', verbose_name='members publish prompts'),
        ),
        migrations.CreateModel(
            name='Prompt',
            fields=[
                ('id', models.UUIDField(default=conversations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('text', models.TextField(max_length=20000, verbose_name='text')),
                ('variables', models.JSONField(blank=True, default=list, verbose_name='variables')),
                ('initials', models.CharField(blank=True, editable=False, max_length=120)),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='prompts', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='prompts', to='conversations.team', verbose_name='team')),
                ('updated_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'prompt',
                'verbose_name_plural': 'prompts',
            },
        ),
        migrations.CreateModel(
            name='PromptVersion',
            fields=[
                ('id', models.UUIDField(default=conversations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(null=True)),
                ('name', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('variables', models.JSONField(default=list)),
                ('size', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prompt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='conversations.prompt')),
            ],
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.CheckConstraint(condition=models.Q(('owner', None), ('team', None), _connector='OR'), name='one_place_a_prompt'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(fields=('prompt', 'number'), name='one_prompt_version_a_number'),
        ),
        migrations.AddConstraint(
            model_name='promptversion',
            constraint=models.UniqueConstraint(condition=models.Q(('number', None)), fields=('prompt', 'author'), name='one_proposal_a_person'),
        ),
    ]
