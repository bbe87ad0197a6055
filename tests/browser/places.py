"""Every page of the site, from the table of access: where it is, and somebody who may open it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from django.conf import settings
from django.test import Client

from tests.authorisation import admin_table, table
from tests.authorisation.asking import address, filled
from tests.authorisation.roles import R, Role
from tests.authorisation.table import Policy
from tests.authorisation.world import World
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit

LIKELY = (R.SUPERUSER, R.OWNER, R.LEAD, R.MEMBER, R.ALONE, R.ANONYMOUS)
"""The roles that open pages: the first that may does, because it has the most there."""


@dataclass(frozen=True)
class Place:
    """One page: `after` is the address that leads to it, if it is not opened by its own; `html` is what is shown."""

    name: str
    role: Role
    path: str
    after: str = ""
    html: str = ""


def places(world: World, policies: Iterable[Policy] = ()) -> Iterator[Place]:
    """Yield each page of these policies, or of all, once for each kind of row that it shows."""
    every = [*table.PAGES, *table.ACCOUNTS, *admin_table.policies()]
    for policy in (one for one in policies or every if one.method == "GET" and not one.meanwhile):
        for target, allowed in policy.allowed.items():
            ids = world.targets[target]
            after = address(policy.after, ids) if policy.after else ""
            path = address(policy.route, ids) + filled(policy.query, ids)
            found = (Place(f"{policy.route} {target}".strip(), role, path, after) for role in LIKELY if role in allowed)
            shown = (replace(place, html=page(world.clients[place.role], place)) for place in found)
            yield from islice((place for place in shown if place.html), 1)


def page(client: Client, place: Place) -> str:
    """Return the page that a browser is shown there, or "" if it is none, or only a part of one."""
    if place.after:
        client.get(place.after)
    answer = client.get(place.path)
    is_page = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
    html = answer.content.decode() if is_page and not answer.streaming else ""
    return html if html.lstrip()[:9].lower() == "<!doctype" else ""


def enter(visit: Visit, world: World, role: Role, **options: object) -> ChatPage:
    """Open a browser with the session of this role."""
    visitor = visit(None, None, **options)
    if session := world.session(role):
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": visitor.site}
        visitor.page.context.add_cookies([cookie])  # type: ignore[list-item]
    return visitor
