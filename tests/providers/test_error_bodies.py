"""Every shape of error that vendors and gateways send becomes one of our codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from providers.wires import error_bodies
from providers.wires.registry import WIRES


def google(code: int, status: str, message: str = "m", *details: dict[str, Any]) -> str:
    """Return an error as Google sends it."""
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": details}})


def openai(message: str, code: object = None, kind: str = "invalid_request_error", **more: Any) -> str:
    """Return an error as OpenAI and the gateways send it."""
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code, **more}})


PER_DAY = {"@type": "QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
CASES = [
    # Google
    (400, google(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}), "key_refused"),
    (400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "key_refused"),
    (400, google(400, "INVALID_ARGUMENT", "Unknown name"), "bad_request"),
    (400, google(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum"), "context_too_long"),
    (400, google(400, "FAILED_PRECONDITION", "User location is not supported"), "bad_request"),
    (403, google(403, "PERMISSION_DENIED"), "key_refused"),
    (404, google(404, "NOT_FOUND", "models/x is not found for API version v1beta"), "model_not_found"),
    (429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded"), "rate_limited"),
    (429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded", PER_DAY), "quota"),
    (429, f"[{google(429, 'RESOURCE_EXHAUSTED')}]", "rate_limited"),
    (500, google(500, "INTERNAL"), "vendor_down"),
    (503, google(503, "UNAVAILABLE", "The model is overloaded."), "vendor_down"),
    (504, google(504, "DEADLINE_EXCEEDED"), "vendor_timeout"),
    # OpenAI and compatible servers
    (401, openai("Incorrect API key provided", "invalid_api_key"), "key_refused"),
    (401, openai("invalid key", 401), "key_refused"),
    (402, openai("Insufficient Balance"), "quota"),
    (403, openai("Country not supported", "unsupported_country"), "key_refused"),
    (404, openai("The model `x` does not exist", "model_not_found"), "model_not_found"),
    (400, openai("too long", "context_length_exceeded"), "context_too_long"),
    (400, openai("This model's maximum context length is 4096 tokens"), "context_too_long"),
    (
        400,
        openai("request (3000 tokens) exceeds the available context size", 400, "exceed_context_size_error"),
        "context_too_long",
    ),
    (400, openai("Unsupported parameter", "unsupported_parameter"), "bad_request"),
    (400, openai("filtered", "content_filter"), "blocked"),
    (408, openai("slow"), "vendor_timeout"),
    (413, openai("big"), "context_too_long"),
    (422, json.dumps({"detail": [{"loc": ["body", "n"], "msg": "field required", "type": "missing"}]}), "bad_request"),
    (400, json.dumps({"detail": "no"}), "bad_request"),
    (429, openai("Rate limit reached ... tokens per min", "rate_limit_exceeded"), "rate_limited"),
    (429, openai("You exceeded your current quota", "insufficient_quota"), "quota"),
    (400, json.dumps({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}), "bad_request"),
    (529, json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "o"}}), "vendor_down"),
    # Gateways of the one-api family, on either route
    (401, openai("Invalid Token (request id: 1)", "", "rix_api_error"), "key_refused"),
    (401, openai("[sk-zoj***Vj8] Token amount has been exhausted token.RemainQuota = 0", "", "new_api_error"), "quota"),
    (403, openai("用户 [36] 配额不足", "insufficient_quota"), "quota"),
    (403, openai("预扣费额度失败", "pre_consume_token_quota_failed", "new_api_error"), "quota"),
    (429, openai("当前分组上游负载已饱和,请稍后再试"), "rate_limited"),
    (503, openai("当前分组上游负载已饱和,请稍后再试"), "vendor_down"),
    (403, json.dumps({"code": "quota_not_enough", "message": "user quota is not enough", "data": None}), "quota"),
    (524, openai("", "bad_response_status_code", "new_api_error"), "vendor_down"),
    (500, openai("upstream error: do request failed", "do_request_failed", "new_api_error"), "vendor_down"),
    (503, openai("There are no channels available for model gpt under all token groups default"), "model_not_found"),
    (400, json.dumps({"error": "API key status invalid", "api-key": "k", "type": "api-key"}), "key_refused"),
    (404, openai("Invalid URL (POST /v1/x)", ""), "model_not_found"),
    (400, openai("x", "sensitive_words_detected", "new_api_error"), "blocked"),
    (200, json.dumps({"success": False, "message": "Invalid token"}), "key_refused"),
    # No JSON at all
    (500, "Internal Server Error", "vendor_down"),
    (502, "<html><title>502 Bad Gateway</title></html>", "vendor_down"),
    (520, "", "vendor_down"),
    (524, "<!DOCTYPE html>", "vendor_timeout"),
    (403, "<html>Cloudflare</html>", "vendor_down"),
    (401, "<!DOCTYPE html><title>Sign in</title>", "vendor_down"),
    (403, "error code: 1010", "vendor_down"),
    (402, "Payment Required", "vendor_down"),
    (401, "Invalid API key", "key_refused"),
    (429, "error code: 1015", "rate_limited"),
    (403, openai("Your input was flagged", 403), "blocked"),
    (429, "", "rate_limited"),
    (418, "[]", "bad_request"),
    (400, "null", "bad_request"),
]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("status", "body", "code"), CASES)
def test_code(wire: str, status: int, body: str, code: str) -> None:
    error = WIRES[wire].error(status, {}, body.encode())
    assert error.code == code
    assert "<" not in error.text
    assert len(error.text) < 300


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [case for case in CASES if case[1].startswith("{") and case[0] not in (408, 413, 422, 524)],
)
def test_the_same_errors_in_a_reply_with_status_200(status: int, body: str, code: str) -> None:
    error = error_bodies.in_event(json.loads(body), replies="choices")
    assert error is not None
    assert error.code == code or error.code == "vendor_down" or status < 500


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "2"}, "", 2.0),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, "", 0.25),
        ({"Retry-After": "-5"}, "", 0.0),
        ({"Retry-After": "0"}, "", 0.0),
        ({"Retry-After": "1e9"}, "", 1e9),
        ({"Retry-After": "soon"}, "", None),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": "1e400"}, "", None),
        ({"Retry-After": "-1e400"}, "", None),
        ({"Retry-After": "9" * 5000}, "", None),
        ({"Retry-After": "0" * 5000}, "", None),
        ({"Retry-After": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 20}"}, "", None),
        ({"Retry-After": f"Mon, 01 Jan 2024 00:00:00 +{'9' * 5000}"}, "", None),
        ({"Retry-After": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"}, "", None),
        ({}, google(429, "RESOURCE_EXHAUSTED", "m", {"@type": "RetryInfo", "retryDelay": "38.601s"}), 38.601),
        ({}, google(429, "RESOURCE_EXHAUSTED", "Please retry in 2.46s."), 2.46),
        ({}, google(429, "RESOURCE_EXHAUSTED", "m", {"@type": "RetryInfo", "retryDelay": f"{'9' * 5000}s"}), None),
        ({}, google(429, "RESOURCE_EXHAUSTED", f"Please retry in {'9' * 400}s."), None),
        ({}, openai("Please try again in 120ms.", "rate_limit_exceeded"), 0.12),
        ({}, "", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: str, seconds: float | None) -> None:
    assert error_bodies.from_response(429, headers, body.encode()).retry_after == seconds


def test_waiting_until_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < (error_bodies.from_response(503, {"Retry-After": date}, b"").retry_after or 0) <= 30
    assert error_bodies.from_response(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"").retry_after == 0


def test_the_refused_parameter_is_named() -> None:
    error = error_bodies.from_response(400, {}, openai("no", "unsupported_parameter", param="max_tokens").encode())
    assert error.parameter == "max_tokens"


def test_an_error_within_a_message_is_unpacked() -> None:
    inner = google(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"})
    error = error_bodies.from_response(500, {}, openai(inner, None, "upstream_error").encode())
    assert (error.code, error.quote) == ("key_refused", "API key not valid.")


def test_an_error_with_a_number_that_is_too_long_is_read() -> None:
    body = openai("no", "insufficient_quota").replace("null", "9" * 5000)
    assert error_bodies.from_response(500, {}, body.encode()).code == "quota"


def test_a_long_message_is_quoted_in_part() -> None:
    assert len(error_bodies.from_response(400, {}, openai("word " * 500).encode()).text) < 260


def test_of_a_long_message_only_the_beginning_is_searched() -> None:
    known = "Rate limit reached for this model"
    for message, code in [(known, "rate_limited"), (" " * 5000 + known, "rate_limited"), ("x" * 5000 + known, "other")]:
        error = error_bodies.in_event({"error": {"message": f"{message}. Unsupported value. Try again in 2s."}})
        assert error is not None
        found = (error.code, error.unsupported, error.retry_after)
        assert found == ((code, True, 2.0) if code != "other" else ("vendor_down", False, None))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("The input token count (1048577) exceeds the maximum", "context_too_long"),
        ("The input token count " + "9" * 100 + " exceeds", "bad_request"),
        (f"models/{'x' * 200} is not found", "model_not_found"),
        (f"models/{'x' * 300} is not found", "bad_request"),
    ],
)
def test_a_gap_in_a_phrase_has_an_end(message: str, code: str) -> None:
    assert error_bodies.from_response(400, {}, openai(message).encode()).code == code


@pytest.mark.parametrize("pattern", ["_BY_WORD", "_UNSUPPORTED", "_SECONDS"])
def test_a_search_goes_no_further_than_a_gap_may_be_long(pattern: str) -> None:
    searched = getattr(error_bodies, pattern)
    patterns = [phrases for *_, phrases in searched] if isinstance(searched, tuple) else [searched.pattern]
    assert not any(unbounded in one for one in patterns for unbounded in ("*", "+", ",}"))


def test_a_parameter_with_an_endless_name_is_none() -> None:
    assert error_bodies.from_response(400, {}, openai("no", param="a." * 1000).encode()).parameter == ""


@pytest.mark.parametrize(
    "event",
    [{}, {"choices": [], "error": None}, {"candidates": None}, {"choices": [], "code": 1, "message": "m"}],
)
def test_what_is_no_error(event: dict[str, Any]) -> None:
    assert error_bodies.in_event(event, replies="choices") is None


DOUBTS = [
    (401, openai("Incorrect API key provided", "invalid_api_key"), False),
    (401, "{}", False),
    (403, openai("no", "invalid_api_key"), False),
    (400, google(400, "INVALID_ARGUMENT", "API key not valid."), False),
    (402, openai("Insufficient Balance"), False),
    (403, openai("用户 [36] 配额不足", "insufficient_quota"), False),
    (403, google(403, "PERMISSION_DENIED", "no access to this model"), True),
    (403, openai("Country not supported", "unsupported_country"), True),
    (403, openai("no"), True),
    (403, openai("预扣费额度失败", "pre_consume_token_quota_failed", "new_api_error"), True),
    (403, openai("用户额度不足, 剩余额度: 1", "insufficient_user_quota"), True),
    (403, "<html>Cloudflare</html>", True),
    (401, "Invalid API key", True),
    (500, openai("boom"), False),
]


@pytest.mark.parametrize(("status", "body", "is_doubtful"), DOUBTS)
def test_a_refusal_that_may_be_of_one_question_says_so(status: int, body: str, is_doubtful: bool) -> None:
    assert error_bodies.from_response(status, {}, body.encode()).is_doubtful == is_doubtful
