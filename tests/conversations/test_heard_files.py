"""Recordings that go along with a question: to models that hear, at their estimate, and in later turns."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from conversations.actions import model_choice
from conversations.errors import Refused
from conversations.files import sounds, storage
from conversations.files.media_types import media_type_of
from conversations.models import File, UsageRecord
from conversations.models.file import Form
from conversations.usage import estimates
from conversations.views import composer
from providers.models import Deployment, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.paying import Connect, finished
from tests.conversations.test_speech import sound
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import gemini_end, gemini_parts, openai_end, openai_event

FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413
"""A frame of MP3, 128 kbit/s at 44,100 Hz: 1,152 samples."""
SECOND = 44_100 / 1_152
MP3 = b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10 + FRAME * 383


@pytest.fixture(autouse=True)
def _tidy(db: None) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def hearing(vendor: FakeVendor, wire: str, name: str = "ear") -> LanguageModel:
    model = serve(vendor, wire, name)
    Deployment.objects.filter(model=model).update(takes_sounds=True)
    return model


def said(wire: str) -> list[Any]:
    return (
        [gemini_parts({"text": "Heard."}), gemini_end()] if wire == "gemini" else [openai_event("Heard."), openai_end()]
    )


def heard_in(body: Any) -> list[Any]:
    """Return the recordings of a request on either wire, each as its type and bytes, and other parts as None."""
    turns = [turn.get("parts") or turn.get("content") for turn in body.get("contents") or body["messages"]]
    parts = [part for turn in turns if isinstance(turn, list) for part in turn]
    found = [part.get("inlineData") or part.get("input_audio") for part in parts]
    return [(one.get("mimeType") or one["format"], base64.b64decode(one["data"])) for one in found if one]


@pytest.mark.parametrize(("wire", "names"), [("gemini", ("audio/mp3", "audio/wav")), ("openai", ("mp3", "wav"))])
def test_a_model_that_hears_gets_recordings_in_this_turn_and_the_next(
    wire: str, names: tuple[str, str], cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model, wav = hearing(vendor, wire), sound(2)
    files = [storage.receive(cast.alice, name, content) for name, content in (("talk.mp3", MP3), ("voice.wav", wav))]
    assert [file.media_type for file in files] == ["audio/mpeg", "audio/wav"]
    vendor.script = lambda _: said(wire)
    alice = connect(cast.alice)
    about = {"text": "What is said?", "models": [model.id]}
    first = alice.ask("message.send", conversation=None, files=[str(file.pk) for file in files], **about)
    assert first["type"] == "ack", first
    assert finished(alice)["text"] == "Heard."
    alice.ask("message.send", conversation=first["conversation"], **{**about, "text": "And then?"})
    finished(alice)
    expected = list(zip(names, (MP3, wav), strict=True))
    assert [heard_in(request.json) for request in vendor.requests] == [expected, expected]
    (choice,) = composer.offered_models(cast.alice, None)["models"]
    assert "sounds" in choice["capabilities"]


def test_a_model_that_does_not_hear_is_told_the_name_alone(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model, deaf = hearing(vendor, "openai"), serve(vendor, "anthropic", "deaf")
    file = storage.receive(cast.alice, "talk.mp3", MP3)
    with pytest.raises(Refused, match=r"deaf does not take files like “talk\.mp3”\.$"):
        model_choice.refuse_what_no_model_takes([deaf], [file])
    Deployment.objects.filter(model=deaf).update(takes_sounds=True)
    assert "sounds" not in deaf.capabilities(), "its protocol has no place for them"
    vendor.script = lambda _: said("openai")
    alice = connect(cast.alice)
    asked = alice.ask("message.send", conversation=None, text="Hm?", files=[str(file.pk)], models=[model.id])
    finished(alice)
    Deployment.objects.filter(model=deaf).update(wire=None)
    assert alice.ask("reply.retry", message=asked["replies"][0], models=[deaf.id])["type"] == "ack"
    finished(alice)
    (told,) = (request.body.decode() for request in vendor.requests[1:] if b"Hm?" in request.body)
    assert "[file: talk.mp3]" in told
    assert base64.b64encode(MP3[:300]).decode() not in told


@pytest.mark.parametrize(
    "sentence",
    [
        "Invalid value: 'input_audio'. Supported values are: 'text' and 'image_url'.",
        "Invalid content: content blocks are expected to be either text or image_url type",
        "No endpoints found that support input audio",
        "Audio input modality is not enabled for models/parrot",
        "At most 0 audio(s) may be provided in one request.",
        "当前模型不支持音频输入",
    ],
)
def test_a_refused_recording_becomes_its_name_and_the_refusal_is_learnt(
    sentence: str, cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = hearing(vendor, "openai")
    vendor.play([400, json.dumps({"error": {"message": sentence}}).encode()], said("openai"))
    file = storage.receive(cast.alice, "talk.wav", sound(1))
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="Hm?", files=[str(file.pk)], models=[model.id])
    reply = finished(alice)
    assert (reply["status"], reply["text"]) == ("complete", "Heard.")
    assert "[file: talk.wav]" in vendor.requests[1].body.decode()
    assert "file" in str(reply["left_out"])
    assert Deployment.objects.get().learnt == ["no:sound"]
    assert "sounds" not in model.capabilities()


def test_a_recording_costs_its_length(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model = hearing(vendor, "gemini")
    Deployment.objects.update(input_price=10)
    file = storage.receive(cast.alice, "talk.mp3", MP3)
    assert file.text_tokens == 320
    assert estimates.file_tokens(file, Form.NATIVE) == 320
    vendor.play([gemini_parts({"text": "Heard."})])  # no end, and no counts
    alice = connect(cast.alice)
    alice.ask("message.send", conversation=None, text="Hm?", files=[str(file.pk)], models=[model.id])
    finished(alice)
    call = UsageRecord.objects.get()
    assert call.estimated
    assert 320 <= (call.input_tokens or 0) <= 340


@pytest.mark.parametrize(
    ("content", "kind", "seconds"),
    [
        (MP3, "audio/mpeg", 10.0),
        (FRAME * 2, "audio/mpeg", 0.05),
        (FRAME * 2 + b"x" * 834, "audio/mpeg", 0.1),
        (sound(2), "audio/wav", 2.0),
        (sound(2)[:40] + b"\xff\xff\xff\xff" + sound(2)[44:], "audio/wav", 2.0),
        (FRAME, None, 0),
        (b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 500, None, 0),
        (b"\xff\xfb", None, 0),
        (b"\xff\xfe" + "Grüße".encode("utf-16-le"), None, 0),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0", None, 0),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", 0),
        (b"", None, 0),
    ],
)  # fmt: skip
def test_the_length_of_a_recording_is_read_from_its_bytes(content: bytes, kind: str | None, seconds: float) -> None:
    assert media_type_of(content) == kind
    assert sounds.seconds_of(content) == pytest.approx(seconds, abs=0.01)


def test_a_recording_of_hours_is_measured_in_no_time() -> None:
    whole = (FRAME * 62_000)[: 25 * 2**20]
    assert sounds.seconds_of(whole) == pytest.approx(len(whole) / 417 / SECOND, rel=0.001)
