"""Vendors' messages in stored troubles may be about a person's question: only the reasons stay."""

from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import StrIndex, Substr

SAID = " It said: "


def forget_quotes(apps: Any, _schema: object) -> None:
    reason = Substr("text", 1, StrIndex("text", Value(SAID)) - 1)
    apps.get_model("providers", "Trouble").objects.filter(text__contains=SAID).update(text=reason)
    events = apps.get_model("providers", "HealthEvent").objects
    events.filter(kind="cooled", text__contains=SAID).update(text=reason)


class Migration(migrations.Migration):
    dependencies = [("providers", "0013_wire_choices")]

    operations = [migrations.RunPython(forget_quotes, migrations.RunPython.noop, elidable=True)]
