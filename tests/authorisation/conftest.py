"""The rows of the access matrix."""

from functools import cache as kept
from typing import Any

import pytest
from django.core.cache import cache
from ninja import NinjaAPI

from conversations.api import api
from tests.authorisation import admin_table
from tests.authorisation.world import World, build


@pytest.fixture
def world(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    # It writes from another thread, and all requests here are inside one transaction.
    monkeypatch.setattr("conversations.readiness.Readiness.findings", lambda _: [])
    monkeypatch.setattr(api, "get_openapi_schema", lambda **_: _schema())
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    cache.clear()
    made = build()
    made.targets |= {**admin_table.targets(made), "": {}, "key": {"key": "none", "uidb36": "1"}}
    return made


@kept
def _schema() -> Any:
    """Return the API's description, which is the same for every role and takes long to make."""
    return NinjaAPI.get_openapi_schema(api, path_params={})


@pytest.fixture
def soak(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--soak"))
