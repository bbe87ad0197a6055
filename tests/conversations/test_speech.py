"""Recordings become words, and words sound: real bytes, on two wires, paid, limited, and healed like other calls."""

import base64
import io
import json
import math
import os
import random
import struct
import threading
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conversations.errors import Refused
from conversations.models import Budget, Conversation, Reservation, Tally, UsageRecord, User
from conversations.speech import kept_sounds, reading_aloud, recording, speech_call, transcribing
from conversations.usage import budgets
from conversations.usage.model_access import models_for
from conversations.views import composer
from providers.client import speech
from providers.endpoints import adding
from providers.families import reads_aloud, writes_down_speech
from providers.models import ApiKey, Deployment, LanguageModel, Trouble
from tests.conftest import Cast, serve
from tests.conversations.sharing import bytes_of, enter
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import whole
from tests.vendor_replies import close, gemini_end, gemini_parts, raw

pytestmark = pytest.mark.usefixtures("static_files")


def sound(seconds: float = 2.0, rate: int = 8_000) -> bytes:
    """Return a WAV file with a tone."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        tone = (round(9_000 * math.sin(number / 6)) for number in range(min(rate, 800)))
        one = b"".join(struct.pack("<h", value) for value in tone)
        file.writeframes((one * math.ceil(seconds * rate * 2 / len(one)))[: 2 * round(seconds * rate)])
    return made.getvalue()


@pytest.fixture
def ear(cast: Cast, vendor: FakeVendor) -> LanguageModel:
    """Return a model that writes down speech, for 0.6 a minute."""
    model = serve(vendor, "openai", "whisper-1")
    LanguageModel.objects.update(purpose="transcription")
    Deployment.objects.update(per_minute="0.6")
    return model


def dictate(person: User, content: bytes | None = None, **place: Any) -> tuple[int, Any]:
    file = SimpleUploadedFile("speech.wav", sound() if content is None else content, "audio/wav")
    answer = enter(person).post("/api/v1/transcriptions", {"file": file}, query_params=place)
    return answer.status_code, json.loads(bytes_of(answer))


def test_speech_becomes_words_for_its_price(cast: Cast, ear: LanguageModel, vendor: FakeVendor) -> None:
    vendor.play(whole({"text": " Guten Tag, 你好。\n", "usage": {"type": "duration", "seconds": 2}}))
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, revision=0)
    assert dictate(cast.bob, conversation=conversation.pk) == (200, {"text": "Guten Tag, 你好。"})
    sent = vendor.requests[0]
    assert sent.path.endswith("/v1/audio/transcriptions")
    assert b'name="model"\r\n\r\nwhisper-1\r\n' in sent.body
    assert b'name="file"; filename="speech.wav"\r\nContent-Type: audio/wav\r\n\r\n' + sound() in sent.body
    call = UsageRecord.objects.get()
    assert (call.purpose, call.team, call.user, call.conversation) == (
        "dictation",
        cast.team,
        cast.bob,
        conversation.pk,
    )
    assert (call.cost, call.outcome) == (20_000, "complete")
    assert not Reservation.objects.exists()


def test_a_model_that_hears_on_the_gemini_wire_is_asked_for_the_words(cast: Cast, vendor: FakeVendor) -> None:
    serve(vendor, "gemini", "listener")
    LanguageModel.objects.update(purpose="transcription")
    vendor.play([gemini_parts({"text": "Hello"}), gemini_end()])
    assert dictate(cast.alice) == (200, {"text": "Hello"})
    parts = vendor.requests[0].json["contents"][0]["parts"]
    assert parts[0]["text"] == transcribing.WISH
    assert parts[1]["inlineData"]["mimeType"] == "audio/wav"


def test_silence_is_no_fault(cast: Cast, ear: LanguageModel, vendor: FakeVendor) -> None:
    vendor.play(whole({"text": ""}))
    assert dictate(cast.alice) == (200, {"text": ""})
    assert not Trouble.objects.exists()


def test_a_silent_recording_costs_nothing_and_no_words_are_made_up(
    cast: Cast, ear: LanguageModel, vendor: FakeVendor
) -> None:
    vendor.script = lambda _: whole({"text": "Thank you for watching!"})
    for sample in (b"\0\0", b"\x3f\x00", b"\xc1\xff"):
        assert dictate(cast.alice, sound(1)[:44] + sample * 8_000) == (200, {"text": ""})
    assert vendor.requests == []


def test_the_next_key_is_tried_and_the_first_one_rests(cast: Cast, ear: LanguageModel, vendor: FakeVendor) -> None:
    first = ApiKey.objects.get()
    ApiKey.objects.create(endpoint=first.endpoint, secret="sk-test-second-0123456789", priority=2)
    refused = [401, {"Content-Type": "application/json"}, b'{"error": {"message": "Incorrect API key provided"}}']
    vendor.play(refused, whole({"text": "Hello"}))
    assert dictate(cast.alice) == (200, {"text": "Hello"})
    assert list(UsageRecord.objects.order_by("pk").values_list("outcome", "cost")) == [
        ("key_refused", 0),
        ("complete", 20_000),
    ]
    assert Trouble.objects.get().subject == first.pk


def test_a_resting_key_is_found_to_work_again(
    cast: Cast, ear: LanguageModel, vendor: FakeVendor, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_call, "PATIENCE", 0)
    vendor.play([503, b"{}"])
    status, answer = dictate(cast.alice)
    assert (status, answer["error"]["code"]) == (200, "unavailable")
    clock.turn(600)
    vendor.play(whole({"text": "Hello"}))
    assert dictate(cast.alice) == (200, {"text": "Hello"})
    assert not Trouble.objects.filter(failures__gt=0).exists()


def test_what_the_budget_does_not_have_is_not_sent(cast: Cast, ear: LanguageModel, vendor: FakeVendor) -> None:
    Budget.objects.create(kind="team", period="day", hard="0.01")
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, revision=0)
    _, answer = dictate(cast.bob, conversation=conversation.pk)
    assert answer["error"]["code"] == "over_budget"
    assert vendor.requests == []


def test_what_is_set_aside_for_it_stays_so_while_it_runs(cast: Cast, ear: LanguageModel, vendor: FakeVendor) -> None:
    Budget.objects.create(kind="person", period="day", hard="1")
    seen: list[int] = []

    def script(_: Any) -> Any:
        budgets.release_forgotten()
        seen.append(Tally.objects.get().reserved)
        return whole({"text": "Hello"})

    vendor.script = script
    dictate(cast.alice)
    assert (seen, Tally.objects.get().reserved, Tally.objects.get().spent) == ([20_000], 0, 20_000)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "bad_field"),
        (b"RIFF\x00\x00\x00\x00WAVE", 400, "bad_field"),
        (b"\x1aE\xdf\xa3webm", 400, "bad_field"),
        (sound(0), 400, "bad_field"),
        (sound(recording.MAX_SECONDS + 2), 413, "too_long"),
        (sound(1)[:40] + b"\0" * (recording.MAX_SECONDS * 16_000 + 40_000), 413, "too_long"),
        (b"RIFF" + b"\0" * recording.MAX_BYTES, 413, "too_long"),
    ],
)
def test_what_is_no_recording_or_too_long_costs_nothing(
    content: bytes, status: int, code: str, cast: Cast, ear: LanguageModel, vendor: FakeVendor
) -> None:
    vendor.script = lambda _: whole({"text": "Hello"})
    told, answer = dictate(cast.alice, content)
    assert (told, answer.get("error", {}).get("code", "")) == (status, code)
    assert len(vendor.requests) == (status == 200)


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if size is None else size) + content


def test_a_vendor_hears_what_was_measured_whatever_the_header_says() -> None:
    whole_second, samples = sound(1), sound(1)[44:]
    slow, fast = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16), struct.pack("<HHIIHH", 1, 2, 48_000, 1, 1, 16)
    notes = chunk(b"LIST", b"abc") + b"\0"
    for content in (
        whole_second,
        whole_second + b"\0" * 10**6,
        whole_second[:40] + b"\xff" * 4 + samples,
        whole_second[:40] + b"\0" * 4 + samples,
        b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", slow) + chunk(b"fmt ", fast) + chunk(b"data", samples),
        b"RIFF\0\0\0\0WAVE" + notes + chunk(b"fmt ", slow + b"\0\0") + chunk(b"data", samples + b"\1"),
    ):
        assert recording.read(content) == recording.Recording(whole_second, 1.0)


def test_broken_headers_are_refused_and_nothing_else_happens() -> None:
    chance, good = random.Random(1), sound(0.1)
    for _ in range(3_000):
        broken = bytearray(good[: chance.choice((20, 36, 44, 60, len(good)))])
        for place in chance.choices(range(min(len(broken), 44) - 4), k=chance.randint(1, 4)):
            broken[place : place + 4] = struct.pack("<I", chance.choice((0, 1, 40, 2**31 - 1, 2**32 - 1)))
        with suppress(Refused):
            recording.read(bytes(broken))


def test_it_is_for_those_who_may_write_there_and_use_the_model(
    cast: Cast, ear: LanguageModel, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, revision=0)
    assert dictate(cast.rita, conversation=conversation.pk)[0] == 404
    assert dictate(cast.carol, team=cast.team.pk)[0] == 404
    assert dictate(cast.carol, conversation=uuid4())[0] == 404
    ear.teams.add(cast.team)
    assert dictate(cast.carol)[1]["error"]["code"] == "no_model"
    monkeypatch.setattr("conversations.accounts.rate_limits.MAX_SPEECH", 0)
    assert dictate(cast.bob, team=cast.team.pk)[1]["error"]["code"] == "rate_limited"
    assert vendor.requests == []


def test_a_model_for_speech_answers_no_questions(cast: Cast, ear: LanguageModel) -> None:
    assert not models_for(cast.alice, None).exists()
    context = composer.offered_models(cast.alice, None)
    assert (context["models"], context["dictates"]) == ([], True)


def test_models_for_speech_are_known_by_their_names() -> None:
    known = ("whisper-large-v3", "gpt-4o-mini-transcribe", "FunAudioLLM/SenseVoiceSmall", "qwen3-asr-flash")
    assert all(map(writes_down_speech, known))
    assert not any(map(writes_down_speech, ("gpt-5", "gemini-3-flash", "master", "kasra-7b", "gpt-audio")))
    assert all(map(reads_aloud, ("tts-1-hd", "gpt-4o-mini-tts", "FunAudioLLM/CosyVoice2-0.5B")))
    assert not any(map(reads_aloud, (*known, "gpt-5", "nottsai-7b")))
    purposes = [adding._purpose(wire, "gemini-3.8-flash-tts") for wire in ("gemini", "audio_api", "")]
    assert purposes == ["speech", "speech", "replies"]


# --- Reading aloud ---------------------------------------------------------------------------------------------

MP3 = b"ID3\x04\x00" + b"\x00\x01\xff" * 100


@pytest.fixture
def voice(cast: Cast, vendor: FakeVendor) -> Iterator[LanguageModel]:
    """Return a model that reads aloud, for 15 a million characters."""
    model = serve(vendor, "openai", "tts-1")
    LanguageModel.objects.update(purpose="speech")
    Deployment.objects.update(characters_price=15, raw_extras={"voice": "nova"})
    yield model
    for path in kept_sounds._folder().glob("*"):
        path.unlink()


def listen(person: User, text: str, **place: Any) -> tuple[int, Any]:
    answer = enter(person).post("/api/v1/speech", {"text": text}, query_params=place, content_type="application/json")
    return answer.status_code, json.loads(bytes_of(answer))


def test_words_are_read_aloud_and_paid_once(cast: Cast, voice: LanguageModel, vendor: FakeVendor) -> None:
    vendor.script = lambda _: [{"Content-Type": "audio/mpeg"}, MP3]
    status, answer = listen(cast.bob, "Guten Tag. 你好", team=cast.team.pk)
    assert (status, answer["media_type"], base64.b64decode(answer["data"])) == (200, "audio/mpeg", MP3)
    (sent,) = vendor.requests
    assert sent.path.endswith("/v1/audio/speech")
    assert sent.json == {"model": "tts-1", "input": "Guten Tag. 你好", "voice": "nova", "response_format": "mp3"}
    call = UsageRecord.objects.get()
    assert (call.purpose, call.team, call.cost, call.outcome) == ("aloud", cast.team, 13 * 15, "complete")
    assert listen(cast.alice, "Guten Tag. 你好", team=cast.team.pk) == (200, answer)
    assert len(vendor.requests) == 1
    listen(cast.bob, "Guten Tag. 你好")
    assert len(vendor.requests) == 2, "what a team has paid for is not everybody's"
    assert not models_for(cast.alice, None).exists()


def spoken_by_gemini(*pieces: bytes, kind: str = "audio/L16;codec=pcm;rate=16000") -> list[Any]:
    inline = [{"inlineData": {"mimeType": kind, "data": base64.b64encode(piece).decode()}} for piece in pieces]
    usage = {"promptTokenCount": 2, "candidatesTokenCount": 50}
    candidate = {"content": {"parts": inline}, "finishReason": "STOP"}
    return whole({"candidates": [candidate], "usageMetadata": usage})


def test_gemini_reads_aloud_and_is_paid_by_its_tokens(cast: Cast, vendor: FakeVendor) -> None:
    serve(vendor, "gemini", "gemini-tts")
    LanguageModel.objects.update(purpose="speech")
    Deployment.objects.update(input_price=1, output_price=10, raw_extras={"voice": "Puck"})
    vendor.play(spoken_by_gemini(b"\1\2\3", b"\4\5"))
    status, answer = listen(cast.alice, "Hello")
    assert (status, answer["media_type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(base64.b64decode(answer["data"]))) as heard:
        assert heard.getparams()[:4] == (1, 2, 16_000, 2)
        assert heard.readframes(2) == b"\1\2\3\4"
    (sent,) = vendor.requests
    assert sent.path.endswith("/models/gemini-tts:generateContent")
    assert sent.json == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}},
        },
    }
    assert UsageRecord.objects.get().cost == 2 * 1 + 50 * 10
    vendor.play(spoken_by_gemini(MP3, kind="audio/mpeg"))
    assert listen(cast.alice, "Again")[1]["media_type"] == "audio/mpeg"
    refused = whole({"promptFeedback": {"blockReason": "SAFETY"}})
    lacking = whole({"candidates": [{"content": {"parts": [{"text": "Hello to you"}]}}]})
    for script, code in (
        (refused, "blocked"),
        (lacking, "bad_reply"),
        ([b"<html>"], "bad_reply"),
        ([b"[]"], "bad_reply"),
    ):
        vendor.play(script)
        assert listen(cast.alice, f"Hello {code}")[1]["error"]["code"] == code
    for path in kept_sounds._folder().glob("*"):
        path.unlink()


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([{"Content-Type": "application/json"}, b'{"error": {"message": "no such voice"}}'], None),
        ([b"<html>Sign in"], "bad_reply"),
        ([400, {"Content-Type": "application/json"}, b'{"error": {"message": "no such voice"}}'], "bad_request"),
        ([b"ID3" + b"\0" * 10_000], "bad_reply"),
    ],
)
def test_what_is_no_sound_is_told(
    steps: Any,
    code: str | None,
    cast: Cast,
    voice: LanguageModel,
    vendor: FakeVendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speech, "MAX_BYTES", 10_000)
    vendor.script = lambda _: steps
    status, answer = listen(cast.alice, "Hello")
    assert status == 200
    assert set(answer) == {"error"}
    assert code is None or answer["error"]["code"] == code
    assert not list(kept_sounds._folder().glob("*"))


def test_six_people_hear_at_once(cast: Cast, voice: LanguageModel, vendor: FakeVendor) -> None:
    together = threading.Barrier(6)

    def script(_: Any) -> Any:
        together.wait(10)
        return [{"Content-Type": "audio/mpeg"}, MP3]

    vendor.script = script
    people = [User.objects.create_user(f"reader{number}") for number in range(6)]
    readings = [reading_aloud.Reading(person, "Hello", None, None) for person in people]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda reading: json.loads(b"".join(reading.pieces())), readings))
    assert all(base64.b64decode(answer["data"]) == MP3 for answer in answers)


@pytest.mark.parametrize(("begun", "cost"), [(b"ID3\x04\x00 and then", 5 * 15), (b"<html>Sign in", 0)])
def test_a_sound_that_breaks_off_is_paid_as_vendors_bill_it(
    begun: bytes, cost: int, cast: Cast, voice: LanguageModel, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_call, "PATIENCE", 0)
    vendor.play([{"Content-Type": "audio/mpeg", "Content-Length": "5000"}, raw, begun, close])
    assert set(listen(cast.alice, "Hello")[1]) == {"error"}
    call = UsageRecord.objects.get()
    assert (call.cost, call.outcome == "complete") == (cost, False)
    assert not Reservation.objects.exists()


def test_two_who_hear_the_same_words_at_once_keep_one_whole_sound(
    voice: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.fdopen

    class Slow(io.RawIOBase):
        def __init__(self, number: int, mode: str) -> None:
            self._file = opened(number, mode)

        def write(self, content: Any) -> int:
            monkeypatch.setattr(os, "fdopen", opened)
            self._file.write(content[:3])
            self._file.flush()
            kept_sounds.keep("same", b"other")
            return self._file.write(content[3:])

        def close(self) -> None:
            self._file.close()

    monkeypatch.setattr(os, "fdopen", Slow)
    kept_sounds.keep("same", b"a longer one")
    assert kept_sounds.kept("same") == b"a longer one"


def test_texts_that_cost_nothing(cast: Cast, voice: LanguageModel, vendor: FakeVendor) -> None:
    assert listen(cast.alice, " \n")[1]["error"]["code"] == "bad_text"
    assert listen(cast.alice, "a" * (reading_aloud.MAX_CHARACTERS + 1))[0] == 413
    assert listen(cast.carol, "Hello", team=cast.team.pk)[0] == 404
    Budget.objects.create(kind="person", period="day", hard="0.00001")
    assert listen(cast.alice, "Hello")[1]["error"]["code"] == "over_budget"
    assert vendor.requests == []


def test_sounds_go_after_a_day_and_beyond_the_limit(voice: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sounds, "MAX_BYTES", 5)
    for name, age in (("yesterday's", kept_sounds.KEPT_SECONDS + 9), ("old", 20), ("new", 10)):
        kept_sounds.keep(name, b"abc")
        os.utime(kept_sounds._folder() / name, (time.time() - age,) * 2)
    kept_sounds.remove_old()
    assert [kept_sounds.kept(name) for name in ("yesterday's", "old", "new")] == [None, None, b"abc"]
