"""The tokens of the visual language: all written down, all defined, and readable in every theme."""

import re
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).parent.parent
SHEETS = ROOT / "static" / "css"
DJANGOS = Path(django.__file__).parent / "contrib/admin/static/admin/css/base.css"
TEXTS = ("text", "text-soft", "text-faint", "accent", "accent-strong", "warning", "error")
SURFACES = {
    "page": TEXTS,
    "panel": TEXTS,
    "hover": ("text", "text-faint"),
    "accent-soft": ("text", "accent-strong", "text-faint"),
    "accent": ("on-accent",),
}


def css(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def defined(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(--[\w-]+):", css(path), re.MULTILINE))


def test_every_token_that_is_used_is_defined() -> None:
    sheets = sorted(SHEETS.glob("*.css"))
    used = {(path.name, name) for path in sheets for name in re.findall(r"var\((--[\w-]+)", css(path))}
    known = defined(DJANGOS).union(*map(defined, sheets))
    assert {(sheet, name) for sheet, name in used if name not in known} == set()


def test_the_page_about_it_names_every_token_and_no_other() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text().partition("## The visual language")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(--[\w-]+\*?)`", told))
    roles = set(re.findall(r"(--[\w-]+):", css(SHEETS / "colors.css").rpartition(":root {")[2]))
    tokens = defined(SHEETS / "sizes.css") | defined(SHEETS / "fonts.css") | roles
    families = {name.removesuffix("*") for name in named if name.endswith("*")} | {"--space-"}
    soft = {"--warning-soft", "--error-soft"}  # "with a -soft ground each"
    told_of = {name for name in tokens if name in named | soft or name.startswith(tuple(families))}
    assert tokens - told_of == set()
    assert {name for name in named if not name.endswith("*")} - tokens == set()


def test_durations_are_tokens() -> None:
    raw = [
        (path.name, value)
        for path in sorted(SHEETS.glob("*.css"))
        for value in re.findall(r"transition(?:-duration)?: ([^;]+);", css(path))
        if re.search(r"[1-9]\d*m?s", value) and "var(--motion" not in value
    ]
    assert raw == []


def test_what_holds_thousands_of_elements_is_asked_about_its_children_alone() -> None:
    """`:has()` with a descendant is asked again at each word of a reply, and looks through all of it."""
    searched = re.compile(r"\.(?:(?:transcript|message):has\((?!> )|(?:app|chat):has\((?!> )[^{,]*\) (?!{))[^{,]*")
    sheets = (path for path in sorted(SHEETS.glob("*.css")) if path.name != "print.css")
    assert {path.name: found for path in sheets if (found := searched.findall(css(path)))} == {}


@pytest.mark.parametrize(("scheme", "block"), [("light", ""), ("dark", ""), ("light", "more"), ("dark", "more")])
def test_words_are_readable_on_what_they_stand_on(scheme: str, block: str) -> None:
    sheet = css(SHEETS / "colors.css")
    contrasted = re.search(r"prefers-contrast: more\) \{(.+?)\n\}", sheet, re.DOTALL)
    assert contrasted
    colors = {**raw_colors(sheet.partition("@media")[0], scheme), **raw_colors(contrasted[1] if block else "", scheme)}
    roles = dict(re.findall(r"--([\w-]+): var\(--([\w-]+)\);", sheet))
    least = 7 if block else 4.5
    weak = {
        (surface, text): found
        for surface, texts in SURFACES.items()
        for text in texts
        if (found := round(contrast(colors[roles[surface]], colors[roles[text]]), 2)) < least
    }
    assert weak == {}


def raw_colors(sheet: str, scheme: str) -> dict[str, str]:
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", sheet)
    return {name: light if scheme == "light" else dark for name, light, dark in pairs}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors. Source: WCAG 2.2, relative luminance."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    shares = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
