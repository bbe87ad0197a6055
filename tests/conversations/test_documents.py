"""Documents: the text that is read from them, and what is refused and within which limits."""

import random
import resource
import sys
import time
from collections.abc import Callable

import pytest

from conversations.errors import Refused
from conversations.files import documents
from conversations.files.converting import child, process, writing
from conversations.files.converting import pdf as pages
from conversations.files.converting.refusal import Refusal
from conversations.files.media_types import media_type_of
from tests.conversations.document_samples import GOOD, open_document, pdf
from tests.conversations.hostile_documents import HOSTILE

Make = Callable[[], bytes]


def kind_of(name: str, content: bytes) -> str:
    return documents._kind(name, content, media_type_of(content))


@pytest.mark.parametrize(("name", "make", "wanted"), GOOD, ids=[name for name, _, _ in GOOD])
def test_the_text_comes_out(name: str, make: Make, wanted: list[str]) -> None:
    """The converter runs here, and not in its process, to save 44 starts of one."""
    content = make()
    answer = process.converted(kind_of(name, content), content)
    assert "refused" not in answer
    assert [piece for piece in wanted if piece not in answer["text"]] == []
    assert not answer["is_cut"]


SLOW = {"wide.docx"}


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [pytest.param(*sample, id=sample[0], marks=[pytest.mark.soak] if sample[0] in SLOW else []) for sample in HOSTILE],
)
def test_hostile_files_are_refused_within_their_limits(name: str, make: Make, code: str) -> None:
    content = make()
    before = memory()
    with pytest.raises((Refusal, Refused)) as refused:
        child.convert(kind_of(name, content), content)
    told = refused.value if isinstance(refused.value, Refused) else child.refused(refused.value)
    assert told.code == code
    assert told.text.endswith(".")
    assert memory() - before < 2**20


def memory() -> int:
    """Return the bytes of memory that this process has in use."""
    with open("/proc/self/statm") as figures:
        return int(figures.read().split()[1]) * resource.getpagesize()


def test_a_document_that_is_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_CHARACTERS", 50)
    answer = process.converted("text", ("字" * 60).encode("gb18030"))
    assert answer["text"] == "字" * 50 + f"\n\n{writing.CUT}"
    assert answer["is_cut"]


def test_a_pdf_that_is_long_or_slow_is_cut_and_one_without_text_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf("First page", "Second page", "Third page")
    with monkeypatch.context() as patched:
        patched.setattr(pages, "MAX_CHARACTERS", 15)
        assert process.converted("pdf", content)["text"].endswith(f"Second page\n\n{writing.CUT}")
    monkeypatch.setattr(pages, "MAX_SECONDS", 0)
    answer = process.converted("pdf", content)
    assert answer["is_cut"]
    assert (answer["pages"], answer["text"]) == (3, f"## Page 1\n\nFirst page\n\n{writing.CUT}")
    assert process.converted("pdf", pdf("", "", ""))["text"] == "", "a scan goes as pictures, and not as a sentence"


def test_what_is_no_text_is_soon_refused() -> None:
    noise = random.Random(7).randbytes(8 * 2**20)
    before = time.process_time()
    for content in (noise, noise[:15], bytes(100), b"MZ\x90\x00" + bytes(60)):
        assert process.converted("text", content) == {"refused": "unsupported"}
    assert time.process_time() - before < 2


def test_repeated_cells_are_read_no_further_than_a_document_may_be_long() -> None:
    cells = '<table:table-cell table:number-columns-repeated="99999"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="99999999">{cells}</table:table-row>'
    before = time.process_time()
    answer = process.converted("zip", open_document("spreadsheet", f"<table:table>{row * 300}</table:table>")())
    assert answer["is_cut"]
    assert time.process_time() - before < 3


def test_an_outlook_letter_is_no_old_office_file() -> None:
    content = documents._OLD_OFFICE + bytes(600) + "__substg1.0_0037001F".encode("utf-16-le")
    with pytest.raises(Refusal) as refused:
        kind_of("letter.msg", content)
    assert refused.value.code == "unsupported"


def test_one_persons_documents_are_read_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever adds slow ones without a pause keeps all others waiting."""
    monkeypatch.setattr(child, "TURN_SECONDS", 0.01)
    with child._turn("bob"):
        with pytest.raises(Refused, match="Many documents"), child._turn("bob"):
            pass
        with child._turn("alice"), pytest.raises(Refused, match="Many documents"), child._turn("carol"):
            pass
    with child._turn("bob"):
        pass


def test_a_process_that_dies_or_babbles_is_a_refusal() -> None:
    for script, code in (
        ("import os; os.kill(os.getpid(), 9)", "slow"),
        ("import os; os.abort()", "oversized"),
        ("raise SystemExit(1)", "unreadable"),
        ("print(1)", "unreadable"),
    ):
        with pytest.raises(Refusal) as refused:
            child._answer([sys.executable, "-S", "-c", script], b"")
        assert refused.value.code == code
