"""Every text that a person reads has its Chinese, and no unused text is translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "chatsite" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "translate_noop", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
NAMES_AND_DAYS = r"(?:%\({0}\)s|\{{{0}\}})".format("(?:names?|maker|person|teams?|one|two|date|day)")
HAN = r"[\u3001-\u9fff\uff00-\uffef]"
Marked = tuple[str | None, str]
"""A context, or None, and a text."""


def test_every_marked_text_is_translated() -> None:
    translated = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(CATALOGUE)).translated_entries()}
    assert _marked() - translated == set()


def test_nothing_is_translated_that_is_not_marked() -> None:
    entries = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(CATALOGUE))}
    assert entries - _marked() == set()


def test_placeholders_are_the_same_in_both_languages() -> None:
    for entry in polib.pofile(str(CATALOGUE)):
        for text in (entry.msgstr, *entry.msgstr_plural.values()):
            assert {word for word in entry.msgid.split() if "%(" in word} == set() or "%(" in text, entry.msgid


def test_chinese_names_and_days_stand_without_blanks() -> None:
    """The style sheet keeps other scripts apart from Chinese signs: a blank in a text would part two of these."""
    texts = (text for entry in polib.pofile(str(CATALOGUE)) for text in (entry.msgstr, *entry.msgstr_plural.values()))
    blank = re.compile(f"{HAN} {NAMES_AND_DAYS}|{NAMES_AND_DAYS} {HAN}")
    assert [text for text in texts if blank.search(text)] == []


def test_one_thing_has_one_name() -> None:
    """Check every text against the last column of the glossary "On the page" in CONTRIBUTING."""
    unwanted = _unwanted()
    assert {"您", "whoever"} <= set(unwanted)
    found = [
        f"{word}: {text}"
        for path in CATALOGUE.parent.glob("*.po")
        for entry in polib.pofile(str(path))
        for text in (entry.msgid, entry.msgid_plural, entry.msgstr, *entry.msgstr_plural.values())
        for word in unwanted
        if re.search(rf"\b{word}\b" if word.isascii() else word, text, re.IGNORECASE)
    ]
    assert found == []


def _unwanted() -> list[str]:
    _, _, table = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("### On the page")
    rows = [line.split("|") for line in table.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [word.strip() for row in rows[2:] for word in row[4].split(",")]


def _marked() -> set[Marked]:
    files = (path for kind in ("html", "txt") for path in ROOT.glob(f"templates/**/*.{kind}"))
    templates = (text for path in files for text in _in_template(path))
    folders = ("chatsite", "conversations", "providers")
    modules = (path for folder in folders for path in (ROOT / folder).glob("**/*.py"))
    return {*templates, *(text for path in modules for text in _in_source(path.read_text("utf-8")))}


def _in_template(path: Path) -> Iterator[Marked]:
    for line in templatize(path.read_text("utf-8")).splitlines():
        yield from _in_line(line)


def _in_line(line: str) -> Iterator[Marked]:
    """Return texts of calls that `templatize` leaves among blanked-out markup, like ` gettext('…') `."""
    for piece in re.split(r" (?=p?gettext\()", line)[1:]:
        call = f"{piece.split(') ')[0].rstrip(')')})"
        yield from _in_source(call)


def _in_source(source: str) -> Iterator[Marked]:
    for node in ast.walk(ast.parse(source)):
        yield from ((None, text) for text in _said_of_vendors(node))
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name in MARKERS:
            yield from ((None, text) for text in _literals(node.args[: 2 if "ngettext" in name else 1]))
        elif name in IN_CONTEXT:
            context, text = _literals(node.args[:2])
            yield context, text


def _literals(arguments: list[ast.expr]) -> list[str]:
    return [one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _said_of_vendors(node: ast.AST) -> Iterator[str]:
    """Return the reasons of VendorErrors.

    `providers.error_texts` translates them, because the wires import no Django.
    """
    values: list[ast.expr] = []
    if isinstance(node, ast.keyword) and node.arg == "because":
        values = [node.value]
    elif isinstance(node, ast.ClassDef):
        assigned = (one for one in node.body if isinstance(one, ast.Assign))
        values = [
            one.value for one in assigned if isinstance(one.targets[0], ast.Name) and one.targets[0].id == "sentence"
        ]
    yield from (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
