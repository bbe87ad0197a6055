"""The places where an error stands in a body, and what only looks like an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.errors import VendorError
from providers.transport.call import MAX_ERROR_BODY_BYTES
from providers.wires import vendor_errors
from tests.providers.vendor_errors.case import google, openai


def refused(status: int, body: object) -> VendorError:
    """Return the error of a response."""
    return vendor_errors.from_response(status, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"choices": [], "error": None},
        {"candidates": None},
        {"choices": [], "code": 1, "message": "m"},
        {"code": 0, "message": "ok"},
        {"code": "success", "message": "", "data": []},
        {"code": 1, "msg": "success"},
        {"code": 200, "message": "success", "data": [{"id": "a"}]},
        {"code": 0, "message": "Success", "sid": "s", "choices": [{"delta": {"content": "Hi"}}]},
        {"choices": [{"delta": {"content": "Hi"}}], "error": {"code": 0, "message": ""}},
        {"choices": [{"delta": {"content": "Hi"}}], "error": {"code": None, "message": None}},
        {"choices": [{"delta": {"content": "Hi"}}], "error": ""},
        {"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}},
        {"choices": [{"delta": {"content": "Hi"}}], "base_resp": {"status_code": 1008, "status_msg": "m"}},
        {"object": "list", "data": [], "status": "ok", "success": True, "errors": []},
        {"error_code": 0, "error_msg": "", "data": []},
    ],
)
def test_what_is_no_error(event: dict[str, Any]) -> None:
    assert vendor_errors.in_event(event, replies="choices") is None
    if "choices" not in event:
        assert vendor_errors.in_event(event) is None


@pytest.mark.parametrize(
    ("event", "code", "quote"),
    [
        ({"error": "busy"}, "vendor_down", "busy"),
        ({"error": True, "message": "Too many requests"}, "rate_limited", "Too many requests"),
        ({"error": ["Invalid API key"]}, "key_refused", "Invalid API key"),
        ({"errors": ["Invalid API key"]}, "key_refused", "Invalid API key"),
        ({"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}, "key_refused", "Authent"),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "low"}}, "quota", "low"),
        ({"choices": [], "status": "failed", "message": "Too many requests"}, "rate_limited", "Too many"),
        ({"detail": {"error": {"message": "no", "code": "insufficient_quota"}}}, "quota", "no"),
        ({"statusCode": 403, "message": "Forbidden"}, "key_refused", "Forbidden"),
        ({"code": 500, "message": ""}, "vendor_down", ""),
        ({"code": 401, "msg": "no"}, "key_refused", "no"),
    ],
)
def test_an_error_of_another_shape_with_status_200(event: dict[str, Any], code: str, quote: str) -> None:
    error = vendor_errors.in_event(event, replies="choices")
    assert error is not None
    assert error.code == code
    assert quote in error.quote


def test_the_reason_behind_a_gateway_is_the_reason() -> None:
    """Also when it is no JSON, or stands behind the gateway's own words."""
    raw = refused(429, openai("Provider returned error", code=429, metadata={"raw": "x is rate-limited upstream"}))
    assert (raw.code, raw.quote) == ("rate_limited", "x is rate-limited upstream")
    behind = refused(500, openai(f"Upstream: {json.dumps(openai('no', 'unsupported_parameter', param='top_p'))}"))
    assert (behind.quote, behind.parameter, behind.unsupported) == ("no", "top_p", True)
    page = refused(502, openai("Provider returned error", "error", 502, metadata={"raw": "<html>Bad gateway</html>"}))
    assert (page.code, page.quote) == ("vendor_down", "Provider returned error")
    relayed = refused(502, openai(json.dumps(google(400, "INVALID_ARGUMENT", "Bad role"))))
    assert (relayed.code, relayed.quote) == ("bad_request", "Bad role")


@pytest.mark.parametrize(
    "message",
    [
        'Bad part; messages = [\n {\n "role": "user",\n "content": "%s"}]',
        "1 validation error for Message: content [type=string_type, input_value='%s', input_type=str]",
        "[{'type': 'string_type', 'msg': 'Input should be a string', 'input': '%s'}]",
        'Cannot read {"role": "user", "content": "%s"}',
    ],
)
@pytest.mark.parametrize("said", ["insufficient balance", "Invalid API key", "rate limit", "prompt is too long"])
def test_what_a_person_wrote_is_not_taken_for_the_vendors_words(message: str, said: str) -> None:
    """Vendors quote the request, and nobody may stop a shared key by writing about money."""
    for status in (400, 500):
        assert refused(status, openai(message % said)).code == "bad_request"


@pytest.mark.parametrize("message", ["The schema {} is empty", 'Bad schema {"type": "object"}', "Found {", "{" * 9999])
def test_a_brace_in_a_message_is_no_reason_of_its_own(message: str) -> None:
    assert refused(400, openai(message)).quote == message.strip()


def test_a_status_in_the_body_outweighs_a_gateways() -> None:
    assert refused(500, {"code": 404, "message": "gone"}).code == "model_not_found"
    assert refused(403, {"code": 429, "message": "no"}).code == "key_refused"


def test_a_body_that_ends_in_the_middle_of_a_character_is_read_as_utf_8() -> None:
    text = json.dumps(openai("余额" * 9), ensure_ascii=False).encode()
    assert "余额" in vendor_errors.from_response(500, {}, b"\xef\xbb\xbf" + text[:60]).quote


def test_a_body_that_is_longer_than_this_site_reads_is_quoted_from_its_message() -> None:
    message = 'Input should be a \u4f60 "string", ' + "x" * MAX_ERROR_BODY_BYTES
    body = json.dumps(openai(message)).encode()[:MAX_ERROR_BODY_BYTES]
    error = vendor_errors.from_response(400, {}, body)
    assert (error.code, error.is_page) == ("bad_request", False)
    assert error.quote.startswith('Input should be a 你 "string", x')
    assert vendor_errors.from_response(400, {}, b'{"id": ' + b"x" * MAX_ERROR_BODY_BYTES).is_page


def test_bytes_of_no_known_encoding_are_quoted_as_far_as_possible() -> None:
    assert vendor_errors.from_response(500, {}, b"caf\xff\xff broken").quote.endswith("broken")
