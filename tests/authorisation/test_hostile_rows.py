"""R14: whatever the rows hold that people and vendors write, the administration shows it as text.

Every text field of every row has markup in it; each page of the registry is asked for. What its scripts make of it:
tests/browser/test_torture.py.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import IntegrityError, models, transaction

from tests.authorisation import admin_table
from tests.authorisation.asking import address
from tests.authorisation.roles import R
from tests.authorisation.world import World

HOSTILE = "'\"></script></title><img src=x onerror=window.__xss=1>"
RAW = re.compile(r"<img src=x|'\"></script>")
NOT_OURS = {"password", "digest", "secret", "base_url", "wire", "key_placement", "language", "time_zone", "session_key"}
"""Fields whose values the site makes or checks itself: no other value gets there."""


@pytest.mark.usefixtures("static_files")
def test_r14_the_administration_shows_hostile_rows_as_text(world: World) -> None:
    filled = sum(spoil())
    assert filled > 40, "few fields take text"
    client = world.clients[R.SUPERUSER]
    shown = 0
    for policy in admin_table.policies():
        if policy.method != "GET":
            continue
        for target in policy.allowed:
            where = address(policy.route, world.targets[target]) + policy.query
            answer = client.get(where)
            html = answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming
            text = answer.content.decode() if html else ""
            assert not RAW.search(text), where
            shown += "&lt;img src=x onerror" in text
    assert shown > 20, "few pages show them"


def spoil() -> Iterator[int]:
    """Put markup into the text fields of all rows; yield the rows that took it."""
    for model in admin.site._registry:
        for field in model._meta.concrete_fields:
            if type(field) in (models.CharField, models.TextField) and not field.choices and field.name not in NOT_OURS:
                yield changed(model, field.name, lambda row, size=field.max_length: HOSTILE[: size or None])
            elif isinstance(field, models.JSONField):
                yield changed(model, field.name, lambda _: {HOSTILE: [HOSTILE]})


def changed(model: Any, name: str, value: Any) -> int:
    count = 0
    for row in model._base_manager.all()[:5]:
        if name == "parts" or (name == "username" and row.username == "superuser"):
            continue
        new = value(row)
        for attempt in (new, f"{count}{new}" if isinstance(new, str) else json.dumps(new)):
            try:
                with transaction.atomic():
                    count += model._base_manager.filter(pk=row.pk).update(**{name: attempt})
                break
            except IntegrityError:
                continue
    return count
