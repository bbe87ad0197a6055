"""Targets of notifications outside the site, and deliveries to them."""

import conversations.ids
import django.db.models.deletion
import django.utils.timezone
import providers.encryption.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0049_notifications'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('mention', 'Somebody mentions me'), ('remark', 'Somebody makes a remark for me'), ('reply_ended', 'A reply to me ended while I was away'), ('reply_failed', 'A reply to me failed while I was away'), ('verified_due', 'An answer that I verified is due for review'), ('joined', 'Somebody accepted an invitation'), ('key_refused', 'A vendor refuses a key'), ('budget', 'A budget is nearly used up'), ('endpoint_down', 'An endpoint does not answer'), ('target_off', 'A notification target does not answer'), ('test', 'A test')], max_length=20),
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.UUIDField(default=conversations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('form', models.CharField(choices=[('feishu', 'Feishu'), ('wecom', 'WeCom'), ('dingtalk', 'DingTalk'), ('slack', 'Slack, or takes its form'), ('webhook', 'Webhook'), ('mail', 'Mail')], max_length=10)),
                ('name', models.CharField(max_length=80)),
                ('address', providers.encryption.fields.EncryptedField(blank=True)),
                ('signing', providers.encryption.fields.EncryptedField(blank=True)),
                ('kinds', models.JSONField(default=list)),
                ('with_text', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('is_on', models.BooleanField(default=True, editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('dropped', models.PositiveIntegerField(default=0, editable=False)),
                ('rests_until', models.DateTimeField(editable=False, null=True)),
                ('claimed_until', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='conversations.team')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('kind', models.CharField(choices=[('mention', 'Somebody mentions me'), ('remark', 'Somebody makes a remark for me'), ('reply_ended', 'A reply to me ended while I was away'), ('reply_failed', 'A reply to me failed while I was away'), ('verified_due', 'An answer that I verified is due for review'), ('joined', 'Somebody accepted an invitation'), ('key_refused', 'A vendor refuses a key'), ('budget', 'A budget is nearly used up'), ('endpoint_down', 'An endpoint does not answer'), ('target_off', 'A notification target does not answer'), ('test', 'A test')], max_length=20)),
                ('key', models.CharField(max_length=120)),
                ('about', models.UUIDField(null=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('id', models.UUIDField(default=conversations.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('failed', 'failed'), ('dropped', 'not sent')], default='waiting', max_length=10)),
                ('outcome', models.CharField(blank=True, max_length=60)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('started_at', models.DateTimeField(null=True)),
                ('is_repeated', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation')),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.message')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.team')),
                ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='conversations.target')),
            ],
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person', None), ('team__isnull', False)), models.Q(('person__isnull', False), ('team', None)), _connector='OR'), name='a_target_is_of_one'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['target', 'id'], name='deliveries_of_target'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['target', 'id'], name='deliveries_waiting'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['conversation'], name='deliveries_of_conversation'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('target', 'key'), name='one_delivery_a_thing'),
        ),
    ]
