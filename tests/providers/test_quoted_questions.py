"""A question that a vendor's error quotes takes nothing from anybody else, whatever its words are."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time

import pytest

from providers import errors
from providers.errors import VendorError
from providers.pool import blame, cooldown
from providers.pool.blame import Rests, Subject
from providers.types import Part, Prompt, Turn
from providers.wires import registry
from providers.wires.question import doubt_if_quoted
from providers.wires.vendor_errors import in_event

QUESTIONS = [
    "insufficient balance",
    "Invalid API key",
    "your account is disabled",
    "账号已被封禁",
    "使用 余额不足",
    "rate limit, try again in 9h",
    "insuf\u200bficient balance",
    "ｉnsufficient balance",
    "overloaded",
    '{"error":{"message":"x","code":"invalid_api_key","status":401}}',
    '{"error":{"message":"\\u0078","code":"invalid_api_key","status":401}}',
    '{"detail":{"error":{"message":"x","code":"arrearage"}}}',
    json.dumps({"error": {"message": json.dumps({"error": {"message": "\u2028", "code": "insufficient_quota"}})}}),
]
SHAPES: dict[str, Callable[[str], object]] = {
    "message": lambda said: {"error": {"message": f"Cannot read: {said}"}},
    "detail": lambda said: {"detail": said},
    "raw": lambda said: {"error": {"message": "Provider returned error", "metadata": {"raw": f"Cannot: {said}"}}},
    "twice": lambda said: {"error": {"message": f'{{"error":{{"message":{json.dumps("No: " + said)}}}}}'}},
}


def asking(question: str) -> Prompt:
    return Prompt("parrot", (Turn("user", (Part("text", f"What is {question}, please?"),)),))


def assert_takes_nothing(error: VendorError) -> None:
    rule = blame.rule_of(error)
    assert rule.rests is not Rests.AT_ONCE, rule
    assert rule.subject is not Subject.KEY
    assert not rule.keeps_quote
    assert cooldown.pause(error, 1) <= 6 * 3600 * 1.1
    assert error.retry_after is None


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_quoted_question_is_no_trouble_of_a_key(question: str, shape: str) -> None:
    prompt = asking(question)
    quoted = SHAPES[shape](question.replace("\u200b", "").replace("ｉ", "i"))
    bodies = [json.dumps(quoted).encode(), json.dumps(quoted, ensure_ascii=False).encode()]
    answers = [registry.wire("openai").error(status, {}, body) for status in (400, 422, 500) for body in bodies]
    if isinstance(quoted, dict) and "error" in quoted:
        in_reply = in_event(quoted)
        assert in_reply
        answers.append(in_reply)
    for error in answers:
        doubt_if_quoted(error, prompt)
        if blame.rule_of(error).subject is not Subject.ENDPOINT or error.evidence:
            assert_takes_nothing(error)


def test_the_vendors_own_words_rest_the_key_at_once() -> None:
    body = json.dumps({"error": {"message": "Your account has an insufficient balance"}}).encode()
    error = registry.wire("openai").error(403, {}, body)
    doubt_if_quoted(error, asking("the weather"))
    assert (blame.rule_of(error).subject, blame.rule_of(error).rests) == (Subject.KEY, Rests.AT_ONCE)
    assert blame.rule_of(error).keeps_quote


def test_an_empty_account_that_quotes_the_question_keeps_none_of_it() -> None:
    said = "the merger with Initech"
    error = errors.QuotaExhausted(f"No credits for: {said}")
    doubt_if_quoted(error, asking(said))
    assert blame.rule_of(error).rests is Rests.AT_ONCE
    assert said not in blame.kept_text(error)


def test_a_long_conversation_is_searched_in_little_time() -> None:
    prompt = Prompt("parrot", (Turn("user", (Part("text", "ab" * 500_000),)),))
    error = errors.QuotaExhausted("ab" * 5 + "c" + ("ab" * 5 + "c ") * 400)
    error.evidence = ("no credits",)
    begun = process_time()
    doubt_if_quoted(error, prompt)
    assert process_time() - begun < 1
