"""A reply names the parameters that its model was not sent as they were set, also those learnt earlier."""

import json
import re
from collections.abc import Sequence

from conversations.live.events import body_html
from conversations.models import Message
from providers.models import Deployment, LanguageModel
from tests.conftest import Cast
from tests.conversations.paying import Connect
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, Step, default_reply

SENTENCE = "Range of max_tokens should be [1, 8192]"


def choosy(request: Received) -> Sequence[Step]:
    """Refuse a temperature, and more than 8192 tokens."""
    sentence = "temperature is not supported" if "temperature" in request.json else ""
    sentence = SENTENCE if request.json.get("max_tokens", 0) > 8192 else sentence
    told = json.dumps({"error": {"message": sentence, "type": "invalid_request_error"}}).encode()
    return [400, {"Content-Type": "application/json"}, told] if sentence else default_reply(request)


def test_a_reply_says_what_was_left_out(cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect) -> None:
    vendor.script = choosy
    alice = connect(cast.alice)
    parameters = {"temperature": 0.5, "max_tokens": 9000, "top_p": 0.5}
    expected = [{"parameter": "temperature", "sent": None}, {"parameter": "max_tokens", "sent": 8192}]
    for calls in (3, 4):  # the second question is asked once: what is learnt is not sent again
        reply = ask(alice, model, parameters=parameters)["replies"][0]
        told = alice.event("message.finished")
        assert (told["message"]["status"], told["message"]["left_out"]) == ("complete", expected)
        stored = Message.objects.get(pk=reply)
        assert stored.left_out == expected
        words = ["left_out.several", "left_out.temperature", "changed.max_tokens"]
        assert re.findall(r'data-word="([\w.]+)"', body_html(stored)) == words
        assert body_html(stored).count("<details") == 1
        assert len(vendor.requests) == calls
    deployment = Deployment.objects.get()
    assert deployment.learnt == ["no:temperature", "range:max_tokens=1..8192"]
    assert deployment.lessons["range:max_tokens=1..8192"]["said"] == SENTENCE
    ask(alice, model)
    assert alice.event("message.finished")["message"]["left_out"] == []


def test_nobody_switches_a_parameter_off_by_writing_of_it(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = choosy
    alice = connect(cast.alice)
    ask(alice, model, "Repeat: temperature is not supported", parameters={"temperature": 0.5})
    told = alice.event("message.finished")["message"]
    assert (told["status"], told["left_out"]) == ("complete", [{"parameter": "temperature", "sent": None}])
    assert Deployment.objects.get().learnt == []
    html = body_html(Message.objects.get(pk=told["id"]))
    assert re.findall(r'data-word="([\w.]+)"', html) == ["left_out.temperature"]
    assert "<details" not in html, "one line needs no fold"
