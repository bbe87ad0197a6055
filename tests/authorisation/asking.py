"""One request inside a transaction that is rolled back: its answer without the parts that vary."""

import hashlib
import itertools
import json
import re
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.authorisation.table import Policy
from tests.authorisation.world import Ids, World

BESIDES = {"django_session", "usersessions_usersession", "chatsite_cache"}
"""Tables that a refusal may write to: last use, and counts of attempts."""
UNLIKE = {"Expires", "Content-Length"}
"""Headers with the time, and with the length of the requested address: the body itself is compared."""
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_CHANGING = [
    re.compile(pattern)
    for pattern in (
        r'(?<=name="csrfmiddlewaretoken" value=")[^"]+',
        r"(?<=csrftoken=)[^;]+|(?<=sessionid=)[^;]+|(?<=expires=)[^;]+",
        r"(?<=nonce-)[^']+|(?<=nonce=\")[^\"]+",
    )
]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    has_written: bool
    hidden: tuple[str, ...]
    """The requested address, in its spellings."""

    @property
    def location(self) -> str:
        return dict(self.headers).get("Location", "")

    @property
    def seen(self) -> tuple[Any, ...]:
        """Return everything that an outsider learns."""
        headers = sorted((name, masked(value, self.hidden)) for name, value in self.headers if name not in UNLIKE)
        return self.status, tuple(headers), masked(self.body, self.hidden)


@contextmanager
def undone() -> Any:
    """Roll back everything that happens inside; nothing that waits for a commit happens."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(world: World, client: Client, policy: Policy, ids: Ids, unchanged: str = "") -> Answer:
    """Return the answer to this client.

    With `unchanged`, the database's fingerprint from before, it also finds out whether the request has written.
    """
    cookies = client.cookies.copy()
    try:
        with undone():
            if policy.after:
                client.get(address(policy.after, ids))
            if policy.meanwhile:
                policy.meanwhile()
                unchanged = unchanged and fingerprint()
            written = writes()
            response = _request(client, policy, ids)
            body = b"" if response.streaming else response.content  # a stream is read in other threads
            has_written = bool(unchanged) and writes() != written and fingerprint() != unchanged
    finally:
        client.cookies = cookies
    headers = (*response.headers.items(), *(("Set-Cookie", str(cookie)) for cookie in response.cookies.values()))
    where = address(policy.route, ids)
    return Answer(
        response.status_code,
        headers,
        body.decode("utf-8", "replace"),
        has_written,
        (where, quote(where), quote(where, safe="")) if ids else (),
    )


def _request(client: Client, policy: Policy, ids: Ids) -> Any:
    where = address(policy.route, ids) + filled(policy.query, ids)
    body = filled(policy.body, ids)
    if policy.method == "GET":
        return client.get(where)
    if "file" in body:
        return client.post(where, {"file": SimpleUploadedFile("a.txt", body["file"].encode())})
    if policy.route.startswith("api:"):
        origin = {"origin": settings.CHATSITE_ORIGINS[0]}
        return client.generic(policy.method, where, json.dumps(body), content_type="application/json", headers=origin)
    return client.generic(policy.method, where) if policy.method != "POST" else client.post(where, body)


def address(route: str, ids: Ids) -> str:
    """Return the address of a route with these ids, whatever its parameters are called in the admin."""
    pattern, names = ROUTES[route]
    values = {name: ids.get(name, ids.get("object_id", "x")) for name in names}
    return pattern % {name: quote(str(value), safe="-") for name, value in values.items()}


def _routes(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterable[tuple[str, tuple[str, list[str]]]]:
    for entry in resolver.url_patterns:
        pattern, names = _plain(str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield (
                f"{space}{entry.name or f'-{prefix}{pattern}'}".replace("-admin/", "-"),
                (f"/{prefix}{pattern}", names),
            )
        else:
            inner = f"{space}{entry.namespace}:" if getattr(entry, "namespace", None) else space
            for name, (rest, more) in _routes(entry, prefix + pattern, inner):
                yield name, (rest, [*names, *more])


def _plain(pattern: str) -> tuple[str, list[str]]:
    """Return a route as text with places for its parameters, and their names."""
    pattern = pattern.replace("%", "%%")
    regex = re.sub(r"\\(.)", r"\1", pattern.strip("^$")) if pattern.startswith("^") else pattern
    names = re.findall(r"\(\?P<(\w+)>|<(?:\w+:)?(\w+)>", regex)
    regex = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"%(\1)s", regex)
    return re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", regex).replace("$", ""), [one or other for one, other in names]


ROUTES = dict(_routes(get_resolver()))
"""Every route of the site from the resolver: its address and the names of its parameters."""


def filled(value: Any, ids: Ids) -> Any:
    """Return `value` with the ids in place of their names in braces."""
    if isinstance(value, str):
        return value.format(**{name: str(known) for name, known in ids.items()}) if "{" in value else value
    if isinstance(value, dict):
        return {filled(key, ids): filled(item, ids) for key, item in value.items()}
    return [filled(item, ids) for item in value] if isinstance(value, list) else value


def masked(text: str, hidden: Iterable[str] = ()) -> str:
    """Return `text` without the requested address, ids, nonces and tokens."""
    for word in hidden:
        text = text.replace(word, "‹address›")
    for pattern in _CHANGING:
        text = pattern.sub("‹…›", text)
    return _UUID.sub("‹id›", text)


# --- Has anything been written? ------------------------------------------------------------------------------------


def writes() -> int:
    """Return the number of rows that this connection has written; without SQLite, a new number each time."""
    return int(connection.connection.total_changes) if connection.vendor == "sqlite" else next(_numbers)


_numbers = itertools.count()


def fingerprint() -> str:
    """Return a digest of all rows but those that a refusal may write."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names()) - BESIDES):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            digest.update(repr((table, sorted(map(repr, cursor.fetchall())))).encode())
    return digest.hexdigest()
