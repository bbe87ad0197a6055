"""The detection of unknown addresses, played by gateways of several dialects: few calls, readable results, no key."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from providers.endpoints import detection as detecting
from providers.endpoints.detection import MAX_CALLS, Detection
from providers.errors import MAX_KEPT_CHARACTERS
from providers.models import Endpoint
from providers.transport.network import Network
from providers.types import Address
from providers.wires.registry import WIRES
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, PlainKey
from tests.vendor_replies import Received, Step, bare, close, is_gemini, openai_event, openai_whole, reply

JSON = {"Content-Type": "application/json"}
PAGE = [404, {"Content-Type": "text/html"}, b"<html><title>Not here</title></html>"]
Rule = Callable[[Received], Sequence[Step] | None]


def complaint(status: int, message: str, **more: str) -> Sequence[Step]:
    return [status, JSON, json.dumps({"error": {"message": message, **more}}).encode()]


def placement(request: Received) -> str:
    """Return the place of the key; `none` without one."""
    given = request.headers.get("Authorization", "")
    if dict(request.query).get("key") == SECRET:
        return "query"
    if request.headers.get("x-goog-api-key") == SECRET:
        return "header-goog"
    if request.headers.get("x-api-key") == SECRET:
        return "header-x-api-key"
    return {f"Bearer {SECRET}": "bearer", SECRET: "authorization"}.get(given, "none")


def only_key_at(place: str) -> Rule:
    refusal = complaint(401, f"Invalid token {SECRET}", type="new_api_error", code="")
    return lambda request: None if placement(request) == place else refusal


def only_paths(prefix: str) -> Rule:
    return lambda request: None if request.path.startswith(prefix) else PAGE


def speak(vendor: FakeVendor, *rules: Rule) -> None:
    """Let the vendor answer as the first rule that applies says, else with a default."""

    def script(request: Received) -> Sequence[Step]:
        answers = (rule(request) for rule in rules)
        return next((answer for answer in answers if answer), None) or reply(request, ["hello"])

    vendor.script = script


def detect(vendor: FakeVendor, base: str = "", model: str = "gemini-2.5-flash", key: Any = None) -> Detection:
    """Return the findings, after checks that hold for every detection."""
    given = PlainKey() if key is None else key
    detection = detecting.detect(f"{vendor.gemini_url}{base}", given or None, model, Network(vendor.private_hosts))
    assert len(vendor.requests) <= MAX_CALLS
    assert SECRET not in repr(detection)
    return detection


def found(detection: Detection) -> Address:
    assert detection.findings is not None, detection.tries
    assert detection.tries[-1].works
    assert all(tried.came for tried in detection.tries)
    return detection.findings


def test_the_first_call_is_enough_where_everything_is_usual(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor)
    detection = detect(wire_vendor)
    address = found(detection)
    assert (address.wire, address.api_version, address.key_placement) == ("gemini", "v1beta", "header-goog")
    assert (address.ask_sse, address.streaming) == (True, True)
    (tried,) = detection.tries
    assert tried.url == f"{wire_vendor.gemini_url}/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert (tried.method, tried.placement) == ("POST", "header-goog")
    assert tried.came.startswith("Works: “hello” after ")


def test_the_calls_are_small(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_paths("/v1/chat"))
    detect(wire_vendor, model="gpt")
    detect(wire_vendor, "/v1beta", model="gpt")
    openai = next(request.json for request in wire_vendor.requests if not is_gemini(request))
    gemini = next(request.json for request in wire_vendor.requests if is_gemini(request))
    assert openai["max_tokens"] == gemini["generationConfig"]["maxOutputTokens"] == 32
    assert len(openai["messages"]) == len(gemini["contents"]) == 1


@pytest.mark.parametrize("place", ["header-goog", "bearer", "authorization", "query"])
@pytest.mark.parametrize("paths", ["/v1beta/", "/v1/chat"])
def test_a_gateway_that_takes_the_key_at_one_place(wire_vendor: FakeVendor, place: str, paths: str) -> None:
    speak(wire_vendor, only_paths(paths), only_key_at(place))
    address = found(detect(wire_vendor))
    assert address.key_placement == place
    assert address.wire == ("gemini" if paths == "/v1beta/" else "openai")


@pytest.mark.parametrize("elsewhere", [b'{"status":"ok"}', b"<html></html>", b"welcome", b""])
def test_a_gateway_that_answers_elsewhere_as_if_all_were_well(wire_vendor: FakeVendor, elsewhere: bytes) -> None:
    speak(wire_vendor, lambda request: None if request.path.startswith("/v1/models/") else [JSON, elsewhere])
    address = found(detect(wire_vendor, model="m"))
    assert (address.wire, address.api_version) == ("gemini", "v1")


def test_the_place_of_the_key_is_found_before_the_path_where_keys_are_judged_first(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_key_at("query"), only_paths("/v1/models"))
    address = found(detect(wire_vendor))
    assert (address.wire, address.api_version, address.key_placement) == ("gemini", "v1", "query")


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_gateway_that_does_not_know_alt_sse(wire_vendor: FakeVendor, status: int) -> None:
    refusal = complaint(status, "what is alt")
    speak(wire_vendor, only_paths("/v1beta/"), lambda request: refusal if ("alt", "sse") in request.query else None)
    address = found(detect(wire_vendor))
    assert (address.wire, address.api_version, address.ask_sse, address.streaming) == ("gemini", "v1beta", False, True)


@pytest.mark.parametrize(
    ("base", "serving", "expected"),
    [
        ("", "/v1/chat", "/v1"),
        ("/v1", "/v1/chat", "/v1"),
        ("/v1/", "/v1/chat", "/v1"),
        ("/v1/chat/completions", "/v1/chat", "/v1"),
        ("/v1beta", "/v1/chat", "/v1"),
        ("/api", "/api/v1/chat", "/api/v1"),
        ("/api", "/api/chat", "/api"),
        ("/api/v3", "/api/v3/chat", "/api/v3"),
        ("/compatible/openai", "/compatible/openai/chat", "/compatible/openai"),
    ],
)
def test_a_gateway_of_the_openai_wire_alone(wire_vendor: FakeVendor, base: str, serving: str, expected: str) -> None:
    speak(wire_vendor, only_paths(serving))
    address = found(detect(wire_vendor, base))
    assert (address.wire, address.base_url) == ("openai", wire_vendor.gemini_url + expected)


@pytest.mark.parametrize(
    ("base", "serving", "expected"),
    [
        ("/v1beta", "/v1beta/", ""),
        ("/api/v1beta/models", "/api/v1beta/", "/api"),
        ("/v1", "/v1beta/", ""),
        ("", "/v1/models", ""),
    ],
)
def test_a_gateway_of_the_gemini_wire_alone(wire_vendor: FakeVendor, base: str, serving: str, expected: str) -> None:
    speak(wire_vendor, only_paths(serving))
    address = found(detect(wire_vendor, base))
    assert (address.wire, address.base_url) == ("gemini", wire_vendor.gemini_url + expected)
    assert address.api_version == ("v1" if serving == "/v1/models" else "v1beta")


@pytest.mark.parametrize("place", ["header-x-api-key", "bearer", "authorization"])
@pytest.mark.parametrize(
    ("base", "serving", "expected"),
    [
        ("", "/v1/messages", ""),
        ("/v1/messages", "/v1/messages", ""),
        ("/anthropic", "/anthropic/v1/messages", "/anthropic"),
        ("/api/anthropic/v1", "/api/anthropic/v1/messages", "/api/anthropic"),
    ],
)
def test_a_gateway_of_the_messages_wire_alone(
    wire_vendor: FakeVendor, base: str, serving: str, expected: str, place: str
) -> None:
    speak(wire_vendor, only_paths(serving), only_key_at(place))
    address = found(detect(wire_vendor, base, model="m"))
    assert (address.wire, address.base_url) == ("anthropic", wire_vendor.gemini_url + expected)
    assert (address.key_placement, address.streaming) == (place, True)
    assert wire_vendor.requests[-1].json["max_tokens"] == 32


def test_a_gateway_that_cannot_stream(wire_vendor: FakeVendor) -> None:
    refusal = complaint(400, "streaming is off")
    speak(wire_vendor, only_paths("/v1/chat"), lambda request: refusal if request.json["stream"] else None)
    detection = detecting.detect(wire_vendor.openai_url, PlainKey(), "m", Network(wire_vendor.private_hosts))
    assert detection.findings is not None
    assert (detection.findings.wire, detection.findings.streaming) == ("openai", False)


def whole_by_gemini_and_streamed_by_openai(request: Received) -> Sequence[Step]:
    """Answer on Gemini at the third call, not streamed.

    The other wire streams once the key is at its last place.
    """
    if is_gemini(request):
        return complaint(400, "no") if "streamGenerateContent" in request.path else reply(request, ["hello"])
    return reply(request, ["hello"]) if placement(request) == "header-goog" else complaint(401, "Invalid token")


def test_a_streamed_answer_counts_more_than_a_whole_one(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = whole_by_gemini_and_streamed_by_openai
    detection = detect(wire_vendor)
    address = found(detection)
    assert (address.wire, address.streaming) == ("openai", True)
    assert [tried.works for tried in detection.tries].count(True) == 2


def test_a_model_that_refuses_the_limit_is_asked_without(wire_vendor: FakeVendor) -> None:
    refusal = complaint(400, "Unsupported parameter", param="max_tokens", code="unsupported_parameter")
    speak(wire_vendor, only_paths("/v1/chat"), lambda request: refusal if "max_tokens" in request.json else None)
    detection = detect(wire_vendor, "/v1", model="o9")
    assert found(detection).streaming
    assert [tried.works for tried in detection.tries] == [True, True]
    assert ["max_tokens" in request.json for request in wire_vendor.requests] == [True, False, True, False]


def silent_on_usage(request: Received) -> Sequence[Step] | None:
    """Send token counts only if asked."""
    if "stream_options" in request.json:
        return None
    return [openai_event("hello"), b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', close]


def test_usage_is_asked_for_where_it_does_not_come_by_itself(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_paths("/v1/chat"), silent_on_usage)
    assert found(detect(wire_vendor, "/v1")).ask_usage is True


def test_usage_is_not_asked_for_where_it_comes_by_itself(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_paths("/v1/chat"))
    assert found(detect(wire_vendor, "/v1")).ask_usage is False


def test_usage_is_not_asked_for_where_asking_is_refused(wire_vendor: FakeVendor) -> None:
    refusal = complaint(400, "Unknown parameter", param="stream_options", code="unknown_parameter")
    speak(
        wire_vendor,
        only_paths("/v1/chat"),
        lambda request: refusal if "stream_options" in request.json else None,
        silent_on_usage,
    )
    assert found(detect(wire_vendor, "/v1")).ask_usage is False


def test_a_stream_request_answered_by_one_object_works(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_paths("/v1/chat"), lambda request: [JSON, openai_whole("hello")])
    assert found(detect(wire_vendor)).wire == "openai"


def test_without_a_key_none_is_placed(wire_vendor: FakeVendor) -> None:
    speak(wire_vendor, only_paths("/v1/chat"))
    detection = detect(wire_vendor, key=False)
    assert found(detection).wire == "openai"
    assert {tried.placement for tried in detection.tries} == {"none"}


# --- Nothing works -------------------------------------------------------------------------------------------------


def test_a_site_that_is_no_vendor_is_given_up_soon(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: PAGE
    detection = detect(wire_vendor)
    assert detection.findings is None
    assert len(detection.tries) == 7
    assert all("does not offer" in tried.came for tried in detection.tries)


def test_a_wrong_key_is_tried_at_every_place_of_every_wire(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: complaint(401, f"Incorrect API key provided: {SECRET}")
    detection = detect(wire_vendor)
    assert detection.findings is None
    assert len(detection.tries) == min(MAX_CALLS, sum(len(wire.KEY_PLACEMENTS) for wire in WIRES.values()))
    assert all("refused the key" in tried.came and "••••" in tried.came for tried in detection.tries)


@pytest.mark.parametrize(
    "answer",
    [complaint(429, "slow down", code="rate_limit_exceeded"), complaint(402, "pay", code="insufficient_balance")],
)
def test_a_vendor_that_knows_us_and_will_not_is_asked_once(wire_vendor: FakeVendor, answer: Sequence[Step]) -> None:
    wire_vendor.script = lambda request: answer
    assert len(detect(wire_vendor).tries) == 1


def test_a_key_is_masked_where_a_complaint_is_cut(wire_vendor: FakeVendor) -> None:
    message = f"no:{' ' * (MAX_KEPT_CHARACTERS - len(SECRET) - 2)}{SECRET}"
    speak(wire_vendor, lambda request: complaint(402, message))
    assert [tried.came.partition("no: ")[2] for tried in detect(wire_vendor).tries] == [f"••••{SECRET[-4:]}"]


def test_a_vendor_that_hangs_up_is_given_up_after_two_calls(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: [bare, close]
    detection = detect(wire_vendor)
    assert (detection.findings, len(detection.tries)) == (None, 2)
    assert all("closed the connection" in tried.came for tried in detection.tries)


def test_a_vendor_that_is_not_there_is_given_up_after_two_calls() -> None:
    with FakeVendor() as gone:
        pass
    detection = detecting.detect(gone.gemini_url, PlainKey(), "m", Network(gone.private_hosts))
    assert (detection.findings, len(detection.tries)) == (None, 2)
    assert all("could not be reached" in tried.came for tried in detection.tries)


def test_an_address_that_may_not_be_called_is_not(wire_vendor: FakeVendor) -> None:
    detection = detecting.detect(wire_vendor.openai_url, PlainKey(), "m", Network())
    assert (detection.findings, len(detection.tries)) == (None, 1)
    assert "CHATSITE_PRIVATE_HOSTS" in detection.tries[0].came
    assert wire_vendor.requests == []


def test_a_model_that_cannot_stand_in_a_path_is_told_so(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: PAGE
    detection = detect(wire_vendor, model="gemini/../x")
    assert detection.findings is None
    assert any("cannot be called" in tried.came for tried in detection.tries)


def test_every_call_counts_however_bad_the_answers(wire_vendor: FakeVendor) -> None:
    turns = iter(range(100))
    bad = [complaint(400, "Invalid token"), complaint(404, "x"), complaint(500, "x"), complaint(400, "x"), PAGE]
    wire_vendor.script = lambda request: bad[next(turns) % len(bad)]
    detection = detect(wire_vendor)
    assert detection.findings is None
    assert len(detection.tries) == len(wire_vendor.requests) <= MAX_CALLS


# --- The stored findings ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_findings_are_not_stored_over_an_address_that_changed_meanwhile() -> None:
    endpoint = Endpoint.objects.create(name="Ours", wire="openai", base_url="https://old.example/v1")
    Endpoint.objects.update(base_url="https://new.example/v1")
    assert not detecting.store(endpoint, Address("gemini", "https://old.example"))
    assert Endpoint.objects.get().wire == "openai"
