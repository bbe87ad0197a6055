"""The ways in which a right to read ends at a site of two processes: on pages or in rows."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.cluster.site import CSRF, PATIENCE, Process, Site
from tests.shell import inside

_NEWCOMERS = """
from datetime import timedelta
from django.conf import settings
from django.test import Client
from django.utils import timezone
from conversations.hashed_tokens import token_digest
for way in {ways}:
    person = User.objects.create(username=f"{{way}}-{run}", password="!")
    Membership.objects.create(team_id="{team}", user=person, role="member")
    if way == "token revoked":
        ends = timezone.now() + timedelta(days=1)
        PersonalToken.objects.create(user=person, name="program", digest=token_digest(person.username), expires_at=ends)
    browser = Client()
    browser.force_login(person)
    people[way] = [person.id, browser.cookies[settings.SESSION_COOKIE_NAME].value]
"""
_IN_THE_ROWS = {
    "membership deleted": "person.memberships.all().delete()",
    "deactivated": "User.objects.filter(pk=person.pk).update(is_active=False)",
    "password changed": "person.set_password('another passphrase'); person.save()",
    "token revoked": "person.tokens.update(revoked_at=timezone.now())",
}
_IN_A_THIRD_PROCESS = """
import time
from django.utils import timezone
moments = {{}}
for way, (key, _) in {people}.items():
    person = User.objects.get(pk=key)
    {branches}
    moments[way] = time.monotonic()
"""
_ON_PAGES = {
    "left": ("itself", "/teams/{team}/leave/"),
    "removed": ("alice", "/teams/{team}/members/{person}/remove/"),
    "signed out": ("itself", "/accounts/logout/"),
}
WAYS = (*_ON_PAGES, *_IN_THE_ROWS)
TOKEN = "token revoked"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member of the team, whose personal token is their user name."""

    id: str
    session: str
    token: str


def newcomers(site: Site, run: int) -> dict[str, Newcomer]:
    """Create a member for each way."""
    people = inside(site.environment, "people = {}" + _NEWCOMERS.format(ways=WAYS, run=run, team=site.team), "people")
    return {way: Newcomer(key, session, f"{way}-{run}") for way, (key, session) in people.items()}


def withdraw(site: Site, process: Process, people: Mapping[str, Newcomer]) -> dict[str, float]:
    """End every right, and return the moment of each commit and answer: monotonic seconds."""
    moments = {way: _on_its_page(site, process, way, people[way]) for way in _ON_PAGES}
    branches = "\n    ".join(f"if way == {way!r}: {line}" for way, line in _IN_THE_ROWS.items())
    keys = {way: (people[way].id, "") for way in _IN_THE_ROWS}
    there = inside(site.environment, _IN_A_THIRD_PROCESS.format(people=keys, branches=branches), "moments")
    return {**moments, **there}


def _on_its_page(site: Site, process: Process, way: str, person: Newcomer) -> float:
    who, path = _ON_PAGES[way]
    session = person.session if who == "itself" else site.sessions[who]
    headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    connection.request("POST", path.format(team=site.team, person=person.id), headers=headers)
    status = connection.getresponse().status
    moment = time.monotonic()
    connection.close()
    assert status == 302, (way, status)
    return moment
