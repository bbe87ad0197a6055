"""The rows of the access matrix."""

from typing import Any

import pytest
from django.core.cache import cache

from tests.authorisation import admin_table
from tests.authorisation.world import World, build


@pytest.fixture
def world(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    # It writes from another thread, and all requests here are inside one transaction.
    monkeypatch.setattr("conversations.readiness.Readiness.findings", lambda _: [])
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    cache.clear()
    made = build()
    made.targets |= {**admin_table.targets(made), "": {}, "key": {"key": "none", "uidb36": "1"}}
    return made


@pytest.fixture
def soak(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--soak"))
