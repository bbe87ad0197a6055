"""Every environment variable that the site reads is in the README's table, and every row of it is read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\|\s*(`[A-Z][^|]*`)\s*\|", re.MULTILINE)
NAME = re.compile(r"`([A-Z][A-Z0-9_]+)`")
# Not settings of the site: how Django finds its settings, and which browser the tests drive.
OF_OTHERS = {"DJANGO_SETTINGS_MODULE", "CHROMIUM_PATH"}


def read_by_the_code() -> set[str]:
    paths = [BASE / "manage.py", *(path for name in ("chatsite", "conversations", "providers")
                                   for path in (BASE / name).rglob("*.py"))]  # fmt: skip
    return {name for path in paths for name in _read_in(ast.parse(path.read_text(encoding="utf-8")))} - OF_OTHERS


def _read_in(tree: ast.Module) -> Iterator[str]:
    """Return the names read from os.environ, directly or by the settings' own function, which knows NAME_FILE too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_environment(node.value) and isinstance(node.ctx, ast.Load):
            yield _text(node.slice)
        elif isinstance(node, ast.Call) and node.args:
            if _name(node.func) == "_from_environment":
                yield from (_text(node.args[0]), f"{_text(node.args[0])}_FILE")
            elif _is_lookup(node.func) and isinstance(node.args[0], ast.Constant):
                yield _text(node.args[0])


def _is_lookup(function: ast.AST) -> bool:
    return _name(function) == "getenv" or (_name(function) == "get" and _is_environment(function))


def _is_environment(node: ast.AST) -> bool:
    return "environ" in (_name(node), _name(getattr(node, "value", node)))


def _name(node: ast.AST) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _text(node: ast.AST) -> str:
    assert isinstance(node, ast.Constant), ast.dump(node)
    assert isinstance(node.value, str)
    return node.value


def told_by_the_readme() -> set[str]:
    """Return the names in a table's first column; `…_FILE` beside a name stands for that name with _FILE."""
    names = set()
    for cell in ROW.findall((BASE / "README.md").read_text(encoding="utf-8")):
        found = NAME.findall(cell)
        names |= set(found) | ({f"{name}_FILE" for name in found} if "…_FILE" in cell else set())
    return names


def test_the_names_are_found_at_all() -> None:
    assert {
        "CHATSITE_DATA",
        "CHATSITE_SECRET_KEY",
        "CHATSITE_SECRET_KEY_FILE",
        "CHATSITE_ORIGINS",
    } <= read_by_the_code()


def test_every_setting_is_in_the_readme() -> None:
    assert read_by_the_code() - told_by_the_readme() == set()


def test_the_readme_tells_of_no_setting_that_is_not_read() -> None:
    assert told_by_the_readme() - read_by_the_code() == set()
