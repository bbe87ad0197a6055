"""The audit log: what is written with a change, that it only grows, and that it holds no secret."""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from conversations.models import Budget, Membership, Team, UsageRecord, User
from providers import clock
from providers.audit import log
from providers.audit.admin import AuditedAdmin
from providers.audit.log import Act
from providers.csv_table import in_batches
from providers.endpoints import adding
from providers.models import ApiKey, AuditEntry, Deployment, Endpoint, LanguageModel, Trouble
from tests.conftest import CANARY, PASSWORD, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import NEW_KEY, alice, endpoint, form, more_keys, page, save
from tests.providers.test_admin import _request_of_superuser
from tests.providers.test_endpoint_pages import reachable, staff

__all__ = ["alice", "endpoint", "reachable"]
ADDRESS = "127.0.0.1"

pytestmark = pytest.mark.usefixtures("static_files")


def told() -> list[tuple[str, str, str, str]]:
    """Return (actor, act, kind, subject) of each entry, the oldest first."""
    rows = AuditEntry.objects.order_by("id")
    return [(row.actor_name, row.act, row.subject_type.partition(".")[2], row.subject_name) for row in rows]


def the_last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


@pytest.fixture(autouse=True)
def _holds_no_secret(transactional_db: None) -> Iterator[None]:
    yield
    written = repr([(*row.values(),) for row in AuditEntry.objects.values()])
    for secret in (CANARY, NEW_KEY, PASSWORD, "sealed1:", "scrypt$", "md5$"):
        assert secret not in written


# --- It only grows -------------------------------------------------------------------------------------------------


def test_it_only_grows(cast: Cast) -> None:
    log.added(cast.alice, cast.team)
    entry = the_last()
    entry.actor_name = "somebody else"
    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(act="x")):
        with pytest.raises(TypeError):
            act()
    for statement in (
        "UPDATE providers_auditentry SET actor_name = 'x'",
        "DELETE FROM providers_auditentry",
        f"INSERT INTO providers_auditentry SELECT * FROM providers_auditentry WHERE id = {entry.pk}",
        *_OF_THIS_DATABASE[connection.vendor],
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEntry.objects.get().actor_name == "alice"


_OF_THIS_DATABASE = {
    "sqlite": ["REPLACE INTO providers_auditentry SELECT * FROM providers_auditentry"],
    "postgresql": ["TRUNCATE providers_auditentry"],
}


def test_who_is_deleted_is_still_named(cast: Cast) -> None:
    key = cast.carol.pk
    log.added(cast.carol, cast.team)
    cast.carol.delete()
    assert (the_last().actor_name, the_last().actor_id) == ("carol", key)


def test_what_fails_is_not_noted(cast: Cast) -> None:
    def fail() -> None:
        with log.watch(cast.alice, Team.objects.all()):
            Team.objects.update(name="Other")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not AuditEntry.objects.exists()
    assert Team.objects.get().name == "Crew"


# --- The admin -----------------------------------------------------------------------------------------------------


def test_every_page_that_changes_something_is_audited() -> None:
    others = [pages for pages in admin.site._registry.values() if not isinstance(pages, AuditedAdmin)]
    assert {pages.model for pages in others} == {AuditEntry, UsageRecord}
    request = _request_of_superuser()
    for pages in others:
        may = (pages.has_add_permission, pages.has_change_permission, pages.has_delete_permission)
        assert not any(one(request) for one in may)


def test_an_endpoint_and_its_key_are_noted_when_they_are_added(alice: Client) -> None:
    fields = form(alice.get(page(Endpoint, "add"))) | {"name": "New", "wire": "openai", "headers": '{"X-Team": "t0p"}'}
    fields |= {"base_url": "https://vendor.example/v1"}
    save(alice, page(Endpoint, "add"), more_keys(fields, new_key=CANARY, enabled="on", name="first"))
    assert told() == [
        ("alice", "added", "endpoint", "New"),
        ("alice", "added", "apikey", "New ••••nary"),
    ]
    endpoint, key = AuditEntry.objects.order_by("id")
    assert (endpoint.actor.username, endpoint.address) == ("alice", ADDRESS)
    assert endpoint.after["base_url"] == "https://vendor.example/v1"
    assert "t0p" not in str(endpoint.after)
    assert key.after["secret"] == f"••••nary #{ApiKey.objects.get().fingerprint[:8]}"


def test_a_change_tells_before_and_after_of_what_differs(alice: Client, endpoint: Endpoint) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    save(alice, address, form(alice.get(address)) | {"headers": "{}", "silence_seconds": "7"})
    assert told() == [("alice", "changed", "endpoint", "Ours")]
    assert (the_last().before, the_last().after) == ({"silence_seconds": 60}, {"silence_seconds": 7})
    assert the_last().subject == str(endpoint.pk)
    history = alice.get(reverse("admin:providers_endpoint_history", args=[endpoint.pk]), follow=True)
    assert [entry.subject for entry in history.context["cl"].result_list] == [str(endpoint.pk)]


def test_what_changes_nothing_is_not_noted(alice: Client, endpoint: Endpoint) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    save(alice, address, form(alice.get(address)) | {"headers": "{}"})
    alice.post(address, form(alice.get(address)) | {"headers": "[]", "silence_seconds": "7"})
    alice.post(page(Endpoint, "change", "no-id"), {})
    assert told() == []


def test_a_key_that_is_replaced_is_told_by_its_fingerprint(alice: Client, endpoint: Endpoint) -> None:
    address = page(ApiKey, "change", endpoint.keys.get().pk)
    save(alice, address, form(alice.get(address)) | {"new_key": NEW_KEY})
    assert told() == [("alice", "changed", "apikey", "Ours ••••wxyz")]
    assert the_last().before["secret"].startswith("••••nary #")
    assert the_last().after["secret"].startswith("••••wxyz #")


def test_keys_that_go_with_an_address_are_noted(alice: Client, endpoint: Endpoint) -> None:
    endpoint.deployments.update(learnt=["no:temperature"])
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address)) | {"base_url": "https://other.example/v1", "headers": "{}"}
    save(alice, address, fields)
    assert [(act, kind) for _who, act, kind, _what in told()] == [
        ("changed", "endpoint"),
        ("removed", "apikey"),
        ("changed", "deployment"),
    ]


def test_what_is_deleted_is_noted_with_what_goes_along(alice: Client, endpoint: Endpoint) -> None:
    alice.post(page(Endpoint, "delete", endpoint.pk), {"post": "yes"})
    assert [(act, kind) for _who, act, kind, _what in told()] == [
        ("removed", "endpoint"),
        ("removed", "apikey"),
        ("removed", "deployment"),
    ]


def test_what_is_deleted_from_a_list_is_noted(alice: Client, cast: Cast) -> None:
    rows = [Budget.objects.create(kind="person", period=period, hard=5) for period in ("day", "month")]
    picked = {"action": "delete_selected", "post": "yes", "_selected_action": [row.pk for row in rows]}
    alice.post(page(Budget, "changelist"), picked)
    assert {(act, kind) for _who, act, kind, _what in told()} == {("removed", "budget")}
    assert AuditEntry.objects.count() == 2
    assert the_last().before["hard"] == "5.000000"


def test_what_the_pool_left_alone_and_somebody_put_back_is_noted(alice: Client, endpoint: Endpoint) -> None:
    from providers import clock

    row = Trouble.objects.create(subject=endpoint.pk, code="x", text="y", since=clock.now(), cooling_until=clock.now())
    alice.post(page(Trouble, "delete", row.pk), {"post": "yes"})
    assert told() == [("alice", "removed", "trouble", "x: y")]


def test_what_a_team_may_use_alone_is_noted(alice: Client, cast: Cast, endpoint: Endpoint) -> None:
    for row, field, name in (
        (LanguageModel.objects.get(), "models", "parrot"),
        (ApiKey.objects.get(), "api_keys", "Ours"),
    ):
        address = page(type(row), "change", row.pk)
        save(alice, address, form(alice.get(address)) | {"teams": [str(cast.team.pk)]})
        assert told()[0] == ("alice", "changed", "team", "Crew")
        (given,) = the_last().after[field]
        assert given.startswith(name)


def test_places_in_a_team_are_noted(alice: Client, cast: Cast) -> None:
    address = page(Team, "change", cast.team.pk)
    fields = form(alice.get(address)) | {"system_prompt": "Be brief."}
    places = {fields[f"memberships-{row}-user"]: row for row in range(3)}
    fields |= {f"memberships-{places[cast.bob.pk]}-role": "reader", f"memberships-{places[cast.rita.pk]}-DELETE": "on"}
    save(alice, address, fields)
    assert told() == [
        ("alice", "changed", "team", "Crew"),
        ("alice", "changed", "membership", "bob · Crew"),
        ("alice", "removed", "membership", "rita · Crew"),
    ]
    team, bob, _rita = AuditEntry.objects.order_by("id")
    assert (team.before, team.after) == ({"system_prompt": ""}, {"system_prompt": "Be brief."})
    assert (bob.before, bob.after) == ({"role": "member"}, {"role": "reader"})


def test_a_person_is_followed_from_coming_to_being_switched_off(alice: Client, cast: Cast) -> None:
    words = {"username": "dora", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    save(alice, page(User, "add"), words)
    dora = User.objects.get(username="dora")
    address = page(User, "change", dora.pk)
    group = Group.objects.create(name="Accountants")
    fields = {name: value for name, value in form(alice.get(address)).items() if name not in ("password", "is_active")}
    fields |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "groups": [str(group.pk)]}
    save(alice, address, {name: value for name, value in fields.items() if value != ""})
    assert told() == [("alice", "added", "user", "dora"), ("alice", "changed", "user", "dora")]
    assert {"is_active": False, "groups": ["Accountants"]}.items() <= the_last().after.items()


def test_a_new_password_is_noted_and_not_told(cast: Cast) -> None:
    with log.watch(cast.alice, User.objects.filter(pk=cast.bob.pk)):
        cast.bob.set_password("another long passphrase")
        cast.bob.save()
    assert told() == [("alice", "changed", "user", "bob")]
    assert set(the_last().after) == {"password"}
    assert len(the_last().after["password"]) == 9


def test_fields_that_hold_a_secret_are_known_to_the_log() -> None:
    """A new one must be sealed, or named where the log leaves it out."""
    words = ("secret", "digest", "pass", "hash", "token", "seed")
    named = {
        field.name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if any(word in field.name for word in words) and field.editable and model._meta.app_label != "sessions"
        if field.get_internal_type() in ("CharField", "TextField", "BinaryField")
    }
    assert named - {"secret", "body_hash"} == {"digest", "password", "pass_phrase"}


# --- Commands and our own pages ------------------------------------------------------------------------------------


def test_a_command_has_no_actor_and_no_address(cast: Cast, tmp_path: Any, settings: Any) -> None:
    key = tmp_path / "key"
    key.write_text(CANARY)
    call_command("addendpoint", "openai", model=["m"], key_file=key, verbosity=0)
    call_command("rotatekeys")
    who = "manage.py addendpoint"
    assert told() == [
        (who, "added", "endpoint", "OpenAI"),
        (who, "added", "apikey", "OpenAI ••••nary"),
        (who, "added", "deployment", "m @ OpenAI"),
        (who, "added", "languagemodel", "m"),
        ("manage.py rotatekeys", "sealed", "apikey", ""),
    ]
    assert {(entry.actor_id, entry.address) for entry in AuditEntry.objects.all()} == {(None, "")}


def test_a_detection_is_noted_with_what_it_stored(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    Endpoint.objects.update(key_placement="query")
    alice.post(page(Endpoint, "detect", reachable.pk), {"model": "parrot"})
    tested, changed = AuditEntry.objects.order_by("id")
    assert (tested.act, tested.after["stored"]) == (Act.TESTED, True)
    assert (changed.before["key_placement"], changed.after["key_placement"]) == ("query", "bearer")


def test_a_check_from_the_command_line_is_noted(endpoint: Endpoint, reachable: Endpoint) -> None:
    call_command("checkendpoint", "Ours")
    assert told() == [("manage.py checkendpoint", "tested", "endpoint", "Ours")]
    assert the_last().after == {"calls": 1, "working": 1}


def test_models_that_are_picked_are_noted(alice: Client, reachable: Endpoint) -> None:
    alice.post(page(Endpoint, "models", reachable.pk), {"model": ["a"]})
    assert told() == [("alice", "added", "deployment", "a @ Ours"), ("alice", "added", "languagemodel", "a")]


def test_a_key_from_the_first_run_card_is_its_administrators(alice: Client) -> None:
    given = {"preset": "openai", "key": CANARY, "models": "m"}
    assert alice.post(reverse("add-endpoint"), given).status_code == 302
    assert ("alice", "added", "apikey", "OpenAI ••••nary") in told()


def test_an_endpoint_that_is_given_anew_tells_what_is_other(cast: Cast) -> None:
    adding.add_endpoint("openai", models=["m", "n"], key=CANARY, by=cast.alice)
    before = AuditEntry.objects.count()
    adding.add_endpoint("openai", models=["m"], key=NEW_KEY, by=cast.alice)
    assert sorted((act, kind) for _who, act, kind, _what in told()[before:]) == [
        ("added", "apikey"),
        ("changed", "languagemodel"),
        ("removed", "apikey"),
        ("removed", "deployment"),
    ]


def taken_away(client: Client, **query: str) -> list[list[str]]:
    """Return the audit log as CSV, read as the server sends it."""
    response = client.get(reverse("admin:providers_auditentry_csv"), query)

    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return list(csv.reader(io.StringIO(asyncio.run(read()).decode("utf-8-sig"))))


@pytest.mark.parametrize("name", ["usage-csv", "ledger-csv", "admin:providers_auditentry_csv"])
def test_who_took_tables_away_is_noted(alice: Client, name: str) -> None:
    alice.get(reverse(name), {"q": "x"} if "audit" in name else {})
    entry = the_last()
    assert (entry.actor_name, entry.act) == ("alice", "downloaded")
    assert entry.subject_name.endswith(".csv")
    assert entry.after == ({"filter": "q=x"} if "audit" in name else {})


@pytest.mark.parametrize("order", [("-id",), ("created_at", "pk")])
def test_a_table_is_read_a_batch_at_a_time(cast: Cast, order: tuple[str, ...], django_assert_num_queries: Any) -> None:
    at = clock.now()
    entries = [AuditEntry(actor_name=str(number), act="added", created_at=at) for number in range(1201)]
    AuditEntry.objects.bulk_create(entries)
    with django_assert_num_queries(1):
        rows = in_batches(AuditEntry.objects.all(), *order)
        first = [next(rows) for _ in range(500)]
    with django_assert_num_queries(3):
        told = [row.actor_name for row in [*first, *rows]]
    numbers = [str(number) for number in range(1201)]
    assert told == (numbers[::-1] if order == ("-id",) else numbers)


# --- Its page ------------------------------------------------------------------------------------------------------


def test_it_is_read_filtered_and_taken_away(alice: Client, cast: Cast) -> None:
    log.added(cast.bob, cast.team)
    log.note(cast.carol, Act.CHANGED, cast.team, before={"name": "Old"}, after={"name": "=cmd|' /C calc'!A0"})
    for query, there in (("", True), ("?act__exact=changed", True), ("?act__exact=removed", False), ("?q=carol", True),
                         ("?kind=conversations.team", True), ("?kind=providers.apikey", False)):  # fmt: skip
        text = alice.get(page(AuditEntry, "changelist") + query).content.decode()
        assert ("carol" in text.partition('id="result_list"')[2]) is there, query
    rows = taken_away(alice, act__exact="changed")
    assert [row[1] for row in rows] == ["who", "carol"]
    assert rows[1][5:] == ["Crew", str(cast.team.pk), "name: Old", "name: =cmd|' /C calc'!A0"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_formula_in_a_cell_is_a_text(alice: Client, cast: Cast) -> None:
    for name in ("=1+1", "+1", "-1", "@x", "\t=1"):
        log.note(cast.bob, Act.CHANGED, cast.team, name=name)
    rows = taken_away(alice)
    assert [row[5] for row in rows[1:] if row[3] == "changed"] == ["\t'=1", "'@x", "'-1", "'+1", "'=1+1"]


def test_nobody_changes_it_on_its_pages(alice: Client, cast: Cast) -> None:
    log.added(cast.bob, cast.team)
    entry = the_last()
    for kind in ("change", "delete"):
        assert alice.post(page(AuditEntry, kind, entry.pk), {"actor_name": "x", "post": "yes"}).status_code == 403
    assert alice.get(page(AuditEntry, "add")).status_code == 403
    assert alice.get(page(AuditEntry, "change", entry.pk)).status_code == 200


def test_staff_needs_the_permission_to_read_it(cast: Cast) -> None:
    without, allowed = staff(cast, "view_endpoint"), reverse("admin:providers_auditentry_csv")
    assert without.get(allowed).status_code == without.get(page(AuditEntry, "changelist")).status_code == 403
    assert staff(cast, "view_auditentry").get(allowed).status_code == 200


def test_every_label_speaks_the_readers_language(cast: Cast, endpoint: Endpoint) -> None:
    rows = [cast.team, cast.bob, endpoint, endpoint.keys.get(), Membership.objects.first(), Deployment.objects.get()]
    for row in rows:
        log.note(cast.alice, Act.ADDED, row, after=log.loggable_values(row))
    with translation.override("zh-hans"):
        labels = {label for entry in AuditEntry.objects.all() for label, _old, _new in entry.changes()}
        kinds = {entry.kind for entry in AuditEntry.objects.all()}
    assert {label for label in labels if label.isascii()} <= {"alt=sse", "snake_case"}
    assert not any(kind.isascii() for kind in kinds)
