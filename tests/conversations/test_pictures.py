"""A model that makes pictures, through the whole site: files, what goes along, price, stop, and hostile bytes."""

import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from conversations import actions
from conversations.actions.projects import files as project_files
from conversations.content.phrases import phrases
from conversations.files import storage
from conversations.files.picture_size import size_of
from conversations.generation import prompts
from conversations.models import Budget, File, UsageRecord
from conversations.models.message import PromptMessage
from conversations.views import composer
from providers.models import Deployment, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.paying import Connect, finished
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import JPEG, PNG, WEBP, b64, drawn, whole
from tests.search.test_lookup import hold


@pytest.fixture
def easel(vendor: FakeVendor) -> Iterator[LanguageModel]:
    """Yield a model that is asked at picture endpoints, for 0.04 a picture."""
    model = serve(vendor, "openai")
    lines = "size 1024x1024 2K\ncount 4"
    Deployment.objects.update(wire="image_api", per_picture="0.04", picture_choices=lines)
    yield model
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def asked(alice: Any, model: LanguageModel, text: str, conversation: str | None = None, **more: Any) -> dict[str, Any]:
    told = alice.ask("message.send", conversation=conversation, text=text, models=[model.id], **more)
    assert told["type"] == "ack", told
    return finished(alice)


def test_pictures_are_made_changed_and_paid(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    two = [{"b64_json": b64(PNG)}, {"b64_json": b64(JPEG)}]
    vendor.play(whole({"data": two}), whole({"data": [{"b64_json": b64(WEBP)}]}))
    alice = connect(cast.alice)
    chosen = {"picture_size": "2K", "picture_count": 2, "picture_quality": "high", "picture_ratio": "7:1"}
    first = asked(alice, easel, "A cat", parameters=chosen)
    assert [part["kind"] for part in first["parts"]] == ["image", "image"]
    assert [file["media_type"] for file in first["files"]] == ["image/png", "image/jpeg"]
    name = Deployment.objects.get().vendor_id
    assert vendor.requests[0].json == {"model": name, "prompt": "A cat", "n": 2, "size": "2K"}
    second = asked(alice, easel, "Make it blue", first["conversation"])
    sent = vendor.requests[1]
    assert sent.path.endswith("/images/edits")
    assert PNG in sent.body
    assert JPEG in sent.body
    assert [file["media_type"] for file in second["files"]] == ["image/webp"]
    assert sorted(UsageRecord.objects.values_list("cost", flat=True)) == [40_000, 80_000]
    (choice,) = composer.offered_models(cast.alice, None)["models"]
    assert choice["pictures"] == ["picture_size=1024x1024,2K", "picture_count=4"]
    assert "draws" in choice["capabilities"]


def test_a_picture_shows_the_words_of_the_question_and_not_a_projects_files(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    project = actions.create_project(cast.alice, name="Zoo", instructions="Be brief.")
    hold(cast.alice, project, {"animals.md": "# Cats\n\nA cat has four legs."})
    always = storage.store(cast.alice, "style.md", "text/plain", b"Never use red.")
    logo = storage.store(cast.alice, "logo.png", "image/png", PNG)
    project_files.add_files(cast.alice, project.pk, [always.pk, logo.pk])
    vendor.play(whole({"data": [{"b64_json": b64(PNG)}]}))
    made = asked(connect(cast.alice), easel, "A cat", project=str(project.pk))
    assert [part["kind"] for part in made["parts"]] == ["image"]
    assert vendor.requests[0].path.endswith("/images/generations")
    assert vendor.requests[0].json["prompt"] == "A cat"


def test_a_stopped_picture_costs_what_was_asked_for(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: [200, vendor.gate]
    alice = connect(cast.alice)
    told = alice.ask("message.send", conversation=None, text="A", models=[easel.id], parameters={"picture_count": 3})
    vendor.next_request()
    alice.ask("reply.stop", message=told["replies"][0])
    finished(alice)
    assert UsageRecord.objects.get().cost == 120_000


def test_a_picture_is_set_aside_before_it_is_asked_for(cast: Cast, easel: LanguageModel, connect: Connect) -> None:
    Budget.objects.create(kind="person", period="day", hard="0.1")
    told = connect(cast.alice).ask(
        "message.send", conversation=None, text="A", models=[easel.id], parameters={"picture_count": 3}
    )
    assert told["code"] == "over_budget"


@pytest.mark.parametrize("value", ["<b>", "a" * 21, "", 5, ["2K"], {"a": 1}])
def test_words_for_pictures_are_checked(value: Any, cast: Cast, easel: LanguageModel, connect: Connect) -> None:
    told = connect(cast.alice).ask(
        "message.send", conversation=None, text="A", models=[easel.id], parameters={"picture_size": value}
    )
    assert told["code"] == "bad_field"


def png_of(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 20


@pytest.mark.parametrize(
    ("content", "lack"),
    [
        (png_of(60_000, 60_000), "pixels"),
        (png_of(0, 5), "kind"),
        (b"\x89PNG\r\n\x1a\n", "kind"),
        (b"\xff\xd8\xff\xe0\xff", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "kind"),
        (b"<html><script>alert(1)</script>", "kind"),
    ],
)
def test_what_is_no_picture_is_not_kept_and_it_is_said(
    content: bytes, lack: str, cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play(whole({"data": [{"b64_json": b64(content)}, {"b64_json": b64(PNG)}]}))
    found = asked(connect(cast.alice), easel, "A cat")
    told = [part.get("picture") for part in found["parts"]]
    assert told == [lack, None]
    assert File.objects.count() == 1


def test_a_picture_that_cannot_be_decoded_is_told_of(
    cast: Cast, easel: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play(whole({"data": [{"b64_json": "iVBORw0KGgo?"}, {"b64_json": b64(PNG)}]}))
    found = asked(connect(cast.alice), easel, "A cat")
    assert [(part["kind"], part.get("picture")) for part in found["parts"]] == [("gap", "kind"), ("image", None)]


def test_the_size_of_a_picture_is_read_from_its_head() -> None:
    assert [size_of(content) for content in (PNG, JPEG, WEBP, drawn("GIF"), b"")] == [
        (8, 6),
        (8, 6),
        (8, 6),
        None,
        None,
    ]
    begun = time.thread_time()
    assert size_of(b"\xff\xd8" + b"\xff" * 25 * 2**20) is None
    assert time.thread_time() - begun < 0.5, "a hostile picture costs as little"


def test_a_missing_picture_is_told_in_the_readers_language(cast: Cast, easel: LanguageModel) -> None:
    part = {"kind": "gap", "bytes": 0, "picture": "redirect"}
    for language, words in (("en", "does not follow it"), ("zh-hans", "本站不跟随")):
        with translation.override(language):
            assert words in render_to_string("parts/gap.html", {"part": part, "said": phrases()})
    assert 'data-word="gap.redirect"' in render_to_string("parts/gap.html", {"part": part})
    assert 'data-word="gap"' in render_to_string("parts/gap.html", {"part": {**part, "picture": '"><b>'}})


def test_only_the_latest_pictures_go_along(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "MAX_PICTURES_SENT", 2)
    files = [storage.store(cast.alice, f"{n}.png", "image/png", PNG) for n in range(3)]
    branch = [
        PromptMessage("assistant", [{"kind": "image", "file": str(file.pk), "name": file.name}]) for file in files
    ]
    kinds = [said.parts[0]["kind"] for said in prompts._with_latest_pictures(branch)]
    assert kinds == ["text", "image", "image"]
    for file in files:
        file.path.unlink()
