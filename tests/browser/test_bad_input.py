"""Errors are shown in a sentence, lose no text, and the next message goes through."""

import json
import socket

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from conversations.models import Message
from providers.models import ApiKey, Endpoint, LanguageModel
from providers.models.health import Trouble
from tests.browser.conftest import Visit
from tests.browser.page_scripts import CLOSE_CODES, NOTE_CLOSE_CODES
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Step, close, default_reply, openai_event

JSON = {"Content-Type": "application/json"}
WEB_PAGE = b"<!doctype html><html><title>Welcome</title><body><h1>It works!</h1></body></html>"


def refusal(status: int, message: str, code: str) -> list[Step]:
    body = json.dumps({"error": {"message": message, "code": code, "type": "invalid_request_error"}}).encode()
    return [status, JSON, body]


QUOTED = "You exceeded your current quota: <b>see</b> https://vendor.example/#billing"
TROUBLES = {
    "wrong key": (
        refusal(401, "Incorrect API key provided", "invalid_api_key"),
        "The vendor refused the key. An administrator can replace it.",
        "服务商拒绝了密钥。管理员可以更换密钥。",
    ),
    "no credit": (
        refusal(429, QUOTED, "insufficient_quota"),
        "The account at the vendor has no credit left.",
        "服务商账号的额度已用完。",
    ),
    "web page": (
        [200, {"Content-Type": "text/html"}, WEB_PAGE],
        "The vendor answered something that is not a reply. An administrator can check its address.",
        "服务商返回的内容不是有效回复。管理员可以检查地址。",
    ),
    "malformed events": (
        [200, b'data: {"choices": [{"delta"\n\n', b"data: ]]]\n\n"],
        "The vendor answered something that is not a reply. An administrator can check its address.",
        "服务商返回的内容不是有效回复。管理员可以检查地址。",
    ),
    "connection ends at once": (
        [close],
        "The vendor broke off before the end of the reply.",
        "回复尚未结束，服务商就断开了。",
    ),
}


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.soak), "zh-hans"])
def test_a_vendor_in_trouble_is_described_and_the_next_question_answered(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, language: str
) -> None:
    cast.bob.language = language
    cast.bob.save()
    bob = visit(cast.bob)
    for number, (script, *sentences) in enumerate(TROUBLES.values()):
        vendor.script = lambda request, script=script: script  # type: ignore[misc]  # however often it is tried
        bob.send(f"Can you hear me, {number}?")
        reply = bob.ended(bob.replies.nth(2 * number), "failed")
        expect(bob.note(reply)).to_have_text(sentences[language == "zh-hans"])
        if QUOTED in str(script):
            fold = reply.locator(".quote")
            expect(fold.locator("p")).to_be_hidden()
            fold.get_by_text(["What the vendor said", "服务商的说明"][language == "zh-hans"]).click()
            expect(fold.locator("p")).to_have_text(QUOTED)
            assert fold.locator("p *").count() == 0, "it is text, and no link"
        assert bob.words(bob.questions.nth(2 * number)) == f"Can you hear me, {number}?"
        vendor.script = default_reply
        Trouble.objects.all().delete()  # the time is over for which such a vendor is left alone
        assert f"And now, {number}?" in bob.words(bob.ask(f"And now, {number}?"))
    bob.page.reload()
    for number, (_, *sentences) in enumerate(TROUBLES.values()):
        expect(bob.note(bob.replies.nth(2 * number))).to_have_text(sentences[language == "zh-hans"])
    expect(bob.page.locator(".quote p").filter(has_text=QUOTED)).to_have_count(1)


@pytest.mark.soak
def test_who_may_mend_it_is_led_there(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    vendor.script = lambda request: TROUBLES["wrong key"][0]
    alice = visit(cast.alice)
    alice.send("Can you hear me?")
    reply = alice.ended(alice.replies.first, "failed")
    alice.note(reply).get_by_role("link", name="Fix this").click()
    expect(alice.page.get_by_text("The vendor refused the key.").first).to_be_visible()
    assert alice.page.url.endswith(f"/admin/keys/{ApiKey.objects.get().pk}/")


@pytest.mark.soak
def test_a_vendor_that_is_not_there(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, settings: LazySettings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
    settings.CHATSITE_PRIVATE_HOSTS |= {host}
    Endpoint.objects.update(base_url=f"http://{host}/v1")
    alice = visit(cast.alice)
    alice.send("Anybody?")
    reply = alice.ended(alice.replies.first, "failed")
    expect(alice.note(reply)).to_have_text("The vendor does not answer just now. Try again in a little while.")
    Endpoint.objects.update(base_url=vendor.openai_url)
    assert alice.words(alice.ask("And now?")).endswith("And now?.")


def test_a_reply_that_breaks_off_keeps_its_words(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("Half a sen"), close])
    alice = visit(cast.alice)
    alice.send("Speak")
    reply = alice.ended(alice.replies.first, "interrupted")
    assert alice.words(reply) == "Half a sen"
    expect(alice.note(reply)).to_have_text("The vendor broke off before the end of the reply.")


@pytest.mark.soak
def test_a_text_that_is_too_long_stays_in_the_box(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.send("x" * 200_000)
    expect(alice.notice).to_have_text("This message is too long: 200,000 of at most 100,000 characters.")
    assert alice.hand_over("paste", "#composer-text", text="x" * 200_000), "a little too much can be shortened there"
    assert not alice.hand_over("paste", "#composer-text", text="x" * 200_001)
    expect(alice.notice).to_contain_text("200,001 of at most")
    assert len(alice.text.input_value()) == 200_000
    assert "You said: short" in alice.words(alice.ask("short"))
    assert [len(command["text"]) for command in alice.commands("message.send")] == [5]
    expect(alice.notice).to_be_hidden()


@pytest.mark.soak
def test_a_text_that_only_the_server_finds_too_long_comes_back(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.watch.expect("413.*/drafts")  # where a second passes before it is sent
    alice.page.locator("message-composer").evaluate("(composer) => (composer.dataset.limit = 10_000_000)")
    alice.send("x" * 200_000)
    expect(alice.notice).to_contain_text("This message is too long")
    assert len(alice.text.input_value()) == 200_000
    assert alice.messages.count() == 0
    assert alice.ask("short")


@pytest.mark.soak
def test_a_frame_that_is_too_big_ends_the_socket_and_comes_back_as_a_draft(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    text = "字" * (1024 * 1024 // 3 + 1)  # three bytes each: a third of the letters to lay out
    alice = visit(cast.alice, None)
    alice.watch.expect("413.*/drafts")
    alice.page.add_init_script(NOTE_CLOSE_CODES)
    alice.open()
    alice.page.locator("message-composer").evaluate("(composer) => (composer.dataset.limit = 10_000_000)")
    alice.send(text)
    expect(alice.notice).to_contain_text("too big to send")
    assert alice.page.evaluate(CLOSE_CODES) == [1009]
    assert alice.text.input_value() == text
    assert not Message.objects.exists()
    assert "You said: short" in alice.words(alice.ask("short"))  # on a new connection
    assert [len(command["text"]) for command in alice.commands("message.send")] == [len(text), 5]
    assert len(vendor.requests) == 1
    assert Message.objects.count() == 2


def test_nothing_is_not_sent(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    for text in ("", "   ", "\n \t\n"):
        alice.send(text)
        expect(alice.send_button).to_be_disabled()
    alice.ask("something")
    assert [command["text"] for command in alice.commands("message.send")] == ["something"]


@pytest.mark.soak
def test_a_model_that_went_away_is_said_and_the_text_stays(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    LanguageModel.objects.update(enabled=False)
    alice.send("Still there?")
    expect(alice.notice).to_have_text("There is no model that may answer here.")
    assert alice.text.input_value() == "Still there?"
    LanguageModel.objects.update(enabled=True)
    assert alice.ask("Still there?")
