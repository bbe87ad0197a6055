"""Browsers that are told while no page is open, each as long as its sign-in lasts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0060_further_teams'),
        ('usersessions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='target',
            name='session',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='usersessions.usersession'),
        ),
        migrations.AlterField(
            model_name='target',
            name='form',
            field=models.CharField(choices=[('feishu', 'Feishu'), ('wecom', 'WeCom'), ('dingtalk', 'DingTalk'), ('slack', 'Slack, or takes its form'), ('webhook', 'Webhook'), ('mail', 'Mail'), ('push', 'Browser')], max_length=10),
        ),
    ]
