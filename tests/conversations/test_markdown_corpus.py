"""Small texts as models write them, in several scripts, and the HTML that people mean by them, whole and streamed.

A file of the corpus holds cases: `@@ name`, the text, `@@@`, its HTML. That leaves out colours and what all links have,
and shows a formula as its LaTeX.
"""

import random
import re
from pathlib import Path

import pytest

from conversations.markdown import GrowingMarkdown, render
from tests.conversations.harmless import assert_harmless
from tests.conversations.test_patches import BODY, Reply

CORPUS = Path(__file__).parent / "markdown_corpus"
FILES = sorted(path.stem for path in CORPUS.glob("*.txt") if path.stem != "hostile")
FORMULA = re.compile(r'<math display="(block|inline)" alttext="([^"]*)">.*?</math>', re.DOTALL)
COLOUR = re.compile(r'<span class="[a-z][a-z0-9]{0,2}">(.*?)</span>', re.DOTALL)
OF_EVERY_LINK = ' target="_blank" rel="noopener noreferrer nofollow ugc"'


def cases(name: str) -> list[tuple[str, str, str]]:
    """Return name, text and HTML of each case of a file."""
    written = (CORPUS / f"{name}.txt").read_text(encoding="utf-8")
    parts = [re.split(r"\n@@@\n|\n", case, maxsplit=1) for case in re.split(r"^@@ ", written, flags=re.MULTILINE)[1:]]
    return [(title, *rest.split("\n@@@\n", 1)) for title, rest in parts]  # type: ignore[misc]


def shortened(html: str) -> str:
    html = FORMULA.sub(lambda formula: f"<math{' block' if formula[1] == 'block' else ''}>{formula[2]}</math>", html)
    return COLOUR.sub(r"\1", html).replace(OF_EVERY_LINK, "").rstrip("\n")


def cuts(text: str) -> list[str]:
    """Return some of the text's prefixes, the same ones in each run, the last being the text."""
    chance = random.Random(text)
    ends = sorted(chance.sample(range(1, len(text)), min(len(text) - 1, 8)))
    return [*(text[:end] for end in ends), text]


@pytest.mark.parametrize("name", FILES)
def test_texts_mean_what_people_mean(name: str) -> None:
    for title, text, html in cases(name):
        whole = render(text)
        assert shortened(whole) == html.rstrip("\n"), title
        assert_harmless(whole)


@pytest.mark.parametrize("name", FILES)
def test_streamed_texts_end_in_the_same_page(name: str) -> None:
    for title, text, _ in cases(name):
        text += "\n\nbehind"
        reply, whole = GrowingMarkdown(), render(text)
        for prefix in cuts(text):
            reply.update(prefix)
            shown = "".join(reply.done)
            assert whole.startswith(shown), (title, prefix)
            assert COLOUR.sub(r"\1", shown + reply.live) == COLOUR.sub(r"\1", render(prefix)), (title, prefix)
        assert reply.finish() == whole, title


@pytest.mark.parametrize("name", FILES)
def test_pages_that_follow_by_patches_show_the_same(name: str) -> None:
    for title, text, _ in cases(name):
        reply, whole = Reply(), render(text)
        for prefix in cuts(text):
            reply.grow(prefix)
        reply.end(BODY.format(whole), text)
        assert "".join(reply.page.html).rstrip("\n") == whole.rstrip("\n"), title


def test_the_corpus_is_large() -> None:
    assert sum(len(cases(name)) for name in FILES) >= 150
