"""Files: which are accepted, who may read them, and what a vendor gets of them."""

import base64
import errno
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from conversations import actions
from conversations.content import file_parts
from conversations.errors import NotFound
from conversations.files import storage
from conversations.generation import attempt
from conversations.models import Conversation, File, Message, Team, User
from conversations.protocol import parsing
from providers.models import Deployment, LanguageModel
from providers.types import Part
from tests.conftest import Cast, serve
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import gemini_end, gemini_event, gemini_parts

pytestmark = pytest.mark.usefixtures("static_files")

Connect = Callable[..., Socket]
NAME_CASES = [
    ("../../etc/passwd", "passwd"),
    ("..\\x", "x"),
    ("a\u202egnp.exe", "a gnp.exe"),
    ("..", "file.txt"),
    ("x\r\ny", "x  y"),
]


@pytest.fixture
def alice(cast: Cast) -> Client:
    return signed_in(cast.alice)


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def signed_in(person: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    return client


def picture(media_type: str = "PNG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "green").save(drawn, media_type, **options)
    return drawn.getvalue()


def upload(client: Client, content: bytes, name: str = "photo.png") -> dict[str, object]:
    answer = client.post("/api/v1/files", {"file": SimpleUploadedFile(name, content)})
    return {"status": answer.status_code, **answer.json()}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        ("Grüße\n中文\n".encode(), "text/plain"),
    ],
)
def test_the_kind_is_told_from_the_content(alice: Client, content: bytes, media_type: str) -> None:
    kept = upload(alice, content, "wrong.exe")
    assert (kept["status"], kept["media_type"]) == (201, media_type)
    back = alice.get(f"/api/v1/files/{kept['id']}")
    assert back.headers["Content-Type"].startswith(media_type)
    assert back.headers["Cache-Control"] == "private, no-store"
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.headers["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"GIF89a" + b"\0" * 20, b"MZ\x90\x00", picture()[:60],
     b"\x89PNG\r\n\x1a\nnot a picture"],
)  # fmt: skip
def test_what_no_model_takes_is_refused_with_a_sentence(alice: Client, content: bytes) -> None:
    refused = upload(alice, content)
    assert refused["status"] == 400
    assert refused["error"]["text"].endswith(".")  # type: ignore[index]
    assert not File.objects.exists()


def test_svg_is_text_and_never_a_page(alice: Client) -> None:
    kept = upload(alice, b"<svg onload=alert(1)></svg>", "x.svg")
    answer = alice.get(f"/api/v1/files/{kept['id']}")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_too_many_pixels_are_refused_from_the_header(alice: Client) -> None:
    refused = upload(alice, picture(size=(9000, 9000)))
    assert "million pixels" in refused["error"]["text"]  # type: ignore[index]


def test_too_many_bytes_are_refused(alice: Client) -> None:
    assert upload(alice, b"x" * (storage.MAX_BYTES + 1))["status"] == 413


def test_where_and_when_a_photo_was_taken_is_removed_and_it_stands_upright(alice: Client) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    kept = upload(alice, picture("JPEG", exif=exif))
    content = b"".join(alice.get(f"/api/v1/files/{kept['id']}"))
    assert b"SecretCamera" not in content
    assert Image.open(io.BytesIO(content)).size == (20, 40)


@pytest.mark.parametrize(("name", "shown"), NAME_CASES)
def test_a_name_is_shown_and_never_a_place(cast: Cast, name: str, shown: str) -> None:
    file = storage.receive(cast.alice, name, b"text")
    assert file.name == shown
    assert file.path.parent.parent.name == "files"
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_an_unsent_file_is_its_owners_only(alice: Client, cast: Cast) -> None:
    kept = upload(alice, picture())
    assert signed_in(cast.bob).get(f"/api/v1/files/{kept['id']}").status_code == 404
    assert Client(SERVER_NAME="127.0.0.1").get(f"/api/v1/files/{kept['id']}").status_code == 401


def test_a_sent_file_is_for_the_readers_of_its_message_and_goes_to_the_vendor(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, alice: Client
) -> None:
    kept = upload(alice, picture())
    socket = connect(cast.alice)
    ack = socket.ask("message.send", conversation=None, text="What is it?", team=cast.team.id, files=[kept["id"]])
    created = socket.event("message.created")["message"]
    assert [file["name"] for file in created["files"]] == ["photo.png"]
    assert created["parts"][0]["kind"] == "image"
    socket.event("message.finished", conversation=ack["conversation"])
    for person, status in ((cast.bob, 200), (cast.rita, 200), (cast.carol, 404)):
        assert signed_in(person).get(f"/api/v1/files/{kept['id']}").status_code == status
    content = File.objects.get().path.read_bytes()
    (turn,) = vendor.requests[0].json["messages"]
    url = next(part["image_url"]["url"] for part in turn["content"] if part["type"] == "image_url")
    assert url == f"data:image/png;base64,{base64.b64encode(content).decode()}"


def test_the_gemini_wire_gets_the_picture_too(cast: Cast, vendor: FakeVendor, connect: Connect, alice: Client) -> None:
    model = serve(vendor, "gemini")
    kept = upload(alice, picture())
    socket = connect(cast.alice)
    socket.ask("message.send", conversation=None, text="", models=[model.id], files=[kept["id"]])
    socket.event("message.finished")
    (part,) = vendor.requests[0].json["contents"][0]["parts"]
    assert base64.b64decode(part["inlineData"]["data"]) == File.objects.get().path.read_bytes()


def test_foreign_files_and_kinds_a_model_does_not_take_are_refused(
    cast: Cast, model: LanguageModel, connect: Connect, alice: Client
) -> None:
    kept = upload(alice, picture())
    bob, socket = connect(cast.bob), connect(cast.alice)
    assert bob.ask("message.send", conversation=None, text="mine?", files=[kept["id"]])["code"] == "not_found"
    Deployment.objects.update(takes_images=False)
    refused = socket.ask("message.send", conversation=None, text="look", files=[kept["id"]])
    assert refused["code"] == "bad_field"
    assert "parrot" in refused["text"]


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_a_model_that_takes_no_files_is_told_their_names(
    cast: Cast, vendor: FakeVendor, connect: Connect, alice: Client, wire: str
) -> None:
    model = serve(vendor, wire)
    kept = [upload(alice, picture()), upload(alice, b"%PDF-1.7\nno text", "scan.pdf")]
    socket = connect(cast.alice)
    ids = [file["id"] for file in kept]
    asked = socket.ask("message.send", conversation=None, text="What is it?", models=[model.id], files=ids)
    socket.event("message.finished")
    for takes_images, takes_documents, shown in (
        (False, False, ["[image: photo.png]", "[file: scan.pdf]"]),
        (False, True, ["[image: photo.png]"]),
        (True, True, []),
    ):
        Deployment.objects.update(takes_images=takes_images, takes_documents=takes_documents)
        socket.ask("message.send", conversation=asked["conversation"], text="And now?")
        socket.event("message.finished")
        first = json.dumps((vendor.requests[-1].json.get("messages") or vendor.requests[-1].json["contents"])[0])
        assert [note for note in ("[image: photo.png]", "[file: scan.pdf]") if note in first] == shown
        assert ("image" in first.replace("[image", "")) is takes_images
        assert "What is it?" in first


# --- Parts ----------------------------------------------------------------------------------------------------------


def test_the_bytes_go_out_of_a_part_and_come_back_into_it() -> None:
    inline = {"mimeType": "image/png", "data": "AAAA"}
    vendor = {"wire": "gemini", "part": {"inlineData": inline, "thoughtSignature": "s"}}
    for detail in ({"media_type": "image/png"}, {"media_type": "image/png", "vendor": vendor}):
        part = Part("image", "", {**detail, "data": "AAAA"})
        emptied = file_parts.without_bytes(part)
        assert "AAAA" not in json.dumps(emptied.to_json())
        assert file_parts.with_bytes(emptied, "AAAA") == part


def on_disk() -> set[Path]:
    return set((settings.CHATSITE_DATA / "files").glob("??/*"))


def test_uploads_at_the_same_moment_are_counted_together(
    cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MAX_UNSENT", 1)
    before = on_disk()
    cleaned = storage._clean

    def meanwhile(content: bytes, media_type: str) -> bytes:
        monkeypatch.setattr(storage, "_clean", cleaned)
        assert upload(alice, b"first", "first.txt")["status"] == 201
        return content

    monkeypatch.setattr(storage, "_clean", meanwhile)
    assert upload(alice, b"second", "second.txt")["status"] == 429
    assert [file.name for file in File.objects.all()] == ["first.txt"]
    assert on_disk() - before == {file.path for file in File.objects.all()}


def test_a_full_disk_is_told_and_nothing_is_left(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = on_disk()
    monkeypatch.setattr(storage.os, "fdopen", fail)
    refused = upload(alice, b"words", "notes.txt")
    assert (refused["status"], refused["error"]["code"]) == (503, "unavailable")  # type: ignore[index]
    assert on_disk() == before
    assert not File.objects.exists()


def test_a_reply_brings_no_more_files_than_it_may(
    cast: Cast, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "MAX_GENERATED_FILES", 2)
    drawn = [
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(picture(size=(width, 20))).decode()}}
        for width in (40, 41, 42)
    ]
    vendor.play([gemini_event("Look: "), gemini_parts(*drawn[:2]), gemini_parts(drawn[2]), gemini_end()])
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="Draw", models=[serve(vendor, "gemini").id])
    finished = alice.event("message.finished")["message"]
    assert (finished["text"], finished["status"], finished["error"]["code"]) == (
        "Look: ",
        "interrupted",
        "reply_too_long",
    )
    assert File.objects.count() == 2


# --- Sent once, read by right ---------------------------------------------------------------------------------------


def sent_in(team: Team | None, owner: User, file: str, model: LanguageModel) -> Conversation:
    frame = {
        "type": "message.send",
        "id": f"{file}{team is None}",
        "conversation": None,
        "text": "See",
        "files": [file],
    }
    given = {**frame, "models": [str(model.id)], **({"team": str(team.id)} if team else {})}
    ack = actions.post_message(owner, parsing.parse(given), actions.new_conversation_id())
    return Conversation.objects.get(pk=ack["conversation"])


@pytest.mark.parametrize("loss", ["removed", "moved", "deleted"])
def test_a_file_of_a_conversation_one_has_lost_opens_no_more_and_cannot_be_sent_again(
    cast: Cast, model: LanguageModel, site: str, loss: str
) -> None:
    bob = signed_in(cast.bob)
    file = str(upload(bob, b"the team's plan", "plan.txt")["id"])
    conversation = sent_in(cast.team, cast.bob, file, model)
    until(lambda: not Message.objects.under_way().exists())
    assert bob.get(f"/api/v1/files/{file}").status_code == 200
    if loss == "removed":
        actions.remove_member(cast.alice, cast.team.id, cast.bob.id)
    elif loss == "moved":
        actions.move_conversation(cast.alice, conversation.id, actions.create_team(cast.alice, "Others").id)
    else:
        actions.delete_conversation(cast.alice, conversation.id)
    assert bob.get(f"/api/v1/files/{file}").status_code == 404
    with pytest.raises(NotFound):
        sent_in(None, cast.bob, file, model)
    assert not Conversation.objects.filter(team=None).exists()
    assert bob.get(f"/api/v1/files/{file}").status_code == 404


def test_a_file_that_one_may_read_is_sent_again(cast: Cast, model: LanguageModel, site: str) -> None:
    bob = signed_in(cast.bob)
    file = str(upload(bob, b"the team's plan", "plan.txt")["id"])
    sent_in(cast.team, cast.bob, file, model)
    assert File.objects.get().was_sent
    frame = {"type": "message.send", "id": "2", "conversation": None, "text": "See", "files": [file]}
    actions.post_message(cast.bob, parsing.parse({**frame, "models": [str(model.id)]}), actions.new_conversation_id())
    actions.remove_member(cast.alice, cast.team.id, cast.bob.id)
    assert bob.get(f"/api/v1/files/{file}").status_code == 200
    until(lambda: not Message.objects.under_way().exists())


def test_what_a_model_made_in_a_conversation_that_is_gone_is_nobodys(
    cast: Cast, vendor: FakeVendor, connect: Connect, site: str
) -> None:
    drawn = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(picture()).decode()}}
    vendor.play([gemini_parts(drawn), gemini_end()])
    bob = connect(cast.bob)
    bob.ask("message.send", conversation=None, text="Draw", models=[serve(vendor, "gemini").id], team=cast.team.id)
    bob.event("message.finished")
    file = File.objects.get()
    actions.delete_conversation(cast.alice, Conversation.objects.get().id)
    assert signed_in(cast.bob).get(f"/api/v1/files/{file.id}").status_code == 404
