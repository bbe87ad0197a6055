"""Robots and webhooks: how what they are told is formed and signed, and how they answer."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from conversations.notifications import robots
from conversations.notifications.robots import Told

SENTENCE = "alice mentioned you in “<at user_id='all'> & <!channel>”"
EVENT = Told("0190", SENTENCE, "https://chat.example/c", {"type": "mention"})
NOW = 1_700_000_000.5


def body(form: str, secret: str = "", told: Told = EVENT) -> tuple[Any, Any]:
    made = robots.request(form, "https://robot.example/send?key=k", secret, [told], NOW)
    return made, json.loads(made.body)


def signed(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def test_feishu_signs_with_time_and_secret_and_calls_nobody() -> None:
    """Source: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot"""
    _, said = body("feishu", "feishu-secret")
    assert said["timestamp"] == "1700000000"
    assert said["sign"] == signed(b"1700000000\nfeishu-secret", b"")
    assert said["msg_type"] == "text"
    assert "<" not in said["content"]["text"]
    assert "sign" not in body("feishu")[1]


def test_dingtalk_signs_in_the_address() -> None:
    """Source: https://open.dingtalk.com/document/robots/custom-robot-access"""
    made, said = body("dingtalk", "SEC1")
    query = parse_qs(urlsplit(made.url).query)
    assert query["timestamp"] == ["1700000000500"]
    assert query["sign"] == [signed(b"SEC1", b"1700000000500\nSEC1")]
    assert said == {"msgtype": "text", "text": {"content": f"{EVENT.sentence}\n{EVENT.address}"}}


def test_wecom_and_slack_are_told_what_they_can_read() -> None:
    long = Told("1", "好" * 3000, "https://chat.example/c", {})
    assert len(body("wecom", told=long)[1]["text"]["content"].encode()) <= 2048
    assert "“&lt;at user_id='all'&gt; &amp; &lt;!channel&gt;”" in body("slack")[1]["text"]
    storm = Told("1", "lead mentioned you in “@all @here @everyone”", "https://chat.example/c", {})
    assert not re.search(r"@\w", body("slack", told=storm)[1]["text"]), "Mattermost and Rocket.Chat would call them"


def test_a_webhook_is_signed_by_the_standard() -> None:
    """Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    for secret, key in (("whsec_" + base64.b64encode(b"k" * 32).decode(), b"k" * 32), ("words.", b"words.")):
        made, said = body("webhook", secret)
        headers = dict(made.own_headers)
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + made.body
        assert headers["webhook-signature"] == f"v1,{signed(key, text)}"
        assert said == {"type": "mention"}


@pytest.mark.parametrize(
    ("form", "status", "answer", "refusal"),
    [
        ("feishu", 200, b'{"code": 0}', ""),
        ("feishu", 200, b'{"code": 19021, "msg": "sign match fail"}', "code 19021"),
        ("wecom", 200, b'{"errcode": 93000}', "errcode 93000"),
        ("dingtalk", 200, b"<html>", "errcode ?"),
        ("dingtalk", 200, b"[" * 10_000, "errcode ?"),
        ("feishu", 200, b'{"code": "\\ud800\\u0000"}', r"code \ud800\x00"),
        ("slack", 200, b"ok", ""),
        ("slack", 404, b"no_service", "404"),
        ("webhook", 302, b"", "302"),
        ("webhook", 204, b"", ""),
    ],
)
def test_an_answer_is_understood(form: str, status: int, answer: bytes, refusal: str) -> None:
    assert robots.refusal(form, status, answer) == refusal
