"""One list of checks: all who must report a fault do, and "in order" covers only what was checked."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests
from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from chatsite.health import checks
from chatsite.models import Pulse
from conversations import readiness as module
from conversations.accounts.second_factor import EncryptedMFAAdapter
from conversations.models import Membership, Team, User
from conversations.readiness import Readiness
from conversations.reporting import dashboard
from providers.checks import By, asked, findings
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import Cast
from tests.faults.chatterbox import Chatterbox
from tests.faults.conftest import chatterbox as chatterbox
from tests.faults.real_site import RealSite
from tests.shell import inside

BASE = Path(__file__).resolve().parent.parent
BREAK = """
bare = Endpoint.objects.create(name="Bare", wire="openai", base_url="https://bare.example/v1")
idle = Endpoint.objects.create(name="Idle", wire="openai", base_url="https://idle.example/v1")
ApiKey.objects.create(endpoint=idle, name="never", secret="sk-never-used-by-us-")
LanguageModel.objects.create(name="Nobody's")
Team.objects.create(name="Leaderless")
from django.test import Client
browser = Client(headers={"host": "127.0.0.1"})
browser.force_login(User.objects.get(username="admin"))
"""
SENTENCES = (
    "Bare has no key that is switched on.",
    "Idle never •••• can never be used: its endpoint serves no model that fits it.",
    "Nothing serves Nobody's: no endpoint with a key that fits is switched on.",
    "Leaderless has no lead who can sign in.",
    "Locked keys: 2. CHATSITE_ENCRYPTION_KEYS does not hold what sealed them: ",
)


@pytest.fixture
def site(chatterbox: Chatterbox, tmp_path: Path) -> Iterator[RealSite]:
    site = RealSite(tmp_path, chatterbox.vendor)
    yield site
    site.close()


def test_whoever_must_say_it_says_each(site: RealSite) -> None:
    """A real site with five things wrong: its start, its overview and `doctor`, each in a process of its own."""
    session = inside(site.environment, BREAK, "browser.cookies['sessionid'].value")
    site.environment["CHATSITE_ENCRYPTION_KEYS"] = "A" * 43
    site.start()
    page = requests.get(f"{site.address}/admin/", cookies={"sessionid": session}, timeout=30).text
    run = [sys.executable, str(BASE / "manage.py"), "doctor"]
    doctor = subprocess.run(run, env=site.environment, capture_output=True, text=True)
    assert doctor.returncode == 1
    plain = page.replace("&#x27;", "'")
    for sentence in SENTENCES:
        assert f"WARNING: {sentence}" in site.complaints()
        assert sentence in plain
        assert any(line.startswith("WRONG") and sentence in line for line in doctor.stdout.splitlines()), doctor.stdout
    assert requests.get(f"{site.address}/readyz", timeout=30).json() == {"status": "ok", "version": "0.1.0"}


def test_doctor_says_what_it_looked_at(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHATSITE_ORIGINS = ["https://chat.example"]
    monkeypatch.setenv("CHATSITE_ORIGINS", "https://chat.example")
    said = checks.environment()
    assert isinstance(said, str)
    assert f"{settings.CHATSITE_DATA}, https://chat.example" in said
    monkeypatch.delenv("CHATSITE_ORIGINS")
    settings.CHATSITE_ORIGINS = ["http://localhost:8000"]
    found = checks.environment()
    assert not isinstance(found, str)
    assert "http://localhost:8000" in found[0].text
    assert "CHATSITE_ORIGINS is not set in this terminal" in found[0].detail
    assert not found[0].is_grave


# --- Keys, models, teams --------------------------------------------------------------------------------------------


def texts(by: By = By.OVERVIEW) -> list[str]:
    return [str(finding.text) for finding in findings(by)]


@pytest.fixture
def crew(model: LanguageModel, cast: Cast) -> Team:
    """Reserve the model and the key for the crew alone."""
    cast.team.models.add(model)
    cast.team.api_keys.add(ApiKey.objects.get())
    return cast.team


def test_a_key_and_a_model_of_one_team_fit(crew: Team) -> None:
    assert texts() == []


def test_a_key_and_a_model_of_different_teams_serve_nobody(crew: Team, cast: Cast) -> None:
    other = Team.objects.create(name="Other")
    Membership.objects.create(team=other, user=cast.carol, role="lead")
    ApiKey.objects.get().teams.set([other])
    assert len(texts()) == 2
    assert any("can never be used" in text for text in texts())
    assert any("Nothing serves parrot" in text for text in texts())


@pytest.mark.parametrize("row", [ApiKey, Deployment, LanguageModel, Endpoint])
def test_what_is_switched_off_on_the_way_is_found(crew: Team, row: Any) -> None:
    row.objects.update(enabled=False)
    silent = row in (LanguageModel, Endpoint)
    found = texts()
    assert ("Nothing serves parrot" in " ".join(found)) is (row is not LanguageModel)
    assert ("can never be used" in " ".join(found)) is (row in (Deployment, LanguageModel)), "who is off, is off"
    assert found or silent


def test_a_lead_who_was_deactivated_leads_nobody(cast: Cast, model: LanguageModel) -> None:
    assert texts() == []
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    assert texts() == ["Crew has no lead who can sign in."]


def test_a_second_factor_that_no_key_opens_is_counted(cast: Cast, model: LanguageModel, settings: Any) -> None:
    Authenticator.objects.create(
        user=cast.bob, type="totp", data={"secret": EncryptedMFAAdapter().encrypt("JBSWY3DPEHPK3PXP")}
    )
    assert texts() == []
    settings.CHATSITE_ENCRYPTION_KEYS = ["A" * 43]
    assert texts()[0].startswith("Locked keys: 2.")  # the key of the model, and the factor


# --- The overview ---------------------------------------------------------------------------------------------------


def test_a_site_without_a_model_is_not_said_to_be_in_order(cast: Cast, static_files: None, client: Client) -> None:
    client.force_login(cast.alice)
    page = client.get("/admin/").content.decode()
    assert "There is no model yet, so nobody can ask anything" in page
    assert "In order:" not in page


def test_in_order_is_said_of_what_one_may_see(
    cast: Cast, model: LanguageModel, static_files: None, client: Client
) -> None:
    client.force_login(cast.alice)
    page = client.get("/admin/").content.decode()
    names = "database, version, Redis, websockets, disk, clock, authorities, keys, protocols, models, teams, budgets,"
    assert f"In order: {names}" in page
    assert "keys" not in dashboard.looked_at(cast.bob)
    assert {"disk", "websockets"} <= set(dashboard.looked_at(cast.bob))


def test_all_that_start_asks_the_overview_asks_and_doctor_too() -> None:
    everyday = {check.name for check in asked(By.START)}
    assert everyday <= {check.name for check in asked(By.OVERVIEW)}
    assert everyday - {"Redis"} <= {check.name for check in asked(By.DOCTOR)}, "that one it asks by itself"
    assert {check.name for check in asked(By.READY)} <= {check.name for check in asked(By.DOCTOR)}


# --- Readiness ------------------------------------------------------------------------------------------------------


@pytest.fixture
def readiness(cast: Cast, static_files: None, monkeypatch: pytest.MonkeyPatch) -> Readiness:
    """Return the readiness of a new process, which has run no check yet."""
    fresh = Readiness()
    monkeypatch.setattr("conversations.views.site.readiness", fresh)
    monkeypatch.setattr("conversations.reporting.dashboard.readiness", fresh)
    return fresh


def ready() -> tuple[int, str]:
    response = Client().get("/readyz")
    return response.status_code, response.json().get("code", "")


def said_by_overview_and_doctor(sentence: str, viewer: User) -> bool:
    concerns = [str(concern.text) for concern in dashboard.concerns(viewer)]
    doctor = [str(finding.text) for check in asked(By.DOCTOR) for finding in check.answer()[1]]
    return all(any(sentence in text for text in texts) for texts in (concerns, doctor))


def test_with_migrations_that_wait_it_is_not_ready(readiness: Readiness, cast: Cast) -> None:
    row = MigrationRecorder.Migration.objects.filter(app="conversations", name="0010_under_way")
    key = row.get().pk
    row.update(name="0010_of_another_branch")
    try:
        assert ready() == (503, "migrations_waiting")
        assert said_by_overview_and_doctor("Migrations are waiting", cast.alice)
    finally:
        MigrationRecorder.Migration.objects.filter(pk=key).update(name="0010_under_way")


def test_beside_a_newer_process_the_older_serves_on_and_says_so(readiness: Readiness, cast: Cast) -> None:
    applied = MigrationRecorder(connection)
    applied.record_applied("conversations", "9999_x")
    try:
        assert ready() == (200, ""), "an upgrade of one process after the other has no pause"
        assert said_by_overview_and_doctor("The database is of a newer version", cast.alice)
    finally:
        applied.record_unapplied("conversations", "9999_x")


def test_who_asks_without_end_writes_one_row_a_second(readiness: Readiness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_SECONDS", 3600.0)
    assert ready() == (200, "")
    first = Pulse.objects.get().at
    assert {ready() for _ in range(20)} == {(200, "")}
    assert Pulse.objects.get().at == first
    monkeypatch.setattr(module, "KEPT_SECONDS", 0.0)
    assert ready() == (200, "")
    assert Pulse.objects.get().at > first


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="of PostgreSQL see tests/faults/test_s_database.py")
def test_a_database_that_another_holds_is_not_ready_in_time(readiness: Readiness) -> None:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = monotonic()
        asking = [threading.Thread(target=ready) for _ in range(5)]
        for thread in asking:
            thread.start()
        assert ready() == (503, "database_slow")
        for thread in asking:
            thread.join()
        assert monotonic() - begun < 5 * module.ANSWER_SECONDS
        again = monotonic()
        assert ready() == (503, "database_slow"), "at once: the look is still under way"
        assert monotonic() - again < module.ANSWER_SECONDS
        other.rollback()
    look = readiness._look
    assert look
    look.result(20)
    assert readiness.findings() == [], "it passes by itself"
