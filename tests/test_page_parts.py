"""What the chat page carries at first, and what its scripts fetch when they first need it."""

import re

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.test_static_files import SOURCES, TEMPLATES, modules

INCLUDED = re.compile(r"{% (?:include|constant) [\"']([^\"']+)[\"']|{% (appearance) %}")
NAMED = re.compile(r'<template id="([\w-]+)"|data-name="([\w.-]+)"')
ASKED = re.compile(r'\b(?:clone|phrase)\("([\w.-]+)"[,)]')
ICON = re.compile(r"{% icon [\"'](\w+)[\"']|#icon-(\w+)")
WAITED_FOR = {"limited-template"}
"""What a script of the first load uses once it has fetched the rest."""
FETCHED_ALONE = [
    "_parameters.html",
    "_shortcuts.html",
    "_resting_keys.html",
    "_summaries.html",
    "assistants/_choice.html",
]
"""Parts that are fetched by themselves, perhaps before the others."""


def markup(name: str, seen: set[str]) -> str:
    """Return a template's text with that of all that it includes."""
    if name in seen:
        return ""
    seen.add(name)
    text = (TEMPLATES / name).read_text()
    return text + "".join(markup(one or f"_{tag}.html", seen) for one, tag in INCLUDED.findall(text))


def found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {name for names in pattern.findall(text) for name in ([names] if isinstance(names, str) else names) if name}


def test_words_and_templates_come_with_the_scripts_that_need_them() -> None:
    first, later = (found(NAMED, markup(name, set())) for name in ("chat.html", "_later.html"))
    assert first & later == set()
    everywhere = found(NAMED, "".join(path.read_text() for path in TEMPLATES.rglob("*.html")))
    chat = modules("js/app.js")
    for path in (SOURCES / "js").rglob("*/*.js"):
        asked = found(ASKED, path.read_text()) - WAITED_FOR
        assert asked <= (first if path in chat else everywhere), path


def test_icons_come_with_the_markup_that_shows_them() -> None:
    drawn = re.compile(r'<symbol id="icon-(\w+)"')
    first, later = (found(drawn, (TEMPLATES / name).read_text()) for name in ("_icons.html", "_more_icons.html"))
    for name in ("chat.html", *FETCHED_ALONE):
        assert found(ICON, markup(name, set())) <= first, name
    assert found(ICON, markup("_later.html", set())) <= first | later


@pytest.mark.usefixtures("static_files")
def test_what_is_fetched_later_is_kept_as_long_as_it_is_the_same(cast: Cast) -> None:
    client, told = Client(), {}
    client.force_login(cast.alice)
    for language in ("en", "zh-hans"):
        cast.alice.language = language
        cast.alice.save()
        found_address = re.search(r'data-url-later="([^"]+)"', client.get("/").content.decode())
        assert found_address
        address = found_address[1]
        assert client.get(address).headers["Cache-Control"].endswith("immutable")
        assert client.get(f"{address}0").headers["Cache-Control"] == "no-cache", "of another version"
        told[address] = client.get(address).content.decode()
    assert [text.count("重命名") > 0 for text in told.values()] == [False, True]
