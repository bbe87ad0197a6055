"""Pictures that a model made, wherever their thread goes: versions, copies, links, files and back, the bin."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db.models import F

from conversations import actions, sweeper
from conversations.imports import run
from conversations.models import Conversation, ConversationImport, File, Message
from providers.models import Deployment, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.importing import start
from tests.conversations.paying import Connect, finished
from tests.conversations.sharing import bytes_of, enter, is_gone, share, shown
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import JPEG, PNG, WEBP, b64, linked, whole
from tests.vendor_replies import Act, Received

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def easel(vendor: FakeVendor) -> Iterator[LanguageModel]:
    """Yield a model that is asked at picture endpoints."""
    model = serve(vendor, "openai")
    Deployment.objects.update(wire="image_api")
    yield model
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def made(*contents: bytes) -> list[Any]:
    return whole({"data": [{"b64_json": b64(content)} for content in contents]})


def kinds(reply: dict[str, Any]) -> list[str]:
    return [part["kind"] for part in reply["parts"]]


def test_versions_edits_and_continuations_have_pictures_of_their_own(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    urls = linked(vendor, "one.png", "two.jpg")

    def halved(request: Received) -> Any:
        if "one.png" in request.path:
            return [PNG]
        return [JPEG[:9], Act.HOLD] if "/files/" in request.path else whole({"data": [{"url": url} for url in urls]})

    vendor.script = halved
    alice = connect(cast.alice)
    asked = alice.ask("message.send", conversation=None, text="A cat", models=[easel.id])
    while "two.jpg" not in vendor.next_request().path:
        pass
    alice.ask("reply.stop", message=asked["replies"][0])
    assert kinds(stopped := finished(alice)) == ["image"]
    vendor.script = lambda _: made(WEBP)
    assert alice.ask("reply.continue", message=stopped["id"])["type"] == "ack"
    assert kinds(finished(alice)) == ["image", "seam", "image"]
    assert alice.ask("reply.retry", message=stopped["id"])["type"] == "ack"
    again = finished(alice)
    assert kinds(again) == ["image"]
    assert vendor.requests[-1].path.endswith("/images/generations"), "a new version changes none of the others"
    assert alice.ask("message.edit", message=asked["message"], text="A dog")["type"] == "ack"
    assert kinds(finished(alice)) == ["image"]
    assert vendor.requests[-1].json["prompt"] == "A dog"
    assert Message.objects.filter(role="assistant").count() == 4


def test_a_thread_of_made_pictures_is_copied_shared_exported_and_imported(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect, settings: Any
) -> None:
    vendor.script = lambda _: made(PNG, JPEG)
    bob = connect(cast.bob)
    asked = bob.ask("message.send", conversation=None, team=str(cast.team.pk), text="A cat", models=[easel.id])
    first = finished(bob)
    talk, keys = Conversation.objects.get(pk=asked["conversation"]), [file["id"] for file in first["files"]]
    # A reader's copy, which outlives the original.
    rita = connect(cast.rita)
    copy = rita.ask("conversation.fork", message=first["id"])
    assert copy["type"] == "ack"
    # A link shows them, and no more once it is revoked.
    link, path = share(cast.bob, talk)
    page = shown(path)
    assert page.count("<img") >= 2
    visitor = enter(None)
    places = [f"{path}files/{key}/" for key in keys]
    found = [visitor.get(place) for place in places]
    # Every form holds them.
    client = enter(cast.bob)
    forms = {
        form: bytes_of(client.get(f"/api/v1/conversations/{talk.pk}/export?format={form}"))
        for form in ("markdown", "html", "docx", "json")
    }
    assert forms["markdown"].decode().count("*image.") == 2
    assert all(f"data:{kind};base64,".encode() in forms["html"] for kind in ("image/png", "image/jpeg"))
    with zipfile.ZipFile(BytesIO(forms["docx"])) as document:
        media = [document.read(name) for name in document.namelist() if name.startswith("word/media/")]
    assert {content[:4] for content in media} == {PNG[:4], JPEG[:4]}
    told = json.loads(forms["json"])["messages"][1]
    assert [file["data"] for file in told["files"]] == [b64(PNG), b64(JPEG)]
    # And back, for somebody else.
    batch = ConversationImport(owner=cast.carol, name="x", boot=run.BOOT_ID)
    batch.path.parent.mkdir(exist_ok=True)
    batch.path.write_bytes(forms["json"])
    batch.save()
    run.work_on(batch)
    batch.refresh_from_db()
    assert start(batch).imported == 1
    brought = Message.objects.get(conversation__owner=cast.carol, role="assistant")
    assert [part["kind"] for part in brought.parts] == ["image", "image"]
    carol = enter(cast.carol)
    back = [bytes_of(carol.get(f"/api/v1/files/{part['file']}"))[:4] for part in brought.parts]
    assert back == [PNG[:4], JPEG[:4]]
    assert {carol.get(f"/api/v1/files/{key}").status_code for key in keys} == {404}, "hers are her own"
    # The original ends: what others were given stays or goes as promised.
    assert found
    actions.revoke_share(cast.bob, link.pk)
    assert is_gone(path)
    actions.delete_conversation(cast.bob, talk.pk)
    assert client.get(f"/api/v1/files/{keys[0]}").status_code == 404
    actions.restore_conversation(cast.bob, talk.pk)
    assert client.get(f"/api/v1/files/{keys[0]}").status_code == 200
    actions.delete_conversation(cast.bob, talk.pk)
    Conversation.objects.filter(pk=talk.pk).delete()
    File.objects.update(created_at=F("created_at") - timedelta(days=2))
    sweeper.go_round(0)
    reader = enter(cast.rita)
    assert [bytes_of(reader.get(f"/api/v1/files/{key}"))[:4] for key in keys] == [PNG[:4], JPEG[:4]], "her copy stays"
