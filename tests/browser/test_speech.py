"""Somebody speaks into the message box."""

import io
import re
import wave

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import whole


def test_what_is_said_stands_at_the_caret_and_is_not_sent(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    expect(alice.page.get_by_role("button", name="Dictate")).to_have_count(0)
    serve(vendor, "openai", "whisper-1")
    LanguageModel.objects.filter(name="whisper-1").update(purpose="transcription")
    alice.open("/")
    page, box = alice.page, alice.page.get_by_label("Your message")
    box.fill("Before after")
    box.evaluate("box => box.setSelectionRange(6, 6)")
    vendor.play([400, b'{"error": {"message": "Bad file"}}'], whole({"text": " said"}))
    page.get_by_role("button", name="Dictate").press("Enter")
    recording = page.get_by_role("group", name="Recording")
    expect(recording).to_contain_text(re.compile(r"0:01 / 5:00"))
    recording.get_by_role("button", name="Done").click()
    expect(recording).to_contain_text("Your recording is still here.")
    recording.get_by_role("button", name="Try again").click()
    expect(box).to_have_value("Before said after")
    expect(recording).to_be_hidden()
    sent = vendor.requests[-1].body
    with wave.open(io.BytesIO(sent[sent.index(b"RIFF") :])) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        assert 0.5 < sound.getnframes() / 16_000 < 5
        assert any(sound.readframes(sound.getnframes()))
    page.get_by_role("button", name="Dictate").click()
    expect(recording).to_contain_text("0:00 / 5:00")
    recording.get_by_role("button", name="Cancel").click()
    expect(recording).to_be_hidden()
    assert len(vendor.requests) == 2
