"""The import rules and the content of rooms, read from the source, so that no review has to."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
PURE = {
    "errors", "key_spellings", "money", "reading", "text", "types", "wires", "transport/body/decompression",
    "transport/body/framing", "transport/egress", "transport/key_placement", "transport/network", "transport/proxy",
    "transport/timeouts",
}  # fmt: skip
"""Rooms and modules of `providers` that could be published by themselves."""
FLOORS = {
    "providers": (
        "blank_text checks clock csv_table encryption errors families key_spellings local_model prepared_queries types",
        "error_texts prices templatetags text wires",
        "money reading transport",
        "models",
        "audit client",
        "pool",
        "endpoints",
        "admin apps management",
    ),
    "conversations": (
        "client_addresses confusable_names errors hashed_tokens ids markdown malloc_settings readiness workers",
        "models text",
        "content mail protocol search usage",
        "accounts files reporting verified",
        "exports forms live lookup site_checks templatetags",
        "cluster generation imports notifications",
        "actions",
        "catch_up connections speech",
        "admin api views websocket",
        "sweeper",
        "lifecycle",
        "apps management",
    ),
    "chatsite": (
        "child_process counting_cache data_folder_lock error_pages middleware models password_hashers",
        "postgres static_collection static_files urls version",
        "configuration database_upgrade",
        "backup bootstrap clients smtp",
        "server settings",
        "asgi health",
        "apps logs management",
    ),
}
"""Rooms of each app from the ground up: a room imports itself and what is below, never its own floor."""
NETWORK = {"requests", "urllib3", "socket", "http", "ssl", "httpx", "aiohttp", "ftplib", "smtplib"}
# The transport calls vendors, over connections made by dialing. The local model's server is a child on loopback.
DOOR = {
    "providers/transport/call.py", "providers/transport/connections.py", "providers/transport/dialing.py",
    "providers/transport/dns.py", "providers/transport/sockets.py", "providers/transport/body/socket_reader.py",
    "providers/transport/body/waits.py", "providers/local_model",
}  # fmt: skip
ASYNCHRONOUS = {
    "chatsite/asgi.py", "chatsite/server/daphne.py", "chatsite/server/handler.py", "conversations/cluster",
    "conversations/connections", "conversations/live", "conversations/reporting/streaming.py",
    "conversations/websocket",
}  # fmt: skip
# The renderer of messages, and the tag that draws icons and whole templates.
SAFE = {"conversations/markdown", "conversations/templatetags/assets.py"}
GOING_ON = {
    "conversations/workers/thread_pool.py:_fulfil",  # the waiting thread gets the exception
    "conversations/generation/runner.py:run",
    "conversations/generation/side_calls/titles.py:_ask",
    "conversations/generation/attempt.py:_one_call",  # it is raised again once the call stands in the ledger
    "providers/transport/body/socket_reader.py:_next",
    "conversations/cluster/redis_bus.py:_listen",
    "conversations/live/hub.py:send",
    "conversations/workers/background.py:_done",
    "conversations/sweeper.py:go_round",
    "conversations/imports/jobs.py:_done",
    "conversations/generation/checkpoints.py:_run",
    "conversations/generation/checkpoints.py:_write_ends",
    "conversations/generation/checkpoints.py:_write_alone",
    "conversations/generation/checkpoints.py:_pay_at_least",
    "chatsite/logs/masking.py:filter",  # a line of the log that cannot be masked is dropped, whatever it raises
    "chatsite/logs/repeats.py:_first_line",  # the same line, one filter earlier
}

_PATH = re.compile(r"`((?:chatsite|conversations|providers|tests|templates|static|deploy)/[\w./-]*)`")
_DJANGOS = {"migrations", "management", "commands", "templatetags"}


@cache
def modules(package: str) -> list[tuple[str, ast.Module]]:
    paths = sorted((BASE / package).rglob("*.py"))
    return [(path.relative_to(BASE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def imported(tree: ast.AST) -> Iterator[str]:
    """Return the full names of all imports, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their whole path"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(tree: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imported(tree)}


def is_within(path: str, places: set[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


@pytest.mark.parametrize(
    ("package", "above"),
    [("providers", {"conversations", "chatsite", "tests"}), ("conversations", {"chatsite", "tests"})],
)
def test_nothing_imports_upwards(package: str, above: set[str]) -> None:
    assert {path: roots(tree) & above for path, tree in modules(package) if roots(tree) & above} == {}


@pytest.mark.parametrize("app", FLOORS)
def test_rooms_import_only_lower_floors(app: str) -> None:
    """Imports in functions and for types count, too; a new room needs its floor."""
    floor = {name: number for number, row in enumerate(FLOORS[app]) for name in row.split()}
    upwards = set()
    for path, tree in modules(app):
        here = path.split("/")[1].removesuffix(".py")
        if here in ("migrations", "__init__"):
            continue
        for name in imported(tree):
            there = name.split(".")[1] if name.startswith(f"{app}.") else here
            if there != here and floor[there] >= floor[here]:
                upwards.add((path, name))
    assert upwards == set()


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "MANUAL.md", "README.md", "SECURITY.md"])
def test_documents_name_what_is_there(document: str) -> None:
    named = set(_PATH.findall((BASE / document).read_text(encoding="utf-8")))
    assert {path for path in named if not (BASE / path).exists()} == set()


def test_every_room_has_a_sentence() -> None:
    """House rule: the docstring of a package says what it is for."""
    rooms = [path for app in FLOORS for path in (BASE / app).rglob("__init__.py")]
    silent = {
        path
        for path in rooms
        if path.parent.name not in _DJANGOS and not ast.get_docstring(ast.parse(path.read_text()))
    }
    assert {path.relative_to(BASE).as_posix() for path in silent} == set()


def test_a_room_holds_twelve_modules_at_most() -> None:
    folders = {path.parent for app in FLOORS for path in (BASE / app).glob("*/**/*.py")}
    counts = {
        folder.relative_to(BASE).as_posix(): len({*folder.glob("*.py")} - {folder / "__init__.py"})
        for folder in folders
    }
    assert {folder: count for folder, count in counts.items() if count > 12 and not folder.endswith("migrations")} == {}


def pure() -> Iterator[tuple[str, ast.Module]]:
    """Return the part of providers that could be published by itself."""
    places = {f"providers/{name}" for name in PURE}
    for path, tree in modules("providers"):
        if is_within(path.removesuffix(".py"), places):
            yield path, tree


def test_the_wires_are_pure() -> None:
    found = dict(pure())
    assert {name for name in PURE if not any(f"providers/{name}" in path for path in found)} == set()
    for path, tree in found.items():
        foreign = roots(tree) & (NETWORK | {"django", "channels", "asgiref"})
        assert not foreign - {"http"}, path


def test_the_wires_import_only_the_pure() -> None:
    for path, tree in pure():
        used = {full.replace(".", "/") for full in imported(tree) if full.startswith("providers.")}
        others = {name for name in used if not any(name.startswith(f"providers/{place}") for place in PURE)}
        assert others == set(), path


@pytest.mark.parametrize("package", ["providers", "conversations"])
def test_only_the_door_knows_the_network(package: str) -> None:
    knowing = {path for path, tree in modules(package) if roots(tree) & (NETWORK - {"http"})}
    assert {path for path in knowing if not is_within(path, DOOR)} == set()


def test_keys_are_revealed_at_the_door_alone() -> None:
    revealing = {
        path
        for package in ("providers", "conversations", "chatsite")
        for path, tree in modules(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "reveal"
    }
    assert revealing == {"providers/transport/call.py", "providers/transport/posting.py"}


EDGES = (
    "conversations/views", "conversations/api", "conversations/connections", "conversations/websocket",
    "conversations/forms",
)  # fmt: skip
ADMINS = ("conversations/admin", "conversations/reporting", "providers/admin")
CREATING = {"create", "get_or_create", "update_or_create", "bulk_create", "acreate", "abulk_create"}

WRITING = {"save", "asave", "update", "aupdate", "bulk_update", "abulk_update", "delete", "adelete"}


def test_keys_are_stored_in_one_place_alone() -> None:
    """The keys of forms are stored there too: `tests/providers/test_key_places.py` checks each form."""
    storing = {
        path
        for package in ("providers", "conversations", "chatsite")
        for path, tree in modules(package)
        for node in ast.walk(tree)
        if _makes_a_key(node) or (isinstance(node, ast.Attribute) and _is_set(node) and node.attr == "secret")
    }
    assert storing == {"providers/endpoints/keys.py"}


def _makes_a_key(node: ast.AST) -> bool:
    """Return whether a call is `ApiKey(…)`, `ApiKey.objects.create(…)`, `endpoint.keys.create(…)` or similar."""
    if not isinstance(node, ast.Call):
        return False
    rows = ast.unparse(node.func).split(".")
    return rows[-1] == "ApiKey" or (rows[-1] in CREATING and not {"ApiKey", "keys", "api_keys"}.isdisjoint(rows))


def _is_set(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)


def test_edges_write_no_rows() -> None:
    """Actions and methods of models do; in the admin only the hooks in which Django itself saves a form's row."""
    writing = {
        f"{path}:{node.lineno}"
        for package in ("conversations", "providers")
        for path, tree in modules(package)
        for node in (ast.walk(tree) if is_within(path, set(EDGES)) else _outside_classes(path, tree))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_write(node.func)
    }
    assert writing == set()


def _outside_classes(path: str, tree: ast.Module) -> Iterator[ast.AST]:
    if is_within(path, set(ADMINS)):
        for statement in tree.body:
            if not isinstance(statement, ast.ClassDef):
                yield from ast.walk(statement)


def _is_write(called: ast.Attribute) -> bool:
    """A method that writes rows, whatever it is called on; a router's `delete` is none."""
    return called.attr in {*CREATING, *WRITING} and ast.unparse(called.value) != "router"


@pytest.mark.parametrize("package", ["providers", "conversations", "chatsite"])
def test_waiting_is_done_in_few_places(package: str) -> None:
    kinds = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    waiting = {path for path, tree in modules(package) if any(isinstance(node, kinds) for node in ast.walk(tree))}
    assert {path for path in waiting if not is_within(path, ASYNCHRONOUS)} == set()


@pytest.mark.parametrize("package", ["providers", "conversations", "chatsite"])
def test_only_the_renderer_marks_anything_safe(package: str) -> None:
    marks = {"mark_safe", "SafeString", "SafeText", "format_html", "format_html_join"}
    for path, tree in modules(package):
        if is_within(path, SAFE):
            continue
        called = {_callee(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not called & marks, path


def _callee(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def test_no_template_switches_escaping_off() -> None:
    for path in sorted((BASE / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text, path
        assert "autoescape off" not in text, path


@pytest.mark.parametrize("package", ["providers", "conversations"])
def test_nothing_but_the_settings_reads_the_environment(package: str) -> None:
    """A child process is given the environment as a whole; nobody looks a value up in it."""
    for path, tree in modules(package):
        for node in ast.walk(tree):
            looked_up = isinstance(node, ast.Call) and _callee(node) == "getenv"
            read = (
                isinstance(node, ast.Attribute) and node.attr in ("get", "setdefault") and _is_environment(node.value)
            )
            indexed = isinstance(node, ast.Subscript) and _is_environment(node.value)
            assert not any((looked_up, read, indexed)), path


def _is_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def test_a_broad_except_stands_only_where_a_worker_must_go_on() -> None:
    """It is allowed in the outermost frame of a thread or task.

    It is also allowed where one reply's end may not hold up all others'.
    """
    broad = {
        f"{path}:{function.name}"
        for package in ("providers", "conversations", "chatsite")
        for path, tree in modules(package)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(node, ast.ExceptHandler) and _is_broad(node) for node in ast.walk(function))
    }
    assert broad <= GOING_ON


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or getattr(handler.type, "id", "") in ("Exception", "BaseException")
