"""Forms of documents: what of a file is stored, what a model gets of it, and what that costs."""

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from PIL import Image

from conversations.actions import model_choice
from conversations.errors import Refused
from conversations.files import documents, storage
from conversations.files.converting import pdf as pages
from conversations.generation import prompts
from conversations.models import File, FileText
from conversations.models.file import UNSENT, Form
from conversations.models.message import PromptMessage, Role
from conversations.usage import estimates
from providers.errors import ContextTooLong
from providers.models import Deployment, Endpoint, LanguageModel
from providers.types import Part
from providers.wires.turns import NO_FILES, in_words
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.conversations.document_samples import pdf, word_chinese

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def part_for(file: File, *taken: str) -> Part:
    stored = Part.from_json(dict(storage.part_of(file)))
    (part,) = documents.for_model(stored, File.objects.get(pk=file.pk), frozenset(taken))
    return part


def test_a_document_goes_as_its_text_whatever_the_model_takes(cast: Cast) -> None:
    file = storage.receive(cast.alice, "计划书.docx", word_chinese())
    assert file.media_type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for taken in ((), ("file", "image")):
        part = part_for(file, *taken)
        assert part.kind == "text"
        assert part.text.startswith("计划书.docx:\n\n# 项目计划书\n\n一、项目背景")
    assert file.text_tokens is not None
    assert 20 < file.text_tokens < 100


def test_a_pdf_goes_whole_where_it_is_taken_and_else_as_its_text(cast: Cast) -> None:
    file = storage.receive(cast.alice, "paper.pdf", pdf("Hello from page one"))
    whole = part_for(file, "file")
    assert base64.b64decode(whole.detail["data"]).startswith(b"%PDF")
    assert part_for(file).text == "paper.pdf:\n\n## Page 1\n\nHello from page one\n"
    assert in_words(whole) == Part("text", part_for(file).text)  # a deployment that refuses it after all
    assert file.pages == 1


def test_a_scan_has_no_text_and_is_for_models_that_take_pdfs(cast: Cast) -> None:
    file = storage.receive(cast.alice, "scan.pdf", pdf("", ""))
    assert (file.pages, file.text, file.text_tokens) == (2, None, None)
    assert file.form_for(("file",)) is Form.NATIVE
    assert part_for(file).text == "[file: scan.pdf]"
    model = LanguageModel.objects.create(name="blind")
    Deployment.objects.create(model=model, endpoint=Endpoint.objects.create(name="e", base_url="https://e.example/v1"),
                              vendor_id="blind", takes_documents=False, takes_images=False)  # fmt: skip
    with pytest.raises(Refused, match=r"no text of its own\.$"):
        model_choice.refuse_what_no_model_takes([model], [file])
    model_choice.refuse_what_no_model_takes([model], [storage.receive(cast.alice, "text.pdf", pdf("words"))])


def test_the_pages_of_a_scan_go_as_pictures_where_a_model_takes_no_pdfs(cast: Cast) -> None:
    file = storage.receive(cast.alice, "扫描.pdf", pdf("", "", ""))
    assert file.form_for(("image",)) is Form.PICTURES
    assert estimates.file_tokens(file, Form.PICTURES) == 3 * estimates.IMAGE_TOKENS
    stored = Part.from_json(dict(storage.part_of(file)))
    told = documents.for_model(stored, File.objects.get(pk=file.pk), frozenset(["image"]))
    assert told[0].text == "扫描.pdf, as pictures of the pages 1 to 3 of 3:\n"
    assert [part.kind for part in told[1:]] == ["image"] * 3
    drawn = Image.open(io.BytesIO(base64.b64decode(told[1].detail["data"])))
    assert (drawn.format, max(drawn.size)) == ("JPEG", 1400)
    file.path.unlink()
    documents._drawn.cache_clear()
    assert part_for(file, "image").text == "[file: 扫描.pdf]", "what cannot be drawn is named"


def test_pages_that_wait_for_others_are_drawn_for_the_next_question(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = storage.receive(cast.alice, "扫描.pdf", pdf(""))
    with monkeypatch.context() as busy:
        busy.setattr(documents.child, "TURN_SECONDS", 0.01)
        with documents.child._turn(cast.alice.pk):
            assert part_for(file, "image").text == "[file: 扫描.pdf]"
    stored = Part.from_json(dict(storage.part_of(file)))
    told = documents.for_model(stored, File.objects.get(pk=file.pk), frozenset(["image"]))
    assert [part.kind for part in told] == ["text", "image"]


@pytest.mark.parametrize("box", ["0 0 14400 14400", "0 0 0.01 14400", "0 0 9e9 9e9"])
def test_a_page_of_any_size_is_a_bounded_picture(box: str) -> None:
    content = pdf("", "", "").replace(b"0 0 612 792", box.encode())
    for one in pages.pictures(content, 2)["pictures"]:
        assert max(Image.open(io.BytesIO(base64.b64decode(one))).size) <= 1401


def test_source_code_stands_in_a_fence(cast: Cast) -> None:
    file = storage.receive(cast.alice, "main.py", "print('你好')\n".encode("gb18030"))
    assert part_for(file, "file").text == "main.py:\n\n```python\nprint('你好')\n```\n"
    plain = storage.receive(cast.alice, "a.sql", b"SELECT '```'\n")
    assert part_for(plain, "file").kind == "file"
    assert part_for(plain).text == "a.sql:\n\n````sql\nSELECT '```'\n````\n"


def test_the_same_file_is_stored_and_read_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first = storage.receive(cast.alice, "a.docx", word_chinese())
    monkeypatch.setattr(documents.child, "convert", lambda *_: pytest.fail("read again"))
    again = storage.receive(cast.alice, "b.docx", first.path.read_bytes())
    assert (again.text_id, again.text_tokens, again.media_type) == (first.text_id, first.text_tokens, first.media_type)
    assert again.path.samefile(first.path)
    with pytest.raises(pytest.fail.Exception):  # nobody learns by time that somebody else has a file
        storage.receive(cast.bob, "a.docx", first.path.read_bytes())


def test_the_text_goes_with_the_last_file_that_has_it(cast: Cast) -> None:
    files = [storage.receive(cast.alice, name, b"a,b\n1,2\n") for name in ("a.csv", "b.csv")]
    old = timezone.now() - UNSENT - timedelta(minutes=1)
    File.objects.filter(pk=files[0].pk).update(created_at=old)
    storage.delete_unsent()
    assert FileText.objects.count() == 1
    assert files[1].path.exists()
    File.objects.update(created_at=old)
    storage.delete_unsent()
    assert not FileText.objects.exists()


def test_estimates_count_what_goes(cast: Cast) -> None:
    paper = storage.receive(cast.alice, "paper.pdf", pdf("Hello", "World"))
    text = estimates.file_tokens(paper, Form.TEXT)
    assert estimates.file_tokens(paper, Form.NATIVE) == text + 2 * estimates.IMAGE_TOKENS
    chinese = storage.receive(cast.alice, "a.txt", ("中文" * 100).encode())
    assert estimates.file_tokens(chinese) == 200


def test_the_sender_is_told_the_form_of_each_file_and_its_price(cast: Cast, model: LanguageModel) -> None:
    Deployment.objects.update(takes_documents=False, input_price=Decimal(10), output_price=Decimal(10))
    seer = LanguageModel.objects.create(name="seer")
    Deployment.objects.create(model=seer, endpoint=Endpoint.objects.get(), vendor_id="seer", takes_documents=True)
    paper = storage.receive(cast.alice, "paper.pdf", pdf("Hello from page one"))
    assert paper.text_tokens is not None
    whole = paper.text_tokens + estimates.IMAGE_TOKENS
    for asked, form, tokens in (
        ([model], "text", paper.text_tokens),
        ([seer], "native", whole),
        ([model, seer], "either", whole),
    ):
        body = {"models": [str(one.id) for one in asked], "files": [str(paper.id)], "text": ""}
        status, told = Api(cast.alice).call("POST", "/estimate", body)
        cost = 10 * paper.text_tokens if model in asked else 0
        assert status == 200, told
        assert told["files"] == [{"id": str(paper.id), "form": form, "tokens": tokens, "cost": cost}]
    Deployment.objects.filter(model=seer).update(learnt=[NO_FILES])
    _, told = Api(cast.alice).call("POST", "/estimate", {"models": [str(seer.id)], "files": [str(paper.id)]})
    assert told["files"][0]["form"] == "text"
    assert told["input_tokens"] == paper.text_tokens


def test_what_was_uploaded_says_what_was_read(cast: Cast) -> None:
    for name, content, known in (
        ("list.csv", b"a,b\n1,2\n", {"text_tokens": 9, "cut": False}),
        ("scan.pdf", pdf(""), {"text_tokens": None, "cut": False}),
    ):
        kept = storage.upload_json(storage.receive(cast.alice, name, content))
        assert {key: kept[key] for key in known} == known


def test_a_file_counts_as_often_as_it_goes_and_with_its_text(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one small file in many messages could fill the memory."""
    plain = storage.receive(cast.alice, "plain.txt", b"x" * 1000)
    report = storage.receive(cast.alice, "report.pdf", pdf("y" * 1000))
    branch = [PromptMessage(Role.USER, [storage.part_of(plain), storage.part_of(report)])] * 3
    whole = 3 * (plain.size + len(report.text.text))  # type: ignore[union-attr]
    for taken, size in (((), whole), (("file",), whole + 3 * report.size)):
        monkeypatch.setattr(prompts, "MAX_FILE_BYTES", size)
        prompts._refuse_too_many_bytes(branch, frozenset(taken), [])
        with pytest.raises(ContextTooLong):
            prompts._refuse_too_many_bytes(branch, frozenset(taken), [str(plain.pk)])
