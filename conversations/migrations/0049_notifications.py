"""Notifications of people."""

import conversations.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0048_remarks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=conversations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('mention', 'Somebody mentions me'), ('remark', 'Somebody makes a remark for me'), ('reply_ended', 'A reply to me ended while I was away'), ('reply_failed', 'A reply to me failed while I was away'), ('verified_due', 'An answer that I verified is due for review'), ('joined', 'Somebody accepted an invitation'), ('key_refused', 'A vendor refuses a key'), ('budget', 'A budget is nearly used up'), ('endpoint_down', 'An endpoint does not answer')], max_length=20)),
                ('key', models.CharField(max_length=120)),
                ('revision', models.PositiveBigIntegerField(null=True)),
                ('about', models.UUIDField(null=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('told_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation')),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.message')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.team')),
            ],
            options={
                'indexes': [models.Index(fields=['conversation', 'person'], name='notifications_in_conversation'), models.Index(fields=['person', 'id'], name='notifications_of_person'), models.Index(condition=models.Q(('read_at', None), ('told_at', None)), fields=['created_at'], name='notifications_untold')],
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='one_notification_a_thing')],
            },
        ),
    ]
