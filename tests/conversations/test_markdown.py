"""Text to safe HTML: what it looks like, what it never contains, and that streaming ends in the same page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.markdown import GrowingMarkdown, growing, render

HOSTILE = (Path(__file__).parent / "markdown_corpus" / "hostile.txt").read_text().splitlines()
SURROUNDINGS = [
    "{}",
    "before {} behind",
    "- {}",
    "> {}",
    "# {}",
    "|a|b|\n|-|-|\n|{}|x|",
    "*{}*",
    "[{}](https://good.example)",
    "1. a\n\n   {}",
]
FENCED = ["```{}\ncode\n```", "~~~ {}\ncode", "```html\n{}\n```", "    {}", "$$\n{}\n$$", "\\[\n{}\n\\]"]

HTML_TAGS = "p br hr h1 h2 h3 h4 h5 h6 strong em s code pre blockquote ul ol li a table thead tbody tr th td div span"
MATH_TAGS = (
    "math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd "
    "mstyle mpadded mphantom menclose"
)
FORBIDDEN_IN_MATH = {"href", "style", "class", "id", "name", "src", "xlink:href", "actiontype"}
HTML_ATTRIBUTES = {
    "class",
    "href",
    "title",
    "target",
    "rel",
    "start",
    "data-language",
    "role",
    "aria-checked",
    "aria-disabled",
}
CLASSES = (
    "code-block code-block__bar code-block__language highlight table-scroll math-block math-error image-chip"
    " task-list-item task-box plain-text align-left align-right align-center"
)


class Page(HTMLParser):
    """What a browser would see: every element with its attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    page = Page(html)
    assert not page.other
    for tag, attributes in page.elements:
        if tag in MATH_TAGS.split():
            assert not FORBIDDEN_IN_MATH & attributes.keys()
            assert not [name for name in attributes if name.startswith("on")]
        else:
            assert tag in HTML_TAGS.split()
            assert attributes.keys() <= HTML_ATTRIBUTES
        for name in (attributes.get("class") or "").split():
            assert name in CLASSES.split() or re.fullmatch(r"[a-z][a-z0-9]{0,2}", name)
        if tag == "a" and "href" in attributes:
            assert re.match(r"(https?://|mailto:)[^/\\]", attributes["href"] or "")
            assert attributes["target"] == "_blank"
            assert attributes["rel"] == "noopener noreferrer nofollow ugc"


def classes_of(html: str) -> set[str]:
    return {name for _, attributes in Page(html).elements for name in (attributes.get("class") or "").split()}


# What it looks like


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** *c* ~~d~~ `e`", "<p>a <strong>b</strong> <em>c</em> <s>d</s> <code>e</code></p>\n"),
        ("# a\n\nb\n---", "<h1>a</h1>\n<h2>b</h2>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("**加粗（注意）**后面", "<p><strong>加粗（注意）</strong>后面</p>\n"),
        ("第一行\n第二行", "<p>第一行<br>\n第二行</p>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("> a\n\n***", "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>\n"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>\n"),
        ("[x]: https://a.example", None),
        ("", ""),
        (" \n\r\n", ""),
        ("a\r\nb\rc", "<p>a<br>\nb<br>\nc</p>\n"),
        ("a\x00b\ud800", "<p>a\ufffdb\ufffd</p>\n"),
    ],
)
def test_markdown(text: str, html: str | None) -> None:
    if html is None:
        assert "[x]: " in Page(render(text)).text
    else:
        assert render(text) == html


def test_table_scrolls_and_aligns_by_class() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1<br>2|`<br>`|3|\nbehind")
    assert html.startswith('<div class="table-scroll"><table>')
    assert {"align-left", "align-center", "align-right"} <= classes_of(html)
    assert "1<br>\n2" in html
    assert "<code>&lt;br&gt;</code>" in html
    assert html.endswith("</table></div>\n<p>behind</p>\n")


def test_tasks_are_inert_boxes() -> None:
    boxes = [
        attributes
        for tag, attributes in Page(render("- [x] a\n- [ ] b\n- [x](https://a.example)")).elements
        if tag == "span"
    ]
    assert [box["aria-checked"] for box in boxes] == ["true", "false"]


@pytest.mark.parametrize(
    "text", ["$x^2$", r"\(x^2\)", "$$x^2$$", "$$\nx^2\n$$", r"\[x^2\]", "\\[\nx^2\n\\]", "a\n$$\nx^2\n$$\nb"]
)
def test_formulas_become_mathml(text: str) -> None:
    html = render(text)
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert ('display="block"' in html) == text.lstrip("a\n").startswith(("$$", "\\["))


def test_aligned_formula_is_a_table() -> None:
    assert "<mtr>" in render("\\[\n\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}\n\\]")


@pytest.mark.parametrize(
    "text", ["$5 and $10", "US$5 or CA$6", "from $5-$10", r"cost \$5$", r"\[1\]", "`$x$`", "$ x $", "$5 or 10$ each"]
)
def test_what_is_no_formula(text: str) -> None:
    assert "<math" not in render(text)


@pytest.mark.parametrize(
    "text", [r"$\def\a{\a\a}\a$", r"$\newcommand{\a}{b}\a$", r"$\left( x$", "$$\n" + "x" * 5000 + "\n$$", r"$\frac$"]
)
def test_formula_that_cannot_be_shown_is_its_source(text: str) -> None:
    html = render(text)
    assert "math-error" in classes_of(html)
    assert Page(html).text.strip() == text


@pytest.mark.parametrize(
    ("language", "code", "token"),
    [
        ("python", "def f(): pass", '<span class="k">def</span>'),
        ("js", "const a = 1", '<span class="kd">const</span>'),
        ("bash", "echo $HOME", '<span class="nb">echo</span>'),
        ("JSON", '{"a": 1}', '<span class="mi">1</span>'),
        ("sql", "select 1", '<span class="k">select</span>'),
        ("html", "<p>", '<span class="nt">p</span>'),
    ],
)
def test_code_has_the_colours_of_its_language(language: str, code: str, token: str) -> None:
    html = render(f"```{language}\n{code}\n```")
    assert html.startswith(f'<div class="code-block" data-language="{language.lower()}"><div class="code-block__bar">')
    assert token in html
    assert code in Page(html).text


@pytest.mark.parametrize("info", ["", "unknown", '"><img', "a" * 21, "pÿthon", "text"])
def test_other_code_has_none(info: str) -> None:
    html = render(f"```{info}\ndef f(): pass\n```")
    assert '<pre><code class="highlight">def f(): pass\n</code></pre>' in html


def test_code_that_takes_a_lexer_too_long_has_none() -> None:
    assert "<span class=" not in render("```csharp\nint x = 1;\n" + "a\n" * 5000 + "```").partition("<pre>")[2]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/b_c?d=e.", "https://a.example/b_c?d=e"),
        ("（https://a.example/b）。", "https://a.example/b"),
        ("见https://a.example/b谢谢", "https://a.example/b"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("<https://a.example>", "https://a.example"),
        ("[a](https://a.example 'b')", "https://a.example"),
        ("<a@b.example>", "mailto:a@b.example"),
    ],
)
def test_links(text: str, address: str) -> None:
    links = [attributes["href"] for tag, attributes in Page(render(text)).elements if tag == "a"]
    assert links == [address]


def test_image_is_never_loaded() -> None:
    html = render("![a *b*](http://a.example/x?d=1)")
    assert html == '<p><span class="image-chip" title="http://a.example/x?d=1">a *b*</span></p>\n'


# What it never contains


@pytest.mark.parametrize("vector", HOSTILE)
def test_hostile_text_is_harmless(vector: str) -> None:
    for surrounding in SURROUNDINGS + FENCED:
        text = surrounding.format(vector) if vector.count("{") == 0 else surrounding.replace("{}", vector)
        assert_harmless(render(text))
        for end in range(0, len(text), 7):
            reply = GrowingMarkdown()
            assert_harmless(reply.update(text[:end]).live)


def test_raw_html_is_text() -> None:
    for vector in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- a -->", "<br>"):
        assert Page(render(vector)).text.strip() == vector


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000 + "word",
        "- " * 2_000 + "word",
        "[" * 50_000 + "word",
        "_a__a" * 20_000 + "word",
        "![" * 5_000 + "word",
        "a|" * 10_000 + "word",
    ],
    ids=["quotes", "lists", "brackets", "emphasis", "images", "columns"],
)
def test_text_beyond_the_limits_is_shown(text: str) -> None:
    assert "word" in Page(render(text)).text


@given(
    st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=1),
    st.sampled_from(["- ", "> ", "# ", "1. ", "```\n", "    ", "**", "$$\n"]),
)
@settings(max_examples=100, deadline=None)
def test_no_word_is_lost(words: list[str], prefix: str) -> None:
    shown = Page(render("\n".join(prefix + word for word in words))).text
    assert all(word in shown.replace("\\", "") for word in words)


# While it streams

FRAGMENTS = [
    "word", " ", "\n", "\n\n", "\r\n", "\r", "# ", "#", "- ", "-", "* ", "*", "**", "1", ". ", "2. ", "> ", "    ",
    "\t", "  ", "```", "```py\n", "\n```\n", "~~~", "`", "|", "a|b\n-|-\n", "\n|-|-|\n", "1|2\n", "$", "$$", "\n$$\n",
    "\\[", "\\]", "\\(x\\)", "x^2", "[a](https://b.example)", "[x]: https://a.example\n", "[x]", "![", "](c)", "---",
    "\n===\n", "***", "+ ", "- [x] ", "<b>", "https://a.example/b", "中文（注意）", "\\", "&amp;", "def f(): pass\n",
    "_", "~~", "~", "\x00",
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
        patch.setattr(growing, "PATIENCE", patience)
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
        reply.part(before)
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
