"""Numbers of sources: behind the right words, and the Markdown around them as it would be without."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.content import citations
from conversations.content.segments import rendered as rendered_parts
from conversations.content.segments import segments
from conversations.markdown import Mark, linked, render, rendered

MARK = re.compile(r'<sup class="cite"><a class="cite__link"[^>]*>(\d+)</a></sup>')
PIECES = [
    *("word ", "词语", "**bold** ", "*it*", "`code` ", "[link](https://example.test/a_b) ", "https://example.test/x. "),
    *("\n", "\n\n", "\r\n", "- item\n", "> quote\n", "```py\nx = 1\n```\n", "    indented\n", "# head\n", "$x^2$ "),
    *("$$\na\n$$\n\n", "| a | b |\n| - | - |\n| 1 | 2 |\n\n", "![p](https://example.test/p.png)", "\\* ", "&amp; "),
    *("~~out~~ ", "1. one\n", "- [ ] task\n", "\x00", "<b>", "--- \n", "|", "`", "*", "$", "[", "]("),
]


def render_cited(text: str, marks: list[Mark], key: str) -> str:
    return linked(rendered(text, marks), {mark.number: mark.title for mark in marks}, key)


def marked(text: str, *places: str | int) -> str:
    """Return the text's HTML with the numbers 1, 2, … in brackets, each after these words (or this character)."""
    ends = (place if isinstance(place, int) else text.index(place) + len(place) for place in places)
    html = render_cited(text, [Mark(end, number, "") for number, end in enumerate(ends, 1)], "k")
    return MARK.sub(r"[\1]", html).strip()


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("The sky is blue. Grass is green.", "blue.", "<p>The sky is blue.[1] Grass is green.</p>"),
        ("The sky is blue", "sky is bl", "<p>The sky is blue[1]</p>"),
        ("天空是蓝色的。草是绿色的。", "天空是蓝", "<p>天空是蓝[1]色的。草是绿色的。</p>"),
        ("It is **very** blue", "**ve", "<p>It is <strong>very[1]</strong> blue</p>"),
        ("It is **very** blue", "very**", "<p>It is <strong>very</strong>[1] blue</p>"),
        ("Blue **very**", "very**", "<p>Blue <strong>very</strong>[1]</p>"),
        ("Call `sky()` now", "`sk", "<p>Call <code>sky()</code>[1] now</p>"),
        ("One.\n\nTwo.", "One.\n\n", "<p>One.[1]</p>\n<p>Two.</p>"),
        ("- one\n- two", "one", "<ul>\n<li>one[1]</li>\n<li>two</li>\n</ul>"),
        ("A &amp; B rest.\n\nNext", "A &amp; B", "<p>A &amp; B rest.[1]</p>\n<p>Next</p>"),
        ("one one one", 7, "<p>one one[1] one</p>"),
        ("end", 99, "<p>end[1]</p>"),
    ],
)
def test_a_number_stands_behind_the_words(text: str, place: str | int, shown: str) -> None:
    assert marked(text, place) == shown


def test_several_numbers_at_one_place_come_in_order_and_once() -> None:
    html = render_cited("Blue. ", [Mark(6, 3, ""), Mark(5, 1, ""), Mark(5, 3, ""), Mark(4, 2, "")], "k")
    assert MARK.sub(r"[\1]", html) == "<p>Blue[2].[1][3]</p>\n"


def test_a_file_that_is_cited_has_a_number_and_no_address() -> None:
    sources = [{"uri": "", "title": "lease.pdf", "domain": ""}, {"uri": "ftp://a.example", "title": "A"}, {"uri": ""}]
    shown = citations.shown_sources(sources)
    assert shown == [{"place": 0, "address": "", "title": "lease.pdf", "domain": ""}]


def test_a_link_is_not_broken() -> None:
    html = marked("See [the page](https://example.test/sky) and https://example.test/sea for it.", "the p", "test/se")
    assert "the page</a>[1] and" in html
    assert "https://example.test/sea</a>[2] for it." in html


@pytest.mark.parametrize("block", ["```python\nx = 1\ny = 2\n```", "    x = 1\n    y = 2", "$$\nx = 1\n$$"])
def test_behind_a_block_of_code_or_maths(block: str) -> None:
    html = marked(f"Before\n\n{block}\n\nAfter", "x = 1")
    assert "</div>\n<p>[1]</p>\n<p>After</p>" in html


def test_in_the_cell_whose_words_they_are() -> None:
    html = marked("| sky | sea |\n| - | - |\n| blue | green |\n\nDone", "| blue", "| blue |", "green", "Done")
    assert "<td>blue[1][2]</td>" in html
    assert "<td>green[3]</td>" in html
    assert "<p>Done[4]</p>" in html


def test_a_number_leads_to_its_source_and_says_its_name() -> None:
    html = render_cited("Blue", [Mark(4, 7, 'Sky "<b>"')], "some-id")
    assert 'href="#source-some-id-7" title="Sky &quot;&lt;b&gt;&quot;">7</a>' in html


def test_a_text_cannot_forge_a_number() -> None:
    forged = '<sup class="cite">1</sup> [x](#source-k-1)'
    assert not MARK.search(render_cited(forged, [], "k"))


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.lists(st.integers(0, 200), max_size=8))
def test_without_its_numbers_it_is_the_text_as_ever(text: str, ends: list[int]) -> None:
    html = render_cited(text, [Mark(end, number, "") for number, end in enumerate(ends, 1)], "k")
    assert sorted(map(int, MARK.findall(html))) == list(range(1, len(ends) + 1))
    assert MARK.sub("", html).replace("<p></p>\n", "") == render(text)


def test_the_numbers_are_those_of_the_sources_that_are_shown() -> None:
    parts = [
        {"kind": "text", "text": "One."},
        {"kind": "code", "text": "x"},
        {"kind": "text", "text": " Two."},
        {
            "kind": "citation",
            "sources": [{"uri": "javascript:x", "title": "Hidden"}, {"uri": "https://a.test/", "title": "A"}, {"uri": "https://b.test/"}],
            "supports": [{"start": 0, "end": 4, "sources": [0, 2]}, {"start": 4, "end": 9, "sources": [1]}],
        },
    ]  # fmt: skip
    html = rendered_parts("One. Two.", parts, 10, 10)
    first, code, second, named = segments(html, "One. Two.", parts, "k")
    assert '<code class="highlight">x\n</code>' in code["html"]
    assert MARK.sub(r"[\1]", first["html"]) == "<p>One.[2]</p>\n"
    assert MARK.sub(r"[\1]", second["html"]) == "<p>Two.[1]</p>\n"
    assert [(source["title"], source["domain"]) for source in named["shown"]] == [("A", "a.test"), ("b.test", "")]


def test_so_many_sources_are_shown() -> None:
    sources = [{"uri": f"https://a.test/{number}"} for number in range(700)]
    first, second, third = citations.numbered([{"kind": "citation", "sources": sources}] * 3)
    assert [len(part["shown"]) for part in (first, second, third)] == [700, 300, 0]


def test_a_continued_reply_counts_from_its_seam() -> None:
    source = {"sources": [{"uri": "https://a.test/"}], "supports": [{"start": 0, "end": 3, "sources": [0]}]}
    parts = list(
        citations.numbered([
            {"kind": "text", "text": "Old half."},
            {"kind": "citation", **source},
            {"kind": "seam"},
            {"kind": "text", "text": "New half."},
            {"kind": "citation", **source},
        ])
    )  # fmt: skip
    assert [(mark.end, mark.number) for mark in citations.marks(parts)] == [(3, 1), (12, 2)]
