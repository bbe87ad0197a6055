"""What was answered to a command, so that the same command again does nothing twice."""

from datetime import timedelta

from django.db import models

from conversations.models.people import User

KEPT = timedelta(days=30)


class Receipt(models.Model):
    """The first ack of one person's command, under the id that the client chose."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    command_id = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    ack = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "command_id"], name="one_receipt_a_command")]
