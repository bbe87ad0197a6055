"""Patches of a growing reply: a page that applies them shows what the server renders, for few bytes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations import markdown
from conversations.markdown import GrowingMarkdown, Versions, ended_patch, render
from conversations.markdown.patches import shorthand
from tests.conversations.patched_page import PatchedPage
from tests.conversations.test_growing_markdown import CUTS, DOCUMENTS, prefixes

BASE = Path(__file__).resolve().parents[2]
BODY = '<div class="message__text">{}</div>'
PIECE = 100
"""Characters between two updates; a fast model writes them in a twentieth of a second."""
MOST = 2.7
"""Bytes of patches for each byte of text: with the text itself and a frame's other fields less than four."""


class Reply:
    """A reply that grows, and a page that follows it by patches alone."""

    def __init__(self) -> None:
        self.growing, self.versions, self.page = GrowingMarkdown(), Versions(), PatchedPage()
        self.sent = 0

    def grow(self, text: str) -> None:
        self.growing.update(text)
        base = self.versions.newest
        patch = self.versions.add(self.growing.done, self.growing.live, text)[base]
        self._apply(patch, text)
        assert self.page.html == shown(self.growing)

    def end(self, body: str, text: str) -> None:
        patch = ended_patch(self.versions.newest, body, text)
        assert patch is not None
        self._apply(patch, text)

    def _apply(self, patch: dict[str, Any], text: str) -> None:
        sent = json.dumps(patch, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        self.sent += len(sent)
        self.page.apply(patch, text)


def shown(growing: GrowingMarkdown) -> list[str]:
    return ("".join(growing.done) + growing.live.rstrip("\n")).split(markdown.PART)


@given(DOCUMENTS, CUTS)
@example("```py\ndef f(): pass\n```\n\n```py\n1", [5])
@example("- a\n\n  ```py\n  def f(): pass\n  ```\n- b\n\n- c", [4])
@example("a😀b **😀** c `😀`", [1])
@example("A & b <i> c &amp; d", [1])
@example("\x85 <b> \x9f **x**", [3])
@settings(max_examples=200, deadline=None)
def test_a_page_that_applies_patches_shows_what_the_server_renders(text: str, cuts: list[int]) -> None:
    reply = Reply()
    for prefix in prefixes(text, cuts):
        reply.grow(prefix)
    if reply.page.html != [""]:
        reply.end(BODY.format(render(text)), text)
        assert reply.page.html == [render(text)]


@given(DOCUMENTS, CUTS, st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_a_page_that_missed_versions_gets_one_patch_for_all(text: str, cuts: list[int], early: int, late: int) -> None:
    growing, versions, slow = GrowingMarkdown(), Versions(), PatchedPage()
    known = versions.newest
    for number, prefix in enumerate(prefixes(text, cuts)):
        growing.update(prefix)
        patches = versions.add(growing.done, growing.live, prefix, [known])
        if number in (min(early, late), max(early, late)):
            slow.apply(patches[known], prefix)
            known = versions.newest
            assert slow.html == shown(growing)


@given(st.lists(DOCUMENTS, min_size=2, max_size=3), CUTS)
@settings(max_examples=50, deadline=None)
def test_texts_between_parts_are_patched_each_in_its_place(texts: list[str], cuts: list[int]) -> None:
    reply, before = Reply(), ""
    for text in texts:
        for prefix in prefixes(text, cuts):
            reply.grow(before + prefix)
        before += text
        reply.growing.close_before_part(before)
    reply.grow(before)
    assert "".join(reply.page.html) == "".join(map(render, texts))


@pytest.mark.parametrize("sources", [(0,), (2,), (0, 1, 2)])
def test_numbers_of_sources_change_their_blocks_alone(sources: tuple[int, ...]) -> None:
    said = [f"Block {number} has words.\n\n" for number in range(3)]
    text = "".join(said)
    reply = Reply()
    for end in range(10, len(text) + 10, 10):
        reply.grow(text[:end])
    marks = [markdown.Mark(sum(map(len, said[: number + 1])), number + 1, "A page") for number in sources]
    whole = markdown.rendered(text, marks)
    around = f'{BODY.format(whole)}<div class="sources">1</div>'
    patch = ended_patch(reply.versions.newest, around, text)
    assert patch is not None
    assert patch["around"] == f'{BODY.format("")}<div class="sources">1</div>'
    told = json.dumps(patch)
    assert not any(f"Block {number}" in told for number in range(3) if number not in sources)
    reply.end(around, text)
    assert "".join(reply.page.html).replace("\n", "") == whole.replace("\n", "")


def test_colours_that_were_late_come_without_their_code() -> None:
    text = "One.\n\n```python\ndef f(): pass\n```\n\nTwo.\n\n```python\nclass A: pass\n```\n\nThree."
    growing, versions, page = GrowingMarkdown(), Versions(), PatchedPage()
    growing.update(text)
    done = [re.sub(r"<span class=.k.>(.*?)</span>", r"\1", block) for block in growing.done]
    page.apply(versions.add(done, growing.live, text)[markdown.EMPTY], text)
    whole = render(text)
    patch = ended_patch(versions.newest, BODY.format(whole), text)
    assert patch is not None
    assert "def" not in json.dumps(patch)
    page.apply(patch, text)
    assert "".join(page.html).replace("\n", "") == whole.replace("\n", "")


def test_code_that_gets_too_long_for_colours_goes_on_in_parts() -> None:
    reply, text = Reply(), "```py\nx = 1\n```\n\n```\n"
    for _ in range(7):
        text += "a <b> & 😀 line\n" * 700
        reply.grow(text)
    text += "```\n\n```py\ndef f(): pass\n```\n\nAnd *more*."
    reply.grow(text)
    assert reply.page.html == [render(text).rstrip("\n")]
    assert render(text).count('<span class="code-part">') == 10
    assert reply.sent < 3 * len(text.encode())


def test_another_text_than_was_streamed_is_told_whole() -> None:
    reply = Reply()
    reply.grow("One.\n\nTwo.")
    assert ended_patch(reply.versions.newest, BODY.format("<p>One.</p>\n") * 2, "") is None
    assert ended_patch(markdown.EMPTY, BODY.format("<p>One.</p>\n"), "") is None


def form(name: str, size: int) -> str:
    """Return a reply of one form and about this many characters."""
    code = 'def price(item, count=1):\n    # what it costs\n    return round(item["price"] * count, 2)  # & tax\n\n'
    row, item = "| {0} | name {0} | {0}.50 | some *words* |\n", "- Step {0} says **what** to do with `item` and why.\n"
    prose = "A long paragraph goes on with plain words, some *stress* and a [link](https://example.org/page) in it. "
    made = {
        "code": "Look:\n\n```python\n" + code * (size // len(code)) + "```\n",
        "table": "| no | name | price | note |\n|---:|---|:--|---|\n" + "".join(map(row.format, range(size // 40))),
        "list": "".join(map(item.format, range(size // 52))),
        "paragraph": prose * (size // len(prose)),
    }
    if name != "mixed":
        return made[name]
    pieces = [form(part, size // 10) for part in made] * 2
    return "\n\n".join(f"## Part {number}\n\n{piece}" for number, piece in enumerate(pieces))


@pytest.mark.parametrize("name", ["code", "table", "list", "paragraph", "mixed"])
def test_patches_are_hardly_longer_than_the_text(name: str, pytestconfig: pytest.Config) -> None:
    text = form(name, 45_000 if pytestconfig.getoption("--soak") else 9_000)
    reply = Reply()
    for end in range(PIECE, len(text) + PIECE, PIECE):
        reply.grow(text[:end])
    reply.end(BODY.format(render(text)), text)
    assert reply.page.html == [render(text)]
    print(f"{name}: {len(text):,} characters, {reply.sent / len(text):.2f} bytes of patches each")
    assert reply.sent <= MOST * len(text)


def test_page_and_server_shorten_the_same_markup() -> None:
    script = (BASE / "static/js/helpers/patches.js").read_text("utf-8")
    listed = re.search(r"const MARKUP = \[(.*?)\];", script, re.DOTALL)
    assert listed
    strings = re.findall(r"\"((?:[^\"\\]|\\.)*)\"(?=,)|'([^']*)'(?=,)", listed[1])
    assert tuple((one or other).replace("\\n", "\n") for one, other in strings) == shorthand.markup()
