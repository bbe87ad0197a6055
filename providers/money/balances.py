"""Balances of keys: which addresses are asked, and the meaning of their answers.

Source: DeepSeek's /user/balance, Moonshot's /v1/users/me/balance, SiliconFlow's /v1/user/info, OpenRouter's
Source: /api/v1/key, ShengSuanYun's /v1/key, and new-api's /api/usage/token/ and /v1/dashboard/billing.

A gateway counts 500,000 units of quota as one unit of its money. Its billing pages are in that money too, whatever
their fields are called, and say 100,000,000 for no limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from providers.money.amounts import amount
from providers.money.price_list import CNY, USD
from providers.money.sites import money_of, site_of
from providers.wires.json_values import mapping, sequence

_QUOTA_A_UNIT = Decimal(500_000)
_NO_LIMIT = Decimal(100_000_000)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Balance:
    """The amount that is left, None without a limit, in this currency, "" if the vendor does not tell which."""

    left: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The addresses that are asked together, and the reading of their answers: a balance, or None if it tells none."""

    urls: tuple[str, ...]
    read: Callable[[Sequence[object]], Balance | None]


def inquiries(base_url: str) -> list[Inquiry]:
    """Return what may be asked at this address, one after the other, until one of them tells a balance."""
    host, site = urlsplit(base_url).hostname or "", site_of(base_url)
    for ending, path, read in _VENDORS:
        if re.search(rf"(\A|\.){re.escape(ending)}\Z", host):
            return [Inquiry((f"{site}{path}",), read(host))]
    billing = (f"{site}/v1/dashboard/billing/subscription", f"{site}/v1/dashboard/billing/usage")
    money = money_of(host)
    return [
        Inquiry((f"{site}/api/usage/token/",), lambda answers: _token(answers[0], money)),
        Inquiry(billing, lambda answers: _billing(answers, money)),
    ]


# --- The answers -----------------------------------------------------------------------------------------------------

_Read = Callable[[Sequence[object]], Balance | None]


def _deepseek(_host: str) -> _Read:
    def read(answers: Sequence[object]) -> Balance | None:
        found = [mapping(one) for one in sequence(mapping(answers[0]).get("balance_infos"))]
        told = [
            (left, _currency(one.get("currency")))
            for one in found
            if (left := amount(one.get("total_balance"))) is not None
        ]
        return Balance(*max(told)) if told else None

    return read


def _currency(told: object) -> str:
    """Return the code of a currency, or "" for any other text."""
    return told if isinstance(told, str) and re.fullmatch("[A-Z]{3}", told) else ""


def _moonshot(host: str) -> _Read:
    def read(answers: Sequence[object]) -> Balance | None:
        left = amount(mapping(mapping(answers[0]).get("data")).get("available_balance"))
        return None if left is None else Balance(left, CNY if host.endswith(".cn") else USD)

    return read


def _siliconflow(host: str) -> _Read:
    def read(answers: Sequence[object]) -> Balance | None:
        left = amount(mapping(mapping(answers[0]).get("data")).get("totalBalance"))
        return None if left is None else Balance(left, CNY if host.endswith(".cn") else USD)

    return read


def _openrouter(_host: str) -> _Read:
    def read(answers: Sequence[object]) -> Balance | None:
        told = mapping(mapping(answers[0]).get("data"))
        left = amount(told.get("limit_remaining"))
        is_told = left is not None or ("limit" in told and told["limit"] is None)
        return Balance(left, USD) if is_told else None

    return read


def _shengsuanyun(_host: str) -> _Read:
    def read(answers: Sequence[object]) -> Balance | None:
        told = mapping(mapping(answers[0]).get("data"))
        most, used = amount(told.get("max_quota")), amount(told.get("consumed_amount"))
        return None if most is None or used is None else Balance(most - used, "")

    return read


def _token(answer: object, currency: str) -> Balance | None:
    """Read a gateway's page about a key. Without a limit of its own, the key's account may have one."""
    told = mapping(mapping(answer).get("data"))
    left = amount(told.get("total_available"))
    return None if left is None or told.get("unlimited_quota") is True else Balance(left / _QUOTA_A_UNIT, currency)


def _billing(answers: Sequence[object], currency: str) -> Balance | None:
    granted = amount(mapping(answers[0]).get("hard_limit_usd"))
    used = amount(mapping(answers[1]).get("total_usage"))
    if granted is None or used is None:
        return None
    return Balance(None if granted >= _NO_LIMIT else granted - used / _HUNDRED, currency)


_VENDORS: tuple[tuple[str, str, Callable[[str], _Read]], ...] = (
    ("deepseek.com", "/user/balance", _deepseek),
    ("moonshot.cn", "/v1/users/me/balance", _moonshot),
    ("moonshot.ai", "/v1/users/me/balance", _moonshot),
    ("siliconflow.cn", "/v1/user/info", _siliconflow),
    ("siliconflow.com", "/v1/user/info", _siliconflow),
    ("openrouter.ai", "/api/v1/key", _openrouter),
    ("shengsuanyun.com", "/api/v1/key", _shengsuanyun),
)
"""The end of the host's name, the path, and the reading for a host."""
