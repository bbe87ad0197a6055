"""The findings of `doctor` when something is wrong; tests/cluster runs it beside a running site."""

import os
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from chatsite.health import checks, doctor
from conversations.models import Conversation
from providers.checks import Sick
from providers.models import Endpoint, LanguageModel
from providers.pool import checks as pool_checks
from tests.canaries import CANARY
from tests.conftest import Cast

Usage = namedtuple("Usage", "total used free")


def test_a_site_at_rest_is_well(cast: Cast) -> None:
    for check in (
        checks.database,
        checks.redis_server,
        pool_checks.encryption_keys,
        checks.disk,
        checks.clock,
    ):
        assert check()


def test_migrations_that_wait(cast: Cast) -> None:
    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    with pytest.raises(Sick, match="Migrations are waiting"):
        checks.database()
    MigrationRecorder.Migration.objects.create(app="sessions", name="0001_initial")


def test_a_redis_that_is_not_there(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(Sick, match="Redis does not answer, see REDIS_URL"):
        checks.redis_server()


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: Usage(2**40, 2**40, 7 * 2**20))
    with pytest.raises(Sick, match="Only 7 MB are free"):
        checks.disk()


def test_a_data_folder_that_cannot_be_written(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.CHATSITE_DATA = tmp_path / "gone"
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: Usage(2**40, 0, 2**40))
    with pytest.raises(Sick, match="cannot be written"):
        checks.disk()


def test_a_clock_that_went_back(cast: Cast) -> None:
    Conversation.objects.create(owner=cast.alice, updated_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(Sick, match="behind what was last written"):
        checks.clock()


def test_keys_that_no_longer_open(model: LanguageModel, settings: Any) -> None:
    settings.CHATSITE_ENCRYPTION_KEYS = ["A" * 43]
    found = pool_checks.encryption_keys()
    assert not isinstance(found, str)
    assert found[0].text.startswith("Locked keys: 1.")


def test_an_endpoint_that_refuses(model: LanguageModel, vendor: Any) -> None:
    vendor.play([401, b"{}"])
    with pytest.raises(Sick, match="Not every key works"):
        doctor.endpoint("parrot by openai")
    assert "works" in doctor.endpoint("parrot by openai")


def test_what_is_looked_at_is_told(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHATSITE_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    assert doctor.settings_given().startswith(
        f"none is given, so these are the defaults; files in {settings.CHATSITE_DATA}"
    )
    monkeypatch.setenv("CHATSITE_SECRET_KEY", CANARY)
    monkeypatch.setenv("DATABASE_URL_FILE", "/etc/url")
    assert doctor.settings_given().startswith("CHATSITE_SECRET_KEY, DATABASE_URL_FILE; files in ")
    assert CANARY not in doctor.settings_given()


def test_an_endpoint_that_is_switched_off_is_not_called(model: LanguageModel) -> None:
    assert "endpoint parrot by openai" in {check.name for check in doctor.checks()}
    Endpoint.objects.update(enabled=False)
    assert "endpoint parrot by openai" not in {check.name for check in doctor.checks()}
