"""Importing a module connects nothing: `lifecycle` alone says which room calls which."""

import ast
import subprocess
import sys

import pytest

from tests.test_layers import BASE, modules

ALLOWED = {"chatsite/asgi.py", "chatsite/urls.py"}
"""The first names the settings for a server that others start; the second lists the pages of Django's admin, too."""
CONNECTING = {"append", "extend", "add", "connect", "update", "setdefault", "insert"}

_PROGRAM = """
import importlib, pkgutil
import django
from conversations.apps import ConversationsConfig
ready, ConversationsConfig.ready = ConversationsConfig.ready, lambda self: None
django.setup()
import conversations, providers
for package in (conversations, providers):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
from django.apps import apps
from django.db.models.signals import post_migrate
from conversations.generation.checkpoints import writer
from conversations.generation.queue import queue
from conversations.live import hub
from providers.encryption import rotation
def said():
    print(writer.when_ended.__module__, queue.wake_next.__module__, type(hub.peers).__name__, hub.loop)
    print(len(rotation.elsewhere), len(rotation.locked_elsewhere), "roles" in str(post_migrate.receivers))
said()
ready(apps.get_app_config("conversations"))
said()
"""


def test_imports_connect_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=BASE, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    before, after = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    assert before == ["conversations.generation.checkpoints conversations.generation.queue Alone None", "0 0 False"]
    assert after == ["conversations.generation.runner conversations.generation.runner Alone None", "1 1 True"]


@pytest.mark.parametrize("package", ["conversations", "providers", "chatsite"])
def test_no_module_sets_what_belongs_to_another(package: str) -> None:
    setting = {
        f"{path}:{statement.lineno}"
        for path, tree in modules(package)
        for statement in tree.body
        if path not in ALLOWED and (_assigns(statement) or _connects(statement))
    }
    assert setting == set()


def _assigns(statement: ast.stmt) -> bool:
    """`other.attribute = …` or `other[key] = …`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)


def _connects(statement: ast.stmt) -> bool:
    """`other.append(…)` and the like."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "attr", "") in CONNECTING
