"""One model over two accounts: a signature is stored with its account, and goes back to it alone."""

import base64
import json
from collections.abc import Sequence

from providers.models import ApiKey, Trouble
from tests.conftest import Cast, serve
from tests.conversations.paying import Connect, finished
from tests.conversations.test_engine import ask
from tests.conversations.test_files import picture
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received, Step, gemini_end, gemini_parts

TURNS = 8


def strict(request: Received) -> Sequence[Step]:
    """Answer with parts that this account has signed, and refuse the signature of any other."""
    account = base64.b64encode(request.headers["x-goog-api-key"][-4:].encode()).decode()
    parts = [part for content in request.json["contents"] for part in content["parts"]]
    if any(part.get("thoughtSignature", account) != account for part in parts):
        return [400, json.dumps({"error": {"message": "Corrupted thought signature."}}).encode()]
    drawn = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(picture()).decode()}}
    said = ({"text": "Hm.", "thought": True}, {"text": "Here: "}, drawn)
    return [gemini_parts(*({**part, "thoughtSignature": account} for part in said)), gemini_end()]


def test_a_conversation_over_two_accounts_is_refused_for_no_signature(
    cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "gemini")
    ApiKey.objects.create(endpoint=ApiKey.objects.get().endpoint, secret="sk-test-second-0123456789")
    vendor.script = strict
    alice, parent, conversation = connect(cast.alice), None, None
    for turn in range(TURNS):
        for number, key in enumerate(ApiKey.objects.order_by("pk")):
            ApiKey.objects.filter(pk=key.pk).update(priority=1 + (turn + number) % 2)
        conversation = ask(alice, model, conversation=conversation, parent=parent)["conversation"]
        reply = finished(alice)
        assert (reply["status"], reply["error"]) == ("complete", None)
        parent = reply["id"]
    called = [request.headers["x-goog-api-key"] for request in vendor.requests]
    assert len(called) == TURNS, "no call was refused"
    assert len(set(called)) == 2, "both accounts were asked"
    assert any("thoughtSignature" in part for call in vendor.requests for part in _parts(call)), "their own go back"
    assert not Trouble.objects.exists()


def _parts(request: Received) -> list[dict[str, object]]:
    return [part for content in request.json["contents"] for part in content["parts"]]
