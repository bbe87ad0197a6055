"""The posts to robots, webhooks and browsers: their bodies, signatures and answers, as each of them publishes.

Source: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
Source: https://developer.work.weixin.qq.com/document/path/91770
Source: https://open.dingtalk.com/document/robots/custom-robot-access
Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from conversations.models import Target
from conversations.notifications import web_push
from providers.types import HttpRequest

Form = Target.Form
ONE_BY_ONE = (Form.WEBHOOK, Form.PUSH)
"""Those that are told of one event in a post, and of the next without a pause."""
MAX_BYTES = 2_000
"""Bytes of a text: WeCom takes 2,048."""
SECRET_PREFIX = "whsec_"  # noqa: S105  # every secret of the standard begins so
_SIGN = str.maketrans({"<": "‹", ">": "›"})  # Feishu's `<at>` calls everybody
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u2060"})  # Mattermost's `@all` does, too


@dataclass(frozen=True, slots=True)
class Told:
    """An event in the words of its reader. `fields` are those of a webhook's body."""

    id: str
    sentence: str
    address: str
    fields: dict[str, Any]
    text: str = ""


def request(form: str, url: str, secret: str, told: Sequence[Told], now: float) -> HttpRequest:
    """Return the post of these events: one for a webhook or a browser, several lines for a robot."""
    if form == Form.WEBHOOK:
        return _webhook(url, secret, told[0], str(int(now)))
    if form == Form.PUSH:
        return _push(url, secret, told[0], now)
    text = _text(told)
    match form:
        case Form.FEISHU:
            body = {**_feishu_signature(secret, str(int(now))), "msg_type": "text"}
            return _post(url, {**body, "content": {"text": text.translate(_SIGN)}})
        case Form.DINGTALK:
            url += _dingtalk_signature(secret, str(int(now * 1000)))
            return _post(url, {"msgtype": "text", "text": {"content": text}})
        case Form.WECOM:
            return _post(url, {"msgtype": "text", "text": {"content": text}})
    return _post(url, {"text": text.translate(_SLACK)})


def fitting(form: str, told: Sequence[Told]) -> int:
    """Return how many of these events, one at least, go whole into one post."""
    if form in ONE_BY_ONE:
        return 1
    most = range(len(told), 1, -1)
    return next((count for count in most if len(_lines(told[:count]).encode()) <= MAX_BYTES), 1)


def refusal(form: str, status: int, body: bytes) -> str:
    """Return the reason of a refusal: a status or a robot's own number. It is empty for a post that was taken."""
    if not 200 <= status < 300:
        return str(status)
    number = {Form.FEISHU: "code", Form.WECOM: "errcode", Form.DINGTALK: "errcode"}.get(Form(form))
    if number is None:
        return ""
    try:
        answer = json.loads(body)
        said = answer.get(number, answer.get("StatusCode", "?"))
    except (ValueError, AttributeError, RecursionError):
        said = "?"
    word = ascii(said).strip("'")[:20]
    return "" if said == 0 else f"{number} {word}"


def standard_key(secret: str) -> bytes:
    """Return the key of a webhook's secret: base64 behind the prefix, else the text itself."""
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _webhook(url: str, secret: str, told: Told, moment: str) -> HttpRequest:
    body = json.dumps(told.fields | {"text": told.text} if told.text else told.fields, ensure_ascii=False).encode()
    headers = [("webhook-id", told.id), ("webhook-timestamp", moment)]
    if secret:
        signed = f"{told.id}.{moment}.".encode() + body
        headers.append(("webhook-signature", f"v1,{_hmac(standard_key(secret), signed)}"))
    return _post_bytes(url, body, headers)


def _push(url: str, subscription: str, told: Told, now: float) -> HttpRequest:
    """Return a post whose notification takes the place of an earlier one about the same conversation."""
    about = told.fields["conversation"] or told.id
    shown = {"title": told.sentence, "body": told.text, "tag": about, "url": told.address}
    return web_push.request(url, subscription, shown, told.id.replace("-", ""), now)


def _feishu_signature(secret: str, moment: str) -> dict[str, str]:
    """Return the fields of a signature: the time and the secret are the key, and the signed text is empty."""
    return {"timestamp": moment, "sign": _hmac(f"{moment}\n{secret}".encode(), b"")} if secret else {}


def _dingtalk_signature(secret: str, moment: str) -> str:
    if not secret:
        return ""
    sign = quote(_hmac(secret.encode(), f"{moment}\n{secret}".encode()), safe="")
    return f"&timestamp={moment}&sign={sign}"


def _hmac(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _text(told: Sequence[Told]) -> str:
    """Return one text of all events, each with its address; where one alone is too long, without its message."""
    text = _lines(told)
    text = text if len(text.encode()) <= MAX_BYTES else _lines([replace(one, text="") for one in told])
    return text.encode()[:MAX_BYTES].decode(errors="ignore")


def _lines(told: Sequence[Told]) -> str:
    return "\n".join(line for one in told for line in (one.sentence, one.text, one.address) if line)


def _post(url: str, body: dict[str, Any]) -> HttpRequest:
    return _post_bytes(url, json.dumps(body, ensure_ascii=False).encode(), [])


def _post_bytes(url: str, body: bytes, headers: list[tuple[str, str]]) -> HttpRequest:
    return HttpRequest("POST", url, (("Content-Type", "application/json; charset=utf-8"),), body, "", tuple(headers))
