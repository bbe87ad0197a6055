"""The conditions of access, found in the source, and their removal, one at a time.

    for condition in conditions():
        with condition.removed(): …       # the site runs without it

Conditions are look-ups that start at the rows that a person may see, and the filters inside these look-ups. Others are
refusals (`raise NotFound` and the like), sign-in and staff decorators, and permissions that the admin denies to all.
"""

import ast
import copy
import gc
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

BASE = Path(__file__).resolve().parents[2]
PLACES = (
    "conversations/actions/**/*.py", "conversations/admin/**/*.py", "conversations/api/**/*.py",
    "conversations/connections/*.py", "conversations/exports/archive.py", "conversations/exports/branch.py",
    "conversations/files/*.py", "conversations/imports/receiving.py",
    "conversations/models/**/*.py",
    "conversations/reporting/*.py", "conversations/search/*.py",
    "conversations/usage/model_access.py", "conversations/usage/own_use.py", "conversations/views/**/*.py",
    "providers/admin/*.py", "providers/audit/*.py", "providers/models/*.py",
)  # fmt: skip
LOOK_UPS = {
    "visible_to", "writable_by", "decided_by", "led_by", "revocable_by", "open", "of",
    "in_conversations", "leads", "readers", "restorable_by", "endable_by", "where_reads",
    "where_writes", "where_decides", "shared_with",
}  # fmt: skip
"""Methods of our querysets that decide who may see or do something."""
REFUSALS = {"NotFound", "Http404", "PermissionDenied"}
JUDGES = {"may_reset", "lets_make_teams", "attachable", "keys_for", "models_for", "models_anywhere", "teams_of",
          "may_readdress"}  # fmt: skip
"""Functions outside of querysets that decide about access."""
GATES = {"login_required"}


@dataclass(frozen=True)
class Condition:
    """A condition of a function. `code` is the function without it, or None for a decorator, whose gate is opened."""

    name: str
    function: FunctionType
    code: CodeType | None

    @contextmanager
    def removed(self) -> Iterator[None]:
        if self.code is None:
            with _open_gates(self.function):
                yield
            return
        gc.unfreeze()  # what is frozen refers to nothing
        swapped = [
            (live, old, new)
            for old, new in _pairs(inspect.unwrap(self.function).__code__, self.code)
            for live in gc.get_referrers(old)
            if inspect.isfunction(live)
        ]
        for live, _old, new in swapped:
            live.__code__ = new
        try:
            yield
        finally:
            for live, old, _new in swapped:
                live.__code__ = old

    @property
    def runs(self) -> set[CodeType]:
        """Return the code that runs if the condition counts: the function's own, and that of its inner functions."""
        own = inspect.unwrap(self.function).__code__
        return {old for old, _same in _pairs(own, own)}


def conditions() -> list[Condition]:
    paths = sorted({path for place in PLACES for path in BASE.glob(place)})
    return [condition for path in paths for condition in _of_module(path)]


def _of_module(path: Path) -> Iterator[Condition]:
    name = path.relative_to(BASE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    module, tree = importlib.import_module(name), ast.parse(path.read_text(encoding="utf-8"))
    for qualname, node in _functions(tree):
        found = _resolved(module, qualname)
        if found is None:
            continue
        place = f"{name}.{qualname}"
        if _gates_of(found):
            yield Condition(f"{place}: must be signed in, or staff", found, None)
        for label, mutated in _without_one(tree, qualname, node):
            code = _code_of(compile(mutated, str(path), "exec"), qualname)
            if all(old.co_freevars == new.co_freevars for old, new in _pairs(inspect.unwrap(found).__code__, code)):
                yield Condition(f"{place}: {label}", found, code)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield a function's code and that of its inner functions, each with its counterpart."""
    yield old, new
    inner = [[one for one in code.co_consts if isinstance(one, CodeType)] for code in (old, new)]
    named = {one.co_name: one for one in inner[1]}
    for one in inner[0]:
        if one.co_name in named and not one.co_name.startswith("<"):
            yield from _pairs(one, named[one.co_name])


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _resolved(module: Any, qualname: str) -> Any:
    found: Any = module
    for name in qualname.split("."):
        found = inspect.getattr_static(found, name, None)
    found = getattr(found, "__func__", found)
    found = getattr(found, "fget", found)
    return found if inspect.isfunction(inspect.unwrap(found) if callable(found) else None) else None


def _code_of(code: CodeType, qualname: str) -> CodeType:
    for name in qualname.split("."):
        code = next(one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name)
    return code


# --- One condition less --------------------------------------------------------------------------------------------


def _without_one(tree: ast.Module, qualname: str, function: ast.FunctionDef) -> Iterator[tuple[str, ast.Module]]:
    """Yield the module without one condition of this function, for each condition, with its label."""
    judges = function.name in LOOK_UPS | JUDGES
    for number, node in enumerate(ast.walk(function)):
        for label, change in _changes(node, judges, function.name):
            mutant = copy.deepcopy(tree)
            target = list(ast.walk(dict(_functions(mutant))[qualname]))[number]
            change(target)
            yield label, ast.fix_missing_locations(mutant)


def _changes(node: ast.AST, judges: bool, function: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.If) and _is_refusal(node.body):
        yield f"if {ast.unparse(node.test)}", lambda found: setattr(found, "test", ast.Constant(False))
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
            for place, operand in enumerate(node.test.values):
                yield f"or {ast.unparse(operand)}", _without_operand(place)
    if judges and isinstance(node, ast.If) and _returns_false(node.body):
        yield f"if {ast.unparse(node.test)}", lambda found: setattr(found, "test", ast.Constant(False))
    if (
        judges
        and isinstance(node, ast.Return)
        and isinstance(node.value, ast.BoolOp)
        and isinstance(node.value.op, ast.And)
    ):
        for place, operand in enumerate(node.value.values):
            yield f"and {ast.unparse(operand)}", _without_part(place)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_look_up(node.func):
        yield f".{node.func.attr}(…) of {ast.unparse(node.func.value)}", _take_all
    if judges and isinstance(node, ast.Call) and _called(node) in ("filter", "exclude", "Q"):
        for place, argument in enumerate(node.args):
            yield f"{_called(node)}({ast.unparse(argument)})", _without_argument(place)
        for place, keyword in enumerate(node.keywords):
            yield f"{_called(node)}({ast.unparse(keyword)})", _without_keyword(place)
    if function.startswith("has_") and isinstance(node, ast.Return):
        if isinstance(node.value, ast.Constant) and node.value.value is False:
            yield "return False", lambda found: setattr(found, "value", ast.Constant(True))
        if isinstance(node.value, ast.BoolOp):
            for place, operand in enumerate(node.value.values):
                if "super()" not in ast.unparse(operand):
                    yield f"and {ast.unparse(operand)}", _without_part(place)


def _is_look_up(called: ast.Attribute) -> bool:
    """Return whether this is a method of rows, not one of a module or a class with the same name."""
    return called.attr in LOOK_UPS and (not isinstance(called.value, ast.Name) or called.value.id == "self")


def _is_refusal(body: list[ast.stmt]) -> bool:
    if len(body) != 1 or not isinstance(body[0], ast.Raise) or body[0].exc is None:
        return False
    raised = body[0].exc
    return getattr(raised.func if isinstance(raised, ast.Call) else raised, "id", "") in REFUSALS


def _returns_false(body: list[ast.stmt]) -> bool:
    last = body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Constant) and last.value.value is False


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _without_operand(place: int) -> Any:
    def change(found: ast.If) -> None:
        assert isinstance(found.test, ast.BoolOp)
        found.test.values[place] = ast.Constant(False)

    return change


def _without_part(place: int) -> Any:
    def change(found: ast.Return) -> None:
        assert isinstance(found.value, ast.BoolOp)
        found.value.values[place] = ast.Constant(True)

    return change


def _without_argument(place: int) -> Any:
    return lambda found: found.args.pop(place)


def _without_keyword(place: int) -> Any:
    return lambda found: found.keywords.pop(place)


def _take_all(found: ast.Call) -> None:
    """Turn `rows.visible_to(user)` into `rows.all()`."""
    assert isinstance(found.func, ast.Attribute)
    found.func.attr, found.args, found.keywords = "all", [], []


# --- Decorators ----------------------------------------------------------------------------------------------------


def _gates_of(function: Any) -> list[Any]:
    """Return the cells with the tests of `login_required` and similar decorators around this view."""
    cells = []
    while function is not None:
        names = getattr(getattr(function, "__code__", None), "co_freevars", ())
        cells += [
            cell
            for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=True)
            if name == "test_func"
        ]
        function = getattr(function, "__wrapped__", None)
    return cells


@contextmanager
def _open_gates(function: Any) -> Iterator[None]:
    cells = _gates_of(function)
    kept = [cell.cell_contents for cell in cells]
    for cell in cells:
        cell.cell_contents = lambda _user: True
    try:
        yield
    finally:
        for cell, test in zip(cells, kept, strict=True):
            cell.cell_contents = test
