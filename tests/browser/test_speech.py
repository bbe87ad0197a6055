"""Somebody speaks into the message box, and hears a reply."""

import base64
import io
import re
import wave

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_thread_tools import opened
from tests.conftest import Cast, serve
from tests.conversations.test_speech import sound
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import whole

PLAY = """(bytes) => {
    const sound = new Blob([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], { type: "audio/wav" });
    const player = document.body.appendChild(new Audio(URL.createObjectURL(sound)));
    return player.play();
}"""


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
    microphone = page.get_by_role("button", name="Dictate")
    expect(microphone).to_be_enabled()
    microphone.press("Enter")
    recording = page.get_by_role("group", name="Recording")
    expect(recording).to_contain_text(re.compile(r"0:(0[1-9]|[1-5]\d) / 5:00"))
    recording.get_by_role("button", name="Done").click()
    expect(recording).to_contain_text("Your recording is still here.")
    recording.get_by_role("button", name="Try again").click()
    expect(box).to_have_value("Before said after")
    expect(recording).to_be_hidden()
    sent = vendor.requests[-1].body
    with wave.open(io.BytesIO(sent[sent.index(b"RIFF") :])) as heard:
        assert (heard.getframerate(), heard.getnchannels()) == (16_000, 1)
        assert heard.getnframes() > 8_000
        assert any(heard.readframes(heard.getnframes()))
    page.evaluate(PLAY, base64.b64encode(sound(30)).decode())
    expect(page.locator("audio")).to_have_js_property("paused", False)
    microphone.click()
    expect(recording).to_contain_text("Recording…")
    expect(page.locator("audio")).to_have_js_property("paused", True)
    recording.get_by_role("button", name="Cancel").click()
    expect(recording).to_be_hidden()
    assert len(vendor.requests) == 2


DROP = """([files]) => {
    const data = new DataTransfer();
    for (const [name, type, bytes] of files)
        data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector("message-composer").dispatchEvent(drop);
}"""


def test_sounds_that_are_dropped_become_words_where_a_model_writes_them_down(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    page, box = alice.page, alice.page.get_by_label("Your message")
    memo, broken, long = (
        (name, "audio/wav", base64.b64encode(content).decode())
        for name, content in (("memo.wav", sound(1)), ("broken.wav", b"RIFF????WAVE"), ("long.wav", sound(302)))
    )
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.evaluate(DROP, [[memo]])
    expect(page.locator("file-tray")).to_contain_text("“memo.wav” cannot be added: there is no model here")
    serve(vendor, "openai", "whisper-1")
    LanguageModel.objects.filter(name="whisper-1").update(purpose="transcription")
    alice.open("/")
    expect(page.get_by_role("button", name="Dictate")).to_be_enabled()
    vendor.script = lambda _: whole({"text": f"words {len(vendor.requests)}"})
    page.evaluate(DROP, [[memo, memo, ["note.txt", "text/plain", "SGk="]]])
    expect(box).to_have_value("words 0 words 1")
    expect(page.locator("file-tray")).to_contain_text("note.txt")
    recording = page.get_by_role("group", name="Recording")
    page.evaluate("""() => {
        const decode = OfflineAudioContext.prototype.decodeAudioData;
        OfflineAudioContext.prototype.decodeAudioData = function (bytes) {
            document.body.dataset.decoded = Number(document.body.dataset.decoded ?? 0) + 1;
            return decode.call(this, bytes);
        };
    }""")
    for refused, sentence in ((broken, "This file has no sound"), (long, "At most five minutes")):
        page.evaluate(DROP, [[refused]])
        expect(recording).to_contain_text(sentence)
        expect(recording.get_by_role("button", name="Try again")).to_be_hidden()
    assert len(vendor.requests) == 2
    expect(page.locator("body")).to_have_attribute("data-decoded", "1")  # not the long one: memory


def test_a_reply_is_read_aloud_by_a_model(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    serve(vendor, "openai", "tts-1")
    LanguageModel.objects.filter(name="tts-1").update(purpose="speech")
    vendor.script = lambda _: [{"Content-Type": "audio/wav"}, sound(0.5)]
    words = "Word. " * 40
    said = f"Hello *you*[^1].\n\nUp to $\\frac{{1}}{{n}}$ of $x^2$\n\n[^1]: So.\n\n{words}\n\n```\ncode\n```\n"
    alice = opened(cast, visit, said)
    more, item = alice.replies.locator("[data-act=more]"), alice.page.get_by_role("menuitem", name="Read aloud")
    player = alice.replies.locator("audio")
    more.click()
    item.click()
    expect(player).to_be_visible()
    expect(player).to_have_count(0)
    asked = [call.json["input"] for call in vendor.requests]
    assert asked == ["Hello you.\nUp to 1/n of x^2\nSo.\n", f"{words.strip()}\n"]
    alice.page.evaluate(
        "words => { document.querySelector('chat-message .message__text p').textContent = words }",
        "".join(map(str, range(10_000, 10_820))),
    )
    vendor.requests.clear()
    more.click()
    item.click()
    expect(player).to_be_visible()
    expect(player).to_have_count(0)
    assert [len(call.json["input"].strip()) for call in vendor.requests][:4] == [1_000] * 4
    vendor.script = lambda _: [{"Content-Type": "audio/wav"}, sound(30)]
    alice.page.evaluate("document.querySelector('chat-message .message__text p').append('!')")
    more.click()
    item.click()
    expect(player).to_have_js_property("paused", False)
    more.click()
    alice.page.get_by_role("menuitem", name="Stop reading").click()
    expect(player).to_have_count(0)
