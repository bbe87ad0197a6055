"""Text to HTML while it streams: it ends in the same page, and what was shown stays."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.markdown import GrowingMarkdown, growing, render
from tests.conversations.harmless import assert_harmless

FRAGMENTS = [
    "word", " ", "\n", "\n\n", "\r\n", "\r", "# ", "#", "- ", "-", "* ", "*", "**", "1", ". ", "2. ", "> ", "    ",
    "\t", "  ", "```", "```py\n", "\n```\n", "~~~", "`", "|", "a|b\n-|-\n", "\n|-|-|\n", "1|2\n", "$", "$$", "\n$$\n",
    "\\[", "\\]", "\\(x\\)", "x^2", "[a](https://b.example)", "[x]: https://a.example\n", "[x]", "![", "](c)", "---",
    "\n===\n", "***", "+ ", "- [x] ", "<b>", "https://a.example/b", "中文（注意）", "\\", "&amp;", "def f(): pass\n",
    "_", "~~", "~", "\x00", "<details>", "<summary>a</summary>", "\n</details>\n", "</b>", "<br>", "[^1]", "```md\n",
    "\n\n```\n", "$$\n\n", "\\[\n", "some prose here", "www.a.example.org", "שלום",
    "a@b.example ", "- [ ] **", "\\ce{H2O}", "，", "\\begin{align}\n", "\n\\end{align}",
]  # fmt: skip
DOCUMENTS = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
CUTS = st.lists(st.integers(1, 30), min_size=1, max_size=20)


def prefixes(text: str, cuts: list[int]) -> list[str]:
    """Cut a text again and again at these distances; the last prefix is the text."""
    ends, end = [], 0
    while end < len(text):
        end += cuts[len(ends) % len(cuts)]
        ends.append(text[:end])
    return ends or [text]


def without_colours(html: str) -> str:
    return re.sub(r'<span class="[a-z][a-z0-9]{0,2}">(.*?)</span>', r"\1", html, flags=re.DOTALL)


@given(DOCUMENTS, CUTS)
@example("```py\n ", [1])
@example("~~~a|b\n-|-\n", [1])
@example("1.\n\n\n2. b", [1])
@example("> 1. a\n\n2. b", [1])
@example("a\n#b", [1])
@example("$$\na\n\n$$\n", [1])
@settings(max_examples=300, deadline=None)
def test_growing_ends_in_the_same_page(text: str, cuts: list[int]) -> None:
    reply, whole, shown = GrowingMarkdown(), render(text), ""
    for prefix in prefixes(text, cuts):
        update = reply.update(prefix)
        shown += "".join(update.done)
        assert whole.startswith(shown)
    assert shown == "".join(reply.done)
    assert without_colours(shown + reply.live) == without_colours(whole)
    if "```" not in text and "~~~" not in text:
        assert shown + reply.live == whole
    assert reply.finish() == whole


@given(DOCUMENTS, CUTS, st.sampled_from([50, 400, 5000]))
@settings(max_examples=150, deadline=None)
def test_growing_beyond_the_eager_part(text: str, cuts: list[int], patience: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growing, "EAGER_CHARACTERS", 10)
        patch.setattr(growing, "RENDER_DIVISOR", patience)
        reply, whole = GrowingMarkdown(), render(text)
        for prefix in prefixes(text, cuts):
            reply.update(prefix)
            assert whole.startswith("".join(reply.done))
            assert_harmless(reply.live)
        assert reply.finish() == whole


@given(st.lists(DOCUMENTS, min_size=2, max_size=4), CUTS)
def test_a_part_between_two_texts_keeps_them_apart(texts: list[str], cuts: list[int]) -> None:
    reply, before = GrowingMarkdown(), ""
    for text in texts:
        for prefix in prefixes(text, cuts):
            reply.update(before + prefix)
        before += text
        reply.close_before_part(before)
    assert "".join(reply.done) == "".join(render(text) + growing.PART for text in texts)
    assert reply.live == ""


def test_blocks_close_one_by_one() -> None:
    reply = GrowingMarkdown()
    assert reply.update("one\n\nt") == growing.Rendered(("<p>one</p>\n",), "<p>t</p>\n")
    assert reply.update("one\n\ntwo\n\n> three").done == ("<p>two</p>\n",)
    assert reply.done == ("<p>one</p>\n", "<p>two</p>\n")


def test_open_fence_gets_its_colours_when_it_has_closed() -> None:
    reply, code = GrowingMarkdown(), "```python\ndef f(): pass\n"
    assert '<span class="k">' not in reply.update(code).live
    assert '<span class="k">' not in reply.update(code + "```").live
    assert '<span class="k">' in reply.update(code + "```\n\nbehind").done[0]


def test_what_follows_a_long_block_is_rendered() -> None:
    for long in ("```py\n" + "x = 1\n" * 20_000 + "```\n", "```py\n" + "x = 1\n" * 20_000, "**word** " * 5000):
        reply = GrowingMarkdown()
        reply.update(long)
        closing = "```\n" if long.endswith("1\n") else "\n"
        text = long if long.endswith("```\n") else long + closing
        reply.update(text)
        for _ in range(0, len(long), 2000):
            text += "\nA **short** paragraph.\n" * 100
            reply.update(text)
        assert reply.live == "<p>A <strong>short</strong> paragraph.</p>\n"
        assert reply.finish() == render(text)


def test_a_long_open_block_shows_its_newest_words_at_once() -> None:
    reply, text = GrowingMarkdown(), "**word** " * 5000
    reply.update(text)
    live = reply.update(text + "newest <b>").live
    assert live.endswith('<p class="plain-text">newest &lt;b&gt;</p>\n')
    assert reply.finish() == render(text + "newest <b>")


@pytest.mark.parametrize("item", ["- **a** b\n", "7. **a** b\n   - c\n"])
def test_a_list_without_an_end_is_cut_into_lists(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "SLICE", 500)
    monkeypatch.setattr(growing, "MAX_UNSETTLED", 2_000)
    text = item * 1_000
    whole = render(text)
    assert (whole.count("<li>"), whole.count("<strong>a</strong>")) == (text.count("\n"), 1_000)
    reply = GrowingMarkdown()
    for end in range(0, len(text), 700):
        reply.update(text[:end])
    reply.update(text)
    assert reply.finish() == whole
