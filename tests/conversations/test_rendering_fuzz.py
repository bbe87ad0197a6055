"""Random texts are rendered in bounded time; with --soak for an hour."""

import random
import time
from collections.abc import Iterator

import pytest

from conversations.markdown import growing, rendered
from conversations.markdown.code.colours import ALIASES, LANGUAGES
from conversations.markdown.process.child import Child
from tests.conversations.harmless import assert_harmless

FUZZ_SECONDS, ALL_FUZZ_SECONDS = 2.0, 3_600.0
LONGEST = 40_000
OWN_SECONDS = 1.0
"""Seconds of processor time in this process, as in the server, for the longest of these texts."""
WAIT_SECONDS = 60.0

_CODE = [
    *"\\\"'`/*#$@{}[]()<>=:;,.|&!?%^~+-_ \t\n01aAxé",
    *("\n\n", "  ", "\n  ", "//", "/*", "*/", "(*", "<!--", "-->", "{-", "-}", '"""', "'''", "${", "#{"),
    *("<<EOF\n", "<<-'E'"),
    *("a.b", "a-b", "@a", "=>", "->", "::", "..", "1e9", "0x", "\\\\", '\\"', "=begin", "__END__", "q{", "s///", "%w("),
    *("def ", "fun ", "class ", "import ", "function ", "val ", "let ", "if ", "end", "begin ", "select ", "where "),
    "</a>",
]  # fmt: skip
_PROSE = [
    *"*_~`$[]()<>!|#-+=>\\&:. \t\nax1",
    *("\n\n", "\n    ", "\n- ", "\n1. ", "\n> ", "\n# ", "\n|a|b|\n|-|-|\n", "|a", "\n---\n", "**", "__", "~~"),
    *("```\n", "$$"),
    *("\\(", "\\)", "\\[", "\\]", "](", "![", "http://", "https://a.example/", "<https://", "&amp;", "&#", "www."),
    "a@b.c",
    *("<details>\n", "</details>\n", "<summary>", "</summary>", "<b>", "</b>", "<br>", "[^a]", "[^1]:"),
    *("<a href='https://a.b'>", "</a>", "```md\n", "\n$$\n", "\n\\[\n", "\\ce{", "שלום", "_b_", "$x$", "北京", "、"),
    *("- [ ] ", "\r\n", "\r", "\u3000", "（", "）", "中文", "\u200b", "\x00", "\ud800"),
]  # fmt: skip
_MATHS = [
    *"{}^_&\\ abx12+=()[]|'",
    *(r"\frac", r"\sqrt", r"\left", r"\right", r"\left(", r"\right)", r"\\", r"\text{"),
    *(r"\begin{matrix}", r"\end{matrix}"),
    *(r"\begin{cases}", r"\end{cases}", r"\sum", r"\limits", r"\overline", r"\binom", r"\color{red}", r"\hspace{1em}"),
]  # fmt: skip


def texts(chance: random.Random) -> Iterator[str]:
    while True:
        kind = chance.randrange(4)
        if kind == 0:
            yield _pile(chance, _PROSE, chance.choice([300, 3_000, LONGEST]))
        elif kind == 1:
            fence, closing = chance.choice([("$", "$"), ("$$\n", "\n$$"), ("\\(", "\\)")])
            piles = (_pile(chance, _MATHS, chance.choice([50, 500, 3_900])) for _ in range(chance.randrange(1, 12)))
            yield "\n\n".join(f"{fence}{pile}{closing}" for pile in piles)
        else:
            language = chance.choice([*sorted(LANGUAGES), *sorted(ALIASES)])
            code = _pile(chance, _CODE, chance.choice([60, 1_000, 10_000, LONGEST]))
            yield f"````{language}\n{code}\n````\n\n{_pile(chance, _PROSE, 100)}"


def _pile(chance: random.Random, pieces: list[str], size: int) -> str:
    """Return few pieces repeated, as slow texts mostly are; sometimes many, and lines that are not too long."""
    pile = ""
    while len(pile) < size:
        unit = "".join(chance.choices(pieces, k=chance.choice([1, 1, 2, 2, 3, 5, 12])))
        pile += unit * chance.choice([1, 3, 40, 700, 20_000 // len(unit)])
        pile += chance.choice(["", "", "\n", "x"])
    pile = pile[:size]
    if chance.random() < 0.5:
        return pile
    width = chance.choice([20, 200, 1_900])
    return "\n".join(pile[at : at + width] for at in range(0, len(pile), width))


def test_no_text_takes_for_ever(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    soak = request.config.getoption("--soak")
    seed = random.SystemRandom().randrange(10**6) if soak else 1
    print(f"seed {seed}")
    child = Child()
    monkeypatch.setattr(growing, "child", child)
    until, slowest, replaced, count = time.monotonic() + (ALL_FUZZ_SECONDS if soak else FUZZ_SECONDS), (0.0, ""), 0, 0
    for text in texts(random.Random(seed)):
        before, own, begun = child._process, time.process_time(), time.monotonic()
        html = rendered(text, seconds=WAIT_SECONDS)
        own, took = time.process_time() - own, time.monotonic() - begun
        assert own < OWN_SECONDS, text[:500]
        assert_harmless(html)
        replaced += before is not None and child._process is not before
        slowest = max(slowest, (took, text[:200]))
        count += 1
        if time.monotonic() > until:
            break
    print(f"{count} texts, {replaced} processes replaced, the slowest took {slowest[0]:.1f} s: {slowest[1]!r}")
    child.close()
