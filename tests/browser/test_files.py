"""Files that people add to their messages: by button, paste and drop, and what becomes of them."""

import base64
import io
import re
import threading
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Route, expect

from conversations.files.converting.dispatch import WORD
from conversations.files.sounds import seconds_of
from conversations.files.storage import MAX_BYTES
from conversations.models import Conversation, File, Message
from providers.models import Deployment, LanguageModel
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.page_scripts import FOCUSED, WIDE_ELEMENTS
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast, serve
from tests.conversations.document_samples import pdf, word_chinese
from tests.conversations.hostile_documents import HOSTILE
from tests.conversations.test_heard_files import MP3
from tests.conversations.test_speech import sound
from tests.fake_vendor import FakeVendor

NOTES = FilePayload(name="notes.txt", mimeType="text/plain", buffer="Grüße\n中文\n".encode())
PAPER = FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
SOUND = FilePayload(name="song.mp3", mimeType="audio/mpeg", buffer=b"ID3")
MACROS = next(make for name, make, _ in HOSTILE if name == "macros.docm")
UPLOADS = "**/api/v1/files"


def photo(name: str = "photo.png", color: str = "teal") -> FilePayload:
    drawn = io.BytesIO()
    Image.new("RGB", (320, 200), color).save(drawn, "PNG")
    return FilePayload(name=name, mimeType="image/png", buffer=drawn.getvalue())


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


@pytest.fixture
def seeing(cast: Cast, vendor: FakeVendor) -> LanguageModel:
    """Return a model that accepts every file; the vendor answers without looking at it."""
    vendor.script = lambda request: [b'data: {"choices":[{"delta":{"content":"Seen"},"finish_reason":"stop"}]}\n\n']
    model = serve(vendor, "openai", "eagle")
    Deployment.objects.update(takes_images=True, takes_documents=True)
    return model


def test_a_picture_and_a_text_are_added_sent_shown_and_read(
    cast: Cast, seeing: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.attach(photo(), NOTES)
    alice.uploaded(2)
    expect(alice.attached.nth(1)).to_contain_text("notes.txt")
    expect(alice.attached.first.locator("img")).to_have_js_property("naturalWidth", 320)
    reply = alice.ask("What is this?")
    assert alice.words(reply) == "Seen"
    expect(alice.attached).to_have_count(0)
    question = alice.questions.first
    for _ in ("as sent", "as a fresh page has it"):
        picture = question.locator(".picture img")
        expect(picture).to_have_js_property("naturalWidth", 320)
        expect(question.locator(".picture")).to_have_attribute("target", "_blank")
        expect(question.locator(".file__name")).to_have_text("notes.txt")
        expect(question.locator(".file__size")).to_have_text("0.1 kB")
        assert alice.words(question) == "What is this?"
        alice.page.reload()
    assert len(vendor.requests) == 1


@pytest.mark.soak
def test_a_file_needs_no_words(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    expect(alice.send_button).to_be_disabled()
    alice.attach(photo())
    expect(alice.send_button).to_be_enabled()
    alice.send_button.click()
    alice.ended(alice.replies.first)
    expect(alice.questions.first.locator(".picture")).to_be_visible()
    expect(alice.questions.first.locator(".message__text")).to_be_hidden()


def test_paste_and_drop(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.hand_over("paste", "#composer-text", photo("pasted.png"))
    expect(alice.attached).to_contain_text(["pasted.png"])
    alice.hand_over("paste", "#composer-text", photo("of the text.png"), text="the text itself")
    alice.hand_over("dragover", "chat-transcript", PAPER)
    expect(alice.page.get_by_text("Drop the files to add them")).to_be_visible()
    alice.hand_over("drop", "chat-transcript", PAPER)
    expect(alice.attached).to_contain_text(["pasted.png", "paper.pdf"])
    expect(alice.attached).to_have_count(2)
    expect(alice.page.get_by_text("Drop the files to add them")).to_be_hidden()
    alice.hand_over("drop", ".sidebar", NOTES)  # beside the thread it would open in place of the page
    expect(alice.attached).to_contain_text(["pasted.png", "paper.pdf", "notes.txt"])
    alice.ask("All")
    assert [part["kind"] for part in Message.objects.get(role="user").parts] == ["image", "file", "file", "text"]
    long = "a line\r\n" * 30
    alice.hand_over("paste", "#composer-text", text=long)
    alice.text.fill(f"What is this? {long}")
    offer = alice.page.get_by_role("button", name="Attach as a file (210 characters)")
    expect(offer).to_be_visible()
    expect(alice.attached).to_have_count(0)
    offer.click()
    expect(alice.text).to_have_value("What is this? ")
    expect(alice.attached).to_contain_text(["Pasted text.txt"])
    expect(offer).to_be_hidden()
    alice.ask("What is this?")
    assert [part["kind"] for part in Message.objects.filter(role="user").last().parts] == ["file", "text"]


@pytest.mark.soak
def test_a_page_that_takes_no_files_refuses_what_is_dropped(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team)
    rita = visit(cast.rita, f"/conversations/{conversation.id}/")
    expect(rita.connection).to_be_empty()
    for target in ("body", ".sidebar", "chat-transcript"):
        assert not rita.hand_over("drop", target, PAPER), "the browser would open it"


def test_what_cannot_be_sent_is_refused_before_it_is_uploaded(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    big = FilePayload(name="big.txt", mimeType="text/plain", buffer=bytes(MAX_BYTES + 1))
    alice.hand_over("drop", "#composer-text", SOUND, big)
    expect(alice.tray_notice).to_contain_text("“song.mp3” cannot be added")
    expect(alice.tray_notice).to_contain_text("“big.txt” is too big: a file may have 25 MB.")
    alice.attach(*(photo(f"{number}.png") for number in range(11)))
    expect(alice.attached).to_have_count(10)
    expect(alice.tray_notice).to_have_text("A message holds at most 10 files.")
    alice.send_button.click()
    alice.ended(alice.replies.first)
    assert Message.objects.get(role="user").files.count() == File.objects.count() == 10


@pytest.mark.soak
def test_a_model_that_does_not_take_a_kind_says_so(
    cast: Cast, seeing: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    mole = serve(vendor, "openai", "mole")
    mole.deployments.update(takes_images=False, takes_documents=True)
    alice = visit(cast.alice)
    alice.choose_model("eagle")
    alice.attach(photo(), NOTES)
    expect(alice.attached).to_have_count(2)
    alice.choose_model("mole")
    expect(alice.tray_notice).to_contain_text("mole does not take pictures.")
    expect(alice.send_button).to_be_disabled()
    alice.text.press("Enter")
    alice.choose_model("eagle")
    expect(alice.tray_notice).to_be_hidden()
    expect(alice.send_button).to_be_enabled()
    alice.choose_model("mole")
    alice.page.get_by_role("button", name="Remove photo.png").click()
    expect(alice.send_button).to_be_enabled()
    alice.attach(photo("another.png"))
    expect(alice.tray_notice).to_contain_text("mole does not take pictures.")
    expect(alice.attached).to_have_count(1)
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\nnot a picture", "image/png", "“broken” cannot be added: only pictures"),
        pytest.param(b"\x00\x01\x02", "", "“broken” cannot be added: only pictures", marks=pytest.mark.soak),
    ],
)
def test_what_the_server_refuses_is_said_in_our_words(
    cast: Cast, seeing: LanguageModel, visit: Visit, content: bytes, kind: str, sentence: str
) -> None:
    alice = visit(cast.alice)
    alice.watch.expect("400", "Connecting to 'blob:")  # the second: Playwright's own try to record what was no picture
    alice.hand_over("drop", "#composer-text", FilePayload(name="broken", mimeType=kind, buffer=content), NOTES)
    expect(alice.tray_notice).to_contain_text(sentence)
    expect(alice.attached).to_contain_text(["notes.txt"])
    expect(alice.attached).to_have_count(1)


def test_a_lost_connection_is_said_too(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.watch.expect("ERR_FAILED")
    alice.page.route(UPLOADS, lambda route: route.abort())
    alice.attach(NOTES)
    expect(alice.tray_notice).to_have_text(re.compile("“notes.txt” could not be uploaded"))
    expect(alice.attached).to_have_count(0)
    expect(alice.send_button).to_be_disabled()


def test_send_waits_for_the_upload(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    held: list[Route] = []
    arrived = threading.Event()
    alice.page.route(UPLOADS, lambda route: (held.append(route), arrived.set()))
    alice.attach(photo())
    expect(alice.attached.locator("progress")).to_be_visible()
    alice.send("As soon as it is there")
    expect(alice.send_button).to_have_attribute("data-waiting", "")
    assert alice.commands("message.send") == []
    assert alice.text.input_value() == "As soon as it is there"
    held[0].continue_()
    alice.ended(alice.replies.first)
    assert len(alice.commands("message.send")[0]["files"]) == 1


@pytest.mark.soak
def test_a_removed_file_is_not_sent_and_everything_works_by_keyboard(
    cast: Cast, seeing: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.attach(photo(), NOTES)
    alice.uploaded(2)
    expect(alice.text).to_be_focused()
    alice.page.keyboard.press("Shift+Tab")
    alice.page.keyboard.press("Shift+Tab")
    alice.page.keyboard.press("Enter")
    expect(alice.attached).to_have_count(1)
    alice.page.keyboard.press("Enter")
    expect(alice.attached).to_have_count(0)
    expect(alice.text).to_be_focused()
    alice.page.keyboard.press("Tab")
    assert alice.page.evaluate(FOCUSED) == "attach"
    alice.ask("Without")
    assert "files" not in alice.commands("message.send")[0]


def test_a_refused_message_gives_its_files_back(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.attach(photo(), NOTES)
    alice.uploaded(2)
    alice.watch.expect(r"400 .*/api/v1/estimate")  # while no model may answer
    Deployment.objects.update(enabled=False)
    alice.send("Look")
    expect(alice.notice).to_have_text("There is no model that may answer here.")
    expect(alice.attached).to_contain_text(["photo.png", "notes.txt"])
    expect(alice.attached.first.locator("img")).to_have_js_property("naturalWidth", 320)
    Deployment.objects.update(enabled=True)
    alice.send_button.click()
    alice.ended(alice.replies.first)
    assert Message.objects.get(role="user").files.count() == 2


def test_a_file_is_shown_with_a_message_that_waits_for_a_connection(
    cast: Cast, seeing: LanguageModel, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.attach(NOTES)
    alice.uploaded(1)
    link.cut()
    alice.send("Read it")
    expect(alice.questions.first).to_have_attribute("data-status", "sending")
    expect(alice.questions.first.locator(".file__name")).to_have_text("notes.txt")


@pytest.mark.soak
def test_files_fit_a_phone(cast: Cast, seeing: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, viewport={"width": 360, "height": 740})
    alice.attach(photo(f"{'long-name-' * 15}.png"), NOTES, PAPER)
    expect(alice.attached).to_have_count(3)
    assert not alice.scrolls_sideways()
    alice.ask("All of them")
    assert not alice.scrolls_sideways()
    assert alice.page.evaluate(WIDE_ELEMENTS) == []


def test_documents_say_how_they_go_and_go_as_text(
    cast: Cast, seeing: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    Deployment.objects.update(input_price=1, takes_documents=False)
    alice = visit(cast.alice)
    alice.watch.expect("400")
    report = FilePayload(name="计划书.docx", mimeType=WORD, buffer=word_chinese())
    macros = FilePayload(
        name="macros.docm", mimeType="application/vnd.ms-word.document.macroenabled.12", buffer=MACROS()
    )
    paper = FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=pdf("Hello from page one"))
    alice.attach(report, paper, macros)
    alice.uploaded(2)
    expect(alice.tray_notice).to_have_text(re.compile("“macros.docm” has macros"))
    forms = alice.attached.locator(".tray__form")
    expect(forms).to_have_text([re.compile(r"^as text · about \d+ tokens · 0\.0000\d+ USD$")] * 2)
    alice.ask("What is planned?")
    (said,) = vendor.requests[0].json["messages"]
    assert "计划书.docx:\n\n# 项目计划书" in said["content"]
    assert "paper.pdf:\n\n## Page 1\n\nHello from page one" in said["content"]
    expect(alice.questions.first.locator(".file__name")).to_have_text(["计划书.docx", "paper.pdf"])


def test_recordings_go_along_where_the_model_hears(
    cast: Cast, seeing: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    Deployment.objects.update(takes_sounds=True)
    mole = serve(vendor, "openai", "mole")
    mole.deployments.update(takes_sounds=False)
    alice = visit(cast.alice)
    alice.choose_model("eagle")
    memo = FilePayload(name="memo.wav", mimeType="audio/wav", buffer=sound(2, 44_100))
    alice.attach(memo, FilePayload(name="talk.mp3", mimeType="audio/mpeg", buffer=MP3))
    alice.uploaded(2)
    expect(alice.attached.locator(".tray__form")).to_have_text([re.compile(r"^as it is · about \d+ tokens")] * 2)
    alice.choose_model("mole")
    expect(alice.tray_notice).to_have_text("mole does not take recordings. Choose another model or remove them.")
    expect(alice.send_button).to_be_disabled()
    alice.choose_model("eagle")
    expect(alice.tray_notice).to_be_hidden()
    alice.ask("What is said?")
    heard = [part["input_audio"] for part in vendor.requests[0].json["messages"][0]["content"] if "input_audio" in part]
    assert [one["format"] for one in heard] == ["wav", "mp3"]
    assert base64.b64decode(heard[1]["data"]) == MP3
    assert seconds_of(base64.b64decode(heard[0]["data"])) == 2
    expect(alice.questions.first.locator(".file__name")).to_have_text(["memo.wav", "talk.mp3"])
