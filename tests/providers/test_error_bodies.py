"""Every shape of error that vendors and gateways send becomes one of our codes."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from providers.errors import MAX_KEPT_CHARACTERS, ModelForbidden, RegionRefused, VendorError
from providers.transport.call import MAX_ERROR_BODY_BYTES
from providers.wires import vendor_errors
from providers.wires.registry import WIRES
from providers.wires.vendor_errors import shapes, waits, words
from tests.providers.vendor_errors import case as bodies


def google(code: int, status: str, message: str = "m", *details: dict[str, Any]) -> str:
    """Return an error as Google sends it."""
    return json.dumps(bodies.google(code, status, message, *details))


def openai(message: str, code: object = None, kind: str = "invalid_request_error", **more: Any) -> str:
    """Return an error as OpenAI and the gateways send it."""
    return json.dumps(bodies.openai(message, kind, code, **more))


PER_DAY = {"@type": "QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
CASES = [
    # Google
    (400, google(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}), "key_refused"),
    (400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "key_refused"),
    (400, google(400, "INVALID_ARGUMENT", "Unknown name"), "bad_request"),
    (400, google(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum"), "context_too_long"),
    (400, google(400, "FAILED_PRECONDITION", "Enable billing"), "bad_request"),
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
    (403, openai("Country not supported", "unsupported_country"), "vendor_down"),
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


@pytest.mark.parametrize(("status", "body", "code"), CASES)
def test_code(status: int, body: str, code: str) -> None:
    for wire in WIRES.values():
        error = wire.error(status, {}, body.encode())
        assert error.code == code
        assert "<" not in error.text
        assert len(error.text) < 300


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [case for case in CASES if case[1].startswith("{") and case[0] not in (408, 413, 422, 524)],
)
def test_the_same_errors_in_a_reply_with_status_200(status: int, body: str, code: str) -> None:
    error = vendor_errors.in_event(json.loads(body), replies="choices")
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
        ({}, openai("Please try again in 23m58.56s."), 1438.56),
        ({}, openai("Please try again in 1h2m3s."), 3723.0),
        ({}, openai("Please retry after 26 seconds."), 26.0),
        ({}, openai("Your quota will reset after 5h59m59s."), 21599.0),
        ({}, openai("Please try again in a moment."), None),
        ({}, openai("Please try again in 5 dollars."), None),
        ({}, openai("Provider returned error", metadata={"raw": google(429, "X", "Please retry in 2s.")}), 2.0),
        ({}, "", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: str, seconds: float | None) -> None:
    assert vendor_errors.from_response(429, headers, body.encode()).retry_after == seconds


@pytest.mark.parametrize(
    ("quota", "message", "is_of_model"),
    [
        ("GenerateContentInputTokensPerModelPerMinute-FreeTier", "", True),
        ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "", True),
        ("GenerateRequestsPerMinutePerProject", "", False),
        ("", "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_base_model", True),
    ],
)
def test_a_quota_of_googles_may_be_one_models(quota: str, message: str, is_of_model: bool) -> None:
    """So it was in google-gemini/gemini-cli-action#36 and, in words, in cg-dot/vertexai-cf-workers#18."""
    body = google(429, "RESOURCE_EXHAUSTED", message or "Exhausted.", {"violations": [{"quotaId": quota}]})
    assert refused(429, body).names_model == is_of_model


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_moment_as_a_number_is_no_wait_of_decades(unit: int) -> None:
    """openclaw/clawhub#407 sent seconds since 1970."""
    for moment, least, most in ((30, 25, 30), (-30, 0, 0)):
        after = str(int((time.time() + moment) * unit))
        told = vendor_errors.from_response(429, {"Retry-After": after}, b"").retry_after
        assert told is not None
        assert least <= told <= most


def test_waiting_until_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < (vendor_errors.from_response(503, {"Retry-After": date}, b"").retry_after or 0) <= 30
    assert vendor_errors.from_response(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"").retry_after == 0


def test_the_refused_parameter_is_named() -> None:
    error = vendor_errors.from_response(400, {}, openai("no", "unsupported_parameter", param="max_tokens").encode())
    assert error.parameter == "max_tokens"


def test_an_error_within_a_message_is_unpacked() -> None:
    inner = google(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"})
    error = vendor_errors.from_response(500, {}, openai(inner, None, "upstream_error").encode())
    assert (error.code, error.quote) == ("key_refused", "API key not valid.")


def test_an_error_with_a_number_that_is_too_long_is_read() -> None:
    body = openai("no", "insufficient_quota").replace("null", "9" * 5000)
    assert vendor_errors.from_response(500, {}, body.encode()).code == "quota"


def test_a_long_message_is_quoted_in_part() -> None:
    assert len(vendor_errors.from_response(400, {}, openai("word " * 500).encode()).text) < 260


def test_of_a_long_message_only_the_beginning_is_searched() -> None:
    known = "Rate limit reached for this model"
    for message, code in [(known, "rate_limited"), (" " * 5000 + known, "rate_limited"), ("x" * 5000 + known, "other")]:
        error = vendor_errors.in_event({"error": {"message": f"{message}. Unsupported value. Try again in 2s."}})
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
    assert vendor_errors.from_response(400, {}, openai(message).encode()).code == code


ROWS = [*words.TABLE, words.PLAINLY_THE_KEY, words.OF_THIS_QUESTION, words.UNSUPPORTED]
PATTERNS = [waits.SAID.pattern, words.REQUEST_QUOTED.pattern, *(row.phrases.pattern for row in ROWS if row.phrases)]
PHRASES = [re.sub(r"\\.", "", pattern) for pattern in PATTERNS]  # without escapes


def test_a_search_goes_no_further_than_a_gap_may_be_long() -> None:
    assert not any(unbounded in pattern for pattern in PHRASES for unbounded in ("*", "+", ",}"))


def test_codes_and_phrases_are_in_lower_case() -> None:
    assert not any(text != text.lower() for text in (*PHRASES, *(code for row in ROWS for code in row.codes)))


@pytest.mark.parametrize(
    "repeated", ["{", " ", "model ", "input token count ", "`inputs` tokens + ", "范围参数", "retry in 9m"]
)
def test_the_longest_body_is_read_quickly(repeated: str) -> None:
    """Each phrase has the beginning of its longest match here, again and again."""
    starts = " ".join(re.sub(r"[^\w ]", "", pattern)[:60] for pattern in PATTERNS)
    for text in (repeated * MAX_KEPT_CHARACTERS, f"{starts} {repeated}" * MAX_KEPT_CHARACTERS):
        body = json.dumps({"error": {"message": text[: MAX_ERROR_BODY_BYTES // 2]}}).encode()[:MAX_ERROR_BODY_BYTES]
        started = time.process_time()
        vendor_errors.from_response(400, {}, body)
        assert shapes.report_in('{"id": "' + text) is None
        assert time.process_time() - started < 0.1


def test_a_parameter_with_an_endless_name_is_none() -> None:
    assert vendor_errors.from_response(400, {}, openai("no", param="a." * 1000).encode()).parameter == ""


def refused(status: int, body: str) -> VendorError:
    """Return the error of a response."""
    return vendor_errors.from_response(status, {}, body.encode())


DOUBTS = [
    (401, openai("Incorrect API key provided", "invalid_api_key"), False),
    (401, "{}", False),
    (401, openai("Provider returned error", metadata={"raw": openai("Incorrect API key provided")}), True),
    (401, openai("Your request was rejected as a result of our safety system."), False),
    (403, openai("no", "invalid_api_key"), False),
    (400, google(400, "INVALID_ARGUMENT", "API key not valid."), False),
    (402, openai("Insufficient Balance"), False),
    (403, openai("用户 [36] 配额不足", "insufficient_quota"), False),
    (403, google(403, "PERMISSION_DENIED", "no access to this model"), True),
    (403, openai("Project `p` does not have access to model `m`", "model_not_found"), False),
    (403, openai("Country not supported", "unsupported_country"), False),
    (403, openai("no"), True),
    (403, openai("预扣费额度失败", "pre_consume_token_quota_failed", "new_api_error"), True),
    (403, openai("用户额度不足, 剩余额度: 1", "insufficient_user_quota"), True),
    (403, "<html>Cloudflare</html>", True),
    (401, "Invalid API key", True),
    (401, '"Invalid token"', False),
    (500, openai("boom"), False),
]


@pytest.mark.parametrize(("status", "body", "is_doubtful"), DOUBTS)
def test_a_refusal_that_may_be_of_one_question_says_so(status: int, body: str, is_doubtful: bool) -> None:
    assert vendor_errors.from_response(status, {}, body.encode()).is_doubtful == is_doubtful


def test_a_right_and_a_region_have_classes_of_their_own() -> None:
    assert isinstance(refused(403, openai("Access to model denied.")), ModelForbidden)
    assert isinstance(refused(403, openai("Not available in your country")), RegionRefused)
