"""Text to safe HTML: its look, the markup that it never contains, and that no word is lost."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.markdown import GrowingMarkdown, parser, render
from conversations.markdown.slices import render_slice
from tests.conversations.harmless import Page, assert_harmless

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


def classes_of(html: str) -> set[str]:
    return {name for _, attributes in Page(html).elements for name in (attributes.get("class") or "").split()}


# The look


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


def test_lines_of_a_table_in_a_formula_are_drawn() -> None:
    html = render("$$\\begin{array}{c}\\hline a\\\\\\hline b\\\\ c\\\\\\hline\\end{array}$$")
    assert re.findall("<mtr[^>]*>", html) == ['<mtr class="math-line">'] * 2 + ['<mtr class="math-line-below">']
    assert "\N{SYMBOL FOR RECORD SEPARATOR}" not in html


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ("c|c", ["", "left"]),
        ("|c|c|", ["left", "left right"]),
        ("[t]{@{}*{2}{c}:p{3cm}@{}}", ["", "", "left"]),
        ("{r||l}", ["", "left"]),
        ("{rl}", ["", ""]),
    ],
)
def test_lines_between_columns_of_a_formula_are_drawn(columns: str, classes: list[str]) -> None:
    spec = columns if "{" in columns else f"{{{columns}}}"
    cells = " & ".join("x" * len(classes))
    html = render(f"$$\\begin{{array}}{spec}{cells}\\\\{cells}\\end{{array}}$$")
    drawn = [" ".join(re.findall("math-line-([a-z]+)", cell)) for cell in re.findall("<mtd[^>]*>", html)]
    assert drawn == classes * 2, html
    assert "columnlines" not in html


def test_a_prescript_stands_before_its_base() -> None:
    assert "<msubsup><mrow></mrow><mrow><mn>6</mn></mrow><mrow><mn>14</mn></mrow>" in render("$\\prescript{14}{6}{C}$")


def test_table_scrolls_and_aligns_by_class() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1<br>2|`<br>`|3|\nbehind")
    assert html.startswith('<div class="table-scroll" tabindex="0"><table>')
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


@pytest.mark.parametrize(("cells", "count"), [("a&a&", 3), ("1&2\\\\3& ", 4)])
def test_a_row_of_a_matrix_stays_though_its_last_cell_is_empty(cells: str, count: int) -> None:
    assert render(f"$$\\begin{{pmatrix}}{cells}\\end{{pmatrix}}$$").count("<mtd>") == count


@pytest.mark.parametrize(
    ("text", "mathml"),
    [
        (r"\text{50\% of total\_cost}", "<mtext>50%&nbsp;of&nbsp;total_cost</mtext>"),
        (r"\operatorname*{Re} z", '<mi mathvariant="normal">R</mi><mi mathvariant="normal">e</mi>'),
        (r"\mathop{\mathrm{lim}}\limits_{x}", '<mi mathvariant="normal">l</mi>'),
        (r"\left( A \middle| B \right)", '<mi>A</mi><mo stretchy="false">|</mo><mi>B</mi>'),
        (r"\mathrm{d}x", '<mi mathvariant="normal">d</mi>'),
        (r"A^\mathrm{T}", '<mi mathvariant="normal">T</mi>'),
        (r"x \label{one} \nonumber", "<mrow><mi>x</mi></mrow>"),
    ],
)
def test_formulas_that_the_converter_misreads(text: str, mathml: str) -> None:
    html = render(f"$${text}$$")
    assert mathml in html
    assert "<mo>*</mo>" not in html


@pytest.mark.parametrize(
    ("text", "spaced"),
    [
        (r"\ln 2", "ln 2"),
        (r"-a\ln x", "−a ln x"),
        (r"\sin^2 x\cos y", "sin2 x cos y"),
        (r"\log_2 n", "log2 n"),
        (r"2\sin(x)\cos(y)", "2 sin(x) cos(y)"),
        (r"\frac{\ln 2}{\ln 3}", "ln 2ln 3"),
        (r"\exp\left(x\right)", "exp (x)"),
        (r"\arg z", "arg z"),
        (r"\sgn x\Tr A", "sgn x Tr A"),
        (r"a\operatorname{rank} A", "a rank A"),
        (r"5\mathrm{kg}", "5kg"),
        (r"(\ln x) = \ln y", "(ln x)=ln y"),
        (r"\ln", "ln"),
    ],
)
def test_names_of_functions_stand_apart_as_in_tex(text: str, spaced: str) -> None:
    html = render(f"${text}$").replace('<mspace width="0.167em"></mspace>', " ")
    assert re.sub("<[^>]*>", "", html).strip() == spaced


@pytest.mark.parametrize(("open_", "close"), [(r"\lceil", r"\rceil"), (r"\lfloor", r"\rfloor"), ("(", "]")])
def test_fences_of_formulas_grow_with_what_they_hold(open_: str, close: str) -> None:
    html = render(rf"$\left{open_} \frac{{n}}{{2}} \right{close}$")
    assert html.count('<mo stretchy="true" fence="true"') == 2
    assert html.index('form="prefix"') < html.index("<mfrac>") < html.index('form="postfix"')


def test_the_end_of_the_sentence_stands_on_the_line_of_its_formula() -> None:
    assert "<mtext>。</mtext></mrow></math></div>" in render("$$\nx=1\n$$。")


@pytest.mark.parametrize(
    ("text", "mathml"),
    [
        (r"\ce{H2O}", "<msub><mtext>H</mtext><mrow><mn>2</mn></mrow></msub><mtext>O</mtext>"),
        (r"$\ce{A <=> B}$", "<mo>⇌</mo>"),
        (r"$\ce{Na+}$", "<msup><mtext>Na</mtext><mrow><mo>+</mo></mrow></msup>"),
        (r"$\pu{5 kJ}$", "<mtext>5 kJ</mtext>"),
    ],
)
def test_chemistry_is_shown(text: str, mathml: str) -> None:
    assert mathml in render(text).replace("&nbsp;", " ")


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
    assert '<pre tabindex="0"><code class="highlight">def f(): pass\n</code></pre>' in html


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


def test_an_image_is_never_loaded_and_a_link_leads_to_it() -> None:
    chip = '<span class="image-chip" title="{0}">a *b*</span>'
    links = [("http://a.example/x?d=1", True), ("data:image/png;base64,AA", False), ("javascript:x", False)]
    for address, leads in links:
        elements = Page(render(f"![a *b*]({address})")).elements
        assert ("a" in [tag for tag, _ in elements]) == leads
        assert chip.format(address) in render(f"![a *b*]({address})")
    chart = "http://a.example/c?c={labels:['a b','c (d)']}"
    [link] = [attributes for tag, attributes in Page(render(f"![x]({chart})")).elements if tag == "a"]
    assert link["href"] == chart.replace(" ", "%20")
    inside = [attributes for tag, attributes in Page(render("[![a](http://a.example/x)](http://b.example/)")).elements
              if tag == "a"]  # fmt: skip
    assert [attributes["href"] for attributes in inside] == ["http://b.example/"]


# Markup that it never contains


@pytest.mark.parametrize("vector", HOSTILE)
def test_hostile_text_is_harmless(vector: str, pytestconfig: pytest.Config) -> None:
    step = 7 if pytestconfig.getoption("--soak") else 23
    for surrounding in SURROUNDINGS + FENCED:
        text = surrounding.format(vector) if vector.count("{") == 0 else surrounding.replace("{}", vector)
        assert_harmless(render(text))
        for end in range(0, len(text), step):
            reply = GrowingMarkdown()
            assert_harmless(reply.update(text[:end]).live)


def test_raw_html_is_text() -> None:
    for vector in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- a -->", "<b onclick=x>", "<sub>"):
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


@pytest.mark.parametrize("step", ["parse", "render"])
def test_text_with_which_the_parser_itself_fails_is_shown(
    step: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = "a word of the message"

    def fail(*_: object) -> None:
        raise RecursionError(said)

    monkeypatch.setattr(parser._parser if step == "parse" else parser._parser.renderer, step, fail)
    text = "# First\n\n```py\nsecond <b>\n```\n\n- third\nlast"
    for is_whole in (False, True):
        shown = render_slice(text, is_whole)
        html = "".join(shown.done) + shown.live
        assert_harmless(html)
        assert all(word in Page(html).text for word in ("First", "second <b>", "third\nlast"))
    assert "RecursionError" in caplog.text
    assert said not in caplog.text
