"""Every place that adds or replaces a key gives the same answer: one rule, one entry, one timeline."""

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse

from conversations.models import Team, User
from providers.endpoints import adding
from providers.endpoints import keys as key_rules
from providers.models import ApiKey, AuditEntry, Endpoint
from providers.models.health import HealthEvent
from tests.conftest import CANARY, PASSWORD
from tests.providers.administering import NEW_KEY, form, more_keys, page, proven

OTHER_KEY = "sk-test-stored-here-9876543210"
FORBIDDEN = "https://10.0.0.1/v1"
MALFORMED = "A key is one line of plain ASCII characters without spaces, commas and quotes."
NEEDED = "A key is needed."
TWICE = "This key is stored here already"
PRIVATE = "10.0.0.1 is a private address"
Place = Callable[[Client, Endpoint, str], str]

pytestmark = pytest.mark.usefixtures("static_files")


def post(client: Client, address: str, fields: dict[str, Any]) -> str:
    return client.post(address, fields, follow=True).content.decode()


def by_form(client: Client, endpoint: Endpoint, key: str) -> str:
    return post(client, page(ApiKey, "add"), {"endpoint": str(endpoint.pk), "new_key": key, "enabled": "on"})


def by_inline_row(client: Client, endpoint: Endpoint, key: str) -> str:
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(client.get(address)) | {"headers": "{}"}
    return post(client, address, more_keys(fields, new_key=key, name="another", enabled="on"))


def by_list(client: Client, endpoint: Endpoint, key: str) -> str:
    return post(client, reverse("add-keys", args=[endpoint.pk]), {"keys": key})


def by_list_for_a_team(client: Client, endpoint: Endpoint, key: str) -> str:
    return post(client, reverse("add-keys", args=[endpoint.pk]), {"keys": key, "teams": [str(Team.objects.get().pk)]})


def as_own(client: Client, endpoint: Endpoint, key: str) -> str:
    return post(client, reverse("own-keys"), {"endpoint": str(endpoint.pk), "key": key})


def in_form(client: Client, endpoint: Endpoint, key: str) -> str:
    address = page(ApiKey, "change", endpoint.keys.get(name="first").pk)
    return post(client, address, form(client.get(address)) | {"new_key": key})


def in_inline_row(client: Client, endpoint: Endpoint, key: str) -> str:
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(client.get(address)) | {"headers": "{}"}
    row = next(name for name, value in fields.items() if value == "first").removesuffix("name")
    return post(client, address, fields | {f"{row}new_key": key})


def by_rotation(client: Client, endpoint: Endpoint, key: str) -> str:
    return post(client, reverse("rotate-key", args=[endpoint.keys.get(name="first").pk]), {"new_key": key})


def by_command(_client: Client, endpoint: Endpoint, key: str) -> str:
    stdin, sys.stdin = sys.stdin, io.StringIO(key)
    try:
        call_command(
            "addendpoint", "openai-compatible", "--name", endpoint.name, "--base-url", endpoint.base_url, "--model", "m"
        )
    except CommandError as error:
        return str(error)
    finally:
        sys.stdin = stdin
    return ""


def with_preset(client: Client, endpoint: Endpoint, key: str) -> str:
    given = {"name": "Another", "base_url": endpoint.base_url, "key": key, "models": "m"}
    return post(client, f"{reverse('admin:providers_endpoint_preset')}?preset=openai", given)


def with_first_run(client: Client, endpoint: Endpoint, key: str) -> str:
    given = {"preset": "openai", "base_url": endpoint.base_url, "key": key, "models": "m"}
    return post(client, reverse("add-endpoint"), given)


ADDING: dict[str, Place] = {
    "form": by_form,
    "inline": by_inline_row,
    "list": by_list,
    "list for a team": by_list_for_a_team,
    "own": as_own,
}
REPLACING: dict[str, Place] = {"form, again": in_form, "inline, again": in_inline_row, "rotation": by_rotation}
WITH_ENDPOINT: dict[str, Place] = {"command": by_command, "preset": with_preset, "first run": with_first_run}
HERE = ADDING | REPLACING
EVERY = HERE | WITH_ENDPOINT


@pytest.fixture
def people(db: None) -> dict[str, User]:
    alice = User.objects.create_superuser("alice", password=PASSWORD, language="en")
    return {"alice": alice, "carol": User.objects.create_user("carol", password=PASSWORD)}


@pytest.fixture
def alice(people: dict[str, User]) -> Client:
    return proven(people["alice"])


@pytest.fixture
def there(people: dict[str, User]) -> Endpoint:
    """Create an endpoint that accepts personal keys, without a model yet.

    It has a key that may be replaced and one that stays.
    """
    address = "https://vendor.example/v1"
    made = Endpoint.objects.create(name="Ours", wire="openai", base_url=address, personal_keys=True)
    for name, key in (("first", CANARY), ("second", OTHER_KEY)):
        ApiKey.objects.create(endpoint=made, secret=key, name=name)
    Team.objects.create(name="Crew")
    return made


@pytest.fixture(autouse=True)
def _through_one_door() -> Iterator[None]:
    """Check that every stored value of a key comes from `add_key` or `replace_key`."""
    from_elsewhere: list[str] = []

    def look(instance: ApiKey, **_: Any) -> None:
        frame: Any = sys._getframe()
        callers = []
        while frame := frame.f_back:
            callers.append((frame.f_code.co_filename, frame.f_code.co_name))
        is_test = any(name == "there" for file, name in callers if "/tests/" in file)
        stored = ApiKey.objects.filter(pk=instance.pk).first()
        is_new = stored is None or stored.secret.token != instance.secret.token
        doors = {(key_rules.__file__, "add_key"), (key_rules.__file__, "replace_key")}
        if is_new and not is_test and not doors & set(callers):
            from_elsewhere.append(callers[5][1])

    pre_save.connect(look, sender=ApiKey)
    yield
    pre_save.disconnect(look, sender=ApiKey)
    assert from_elsewhere == []


def stored() -> list[str]:
    return sorted(key.secret.reveal() for key in ApiKey.objects.all())


def entries() -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(subject_type="providers.apikey")
    return sorted((row.actor_name, row.act) for row in rows)


@pytest.mark.parametrize("name", EVERY)
def test_a_key_is_stored_less_the_blanks_around_it(
    alice: Client, people: dict[str, User], there: Endpoint, name: str
) -> None:
    EVERY[name](alice, there, f"  {NEW_KEY} \n")
    key = next(key for key in ApiKey.objects.all() if key.secret.reveal() == NEW_KEY)
    assert key.owner == (people["alice"] if name == "own" else None)
    who = "manage.py addendpoint" if name == "command" else "alice"
    told = [entry for entry in entries() if entry[1] != "removed"]
    assert told == [(who, "changed" if name in REPLACING else "added")]
    assert (len(told) < len(entries())) == (name == "command"), "which takes the place of the others"
    assert key.created_by == (None if name in REPLACING or name == "command" else people["alice"])
    events = [(event.kind, event.by) for event in HealthEvent.objects.filter(subject=key.pk)]
    assert events == ([("rotated", people["alice"])] if name in REPLACING else [])


PASTED = [
    f'"{NEW_KEY}"',
    f"'{NEW_KEY}'",
    f"“{NEW_KEY}”",
    f"Bearer {NEW_KEY}",
    f"Authorization: bearer {NEW_KEY}",
    f"'Authorization: Bearer {NEW_KEY}'",
    f"x-goog-api-key: {NEW_KEY}",
    f"OPENAI_API_KEY={NEW_KEY}",
    f'export OPENAI_API_KEY="{NEW_KEY}"',
    f"\ufeff{NEW_KEY}\r\n",
    f"{NEW_KEY[:9]}\u200b{NEW_KEY[9:]}\u200b",
]


@pytest.mark.parametrize("given", PASTED)
def test_what_was_copied_along_is_no_part_of_the_key(given: str) -> None:
    assert key_rules.well_formed(given) == NEW_KEY


@pytest.mark.parametrize("given", ["sk-a=", "AIza_KEY=x", "id:secret", "1|x", "Bearer", "QUJD==", "KEY"])
def test_what_only_looks_like_it_stays(given: str) -> None:
    assert key_rules.well_formed(given) == given


@pytest.mark.parametrize("between", [",", ", ", ";", "，", ",\n", "\n\n"])
def test_a_list_may_have_commas(alice: Client, there: Endpoint, between: str) -> None:
    assert "Keys added: 2." in by_list(alice, there, f'"{NEW_KEY}1"{between}{NEW_KEY}2{between}')
    assert {f"{NEW_KEY}1", f"{NEW_KEY}2"} < set(stored())


def test_a_list_names_the_line_of_what_it_refuses(alice: Client, there: Endpoint) -> None:
    assert "Line 3: " in by_list(alice, there, f"{NEW_KEY}1,\n\ntwo words,\n")
    assert "Line 2: " in by_list(alice, there, f"{NEW_KEY}1,two words")


@pytest.mark.parametrize("name", EVERY)
def test_it_is_so_wherever_a_key_is_entered(alice: Client, there: Endpoint, name: str) -> None:
    EVERY[name](alice, there, f"\ufeffexport VENDOR_API_KEY='Bearer {NEW_KEY}\u200b' ")
    assert NEW_KEY in stored()


@pytest.mark.parametrize("given", ["two words", "schlüssel", 'half"quoted', "one,other", "line\nbreak"])
def test_no_key_is_like_that(given: str) -> None:
    with pytest.raises(ValidationError):
        key_rules.well_formed(given)


@pytest.mark.parametrize("name", EVERY)
def test_what_cannot_be_stored_is_refused(alice: Client, there: Endpoint, name: str, soak: bool) -> None:
    before, place = stored(), EVERY[name]
    malformed = ["two words", "schlüssel", 'half"quoted', *(["one,other", "line\nbreak"] if "list" not in name else [])]
    for given in malformed if soak else malformed[:1]:
        assert MALFORMED in place(alice, there, given)
    if name in HERE:
        said = place(alice, there, OTHER_KEY)
        assert TWICE in said
        is_named = "second" in said.split(TWICE)[1].split("<")[0]
        assert is_named == (name != "own"), "people are not told what the site calls it"
    if name not in WITH_ENDPOINT or name == "command":
        Team.objects.get().api_keys.add(ApiKey.objects.get(name="second"))
        assert TWICE in place(alice, there, OTHER_KEY), "a team's"
    Endpoint.objects.update(base_url=FORBIDDEN)
    there.refresh_from_db()
    assert PRIVATE in place(alice, there, NEW_KEY)
    assert (stored(), entries(), Endpoint.objects.count()) == (before, [], 1)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_no_key(alice: Client, there: Endpoint, name: str) -> None:
    before, said = stored(), EVERY[name](alice, there, " ")
    if name in ("preset", "first run"):
        assert "This vendor needs a key." in said
    elif name != "command":
        assert (NEEDED in said) == (name not in ("form, again", "inline, again")), "they keep the stored one"
    assert stored() == (before if name != "command" else []), "which makes the endpoint what is given now"


@pytest.mark.parametrize("name", [*HERE, "command"])
def test_what_somebody_else_has_for_themselves_is_neither_asked_nor_told(
    alice: Client, people: dict[str, User], there: Endpoint, name: str
) -> None:
    ApiKey.objects.filter(name="second").update(owner=people["carol"])
    assert TWICE not in EVERY[name](alice, there, OTHER_KEY)
    assert stored().count(OTHER_KEY) == 2
    assert ApiKey.objects.filter(owner=people["carol"]).count() == 1


def test_ones_own_is_stored_once(alice: Client, there: Endpoint) -> None:
    assert TWICE not in as_own(alice, there, NEW_KEY)
    assert TWICE in as_own(alice, there, NEW_KEY)
    assert stored().count(NEW_KEY) == 1


def test_the_same_key_in_two_new_rows_is_refused(alice: Client, there: Endpoint) -> None:
    address = page(Endpoint, "change", there.pk)
    fields = form(alice.get(address)) | {"headers": "{}"}
    twice = more_keys(more_keys(fields, new_key=NEW_KEY, enabled="on"), new_key=NEW_KEY, enabled="on")
    assert "This key is in the list twice." in post(alice, address, twice)
    assert NEW_KEY not in stored()


@pytest.mark.parametrize("name", ["form", "own"])
def test_the_small_local_model_takes_none(alice: Client, name: str) -> None:
    local = adding.adopt_local_model()
    Endpoint.objects.update(personal_keys=True)
    assert "The small local model takes no key." in EVERY[name](alice, local, CANARY)
    assert not ApiKey.objects.exists()
