"""Docstrings are plain sentences: CONTRIBUTING.md has the rule in words, this file as far as a program can judge it."""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
PACKAGES = ("conversations", "chatsite", "providers")
MOST_WORDS = 20
RIDDLES = "who whoever whom whose what whatever where wherever when whenever"
NO_VERBS = (
    f"{RIDDLES} a an the this that these those i we you it he she they its our your their others each every all some "
    "one both none nobody somebody everybody anybody nothing something everything about above after as at before "
    "behind below beside between by for from in inside into of off on once only out over than through to under until "
    "up upon with within without and but if not or so why how which whether is are was were has have true false"
)


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_are_plain_sentences(package: str) -> None:
    found = [
        f"{place} {fault}"
        for place, text, is_of_function in _docstrings(package)
        for fault in _faults(text, is_of_function)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "is_of_function", "faults"),
    [
        ("Return the row, or None if there is none.", True, 0),
        ("A row that is locked.", False, 0),
        ("The row that is locked.", True, 1),
        ("Whoever waits gets no addresses.", True, 1),
        ("What a row holds.", False, 1),
        ("Inside a transaction: lock the row.", True, 1),
        ("Returns the row.", True, 1),
        ("Locking of the row.", True, 1),
        ("Pass the row on.", True, 0),
        ("Bring the row up to date.", True, 0),
        (f"Return {'very ' * 20}long rows.", True, 1),
        (f"Return this example.\n\n    {'long ' * 30}\nSource: {'long ' * 30}", True, 0),
    ],
)
def test_a_docstring_is_judged_by_its_first_word_and_its_length(text: str, is_of_function: bool, faults: int) -> None:
    assert len(_faults(text, is_of_function)) == faults


def _docstrings(package: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the place and the text of each docstring, an attribute's too, and whether it is a function's."""
    for path in sorted((BASE / package).rglob("*.py")):
        nodes = [] if "migrations" in path.parts else list(ast.walk(ast.parse(path.read_text())))
        of_functions = {node.body[0] for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        for node in nodes:
            match node:
                case ast.Expr(ast.Constant(str(text))):
                    yield f"{path.relative_to(BASE)}:{node.lineno}", text, node in of_functions


def _faults(text: str, is_of_function: bool) -> list[str]:
    first = re.sub(r"\W", " ", text).split()[0].lower()
    found = [f"begins with “{first}”"] if first in (NO_VERBS if is_of_function else RIDDLES).split() else []
    if is_of_function and re.search(r"\w{3}ing$|[^su]s$", first) and not found:
        found.append(f"begins with “{first}”, which is no imperative")
    return found + [f"has a sentence of {len(words)} words" for words in _sentences(text) if len(words) > MOST_WORDS]


def _sentences(text: str) -> Iterator[list[str]]:
    """Yield the words of each sentence; indented lines, drawings and sources count as none."""
    lines = cleandoc(text).split("\n")
    prose = "\n".join("" if re.match(r"\s|.*─|Source:", line) else line for line in lines)
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", prose):
        yield sentence.split()
