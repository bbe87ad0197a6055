"""The site of a gateway, and the money in which it counts."""

from __future__ import annotations

import re

from providers.money.price_list import CNY, USD
from providers.wires.registry import WIRES

_API = re.compile(rf"(/api)?(/v\d+(beta)?|/({'|'.join(WIRES)}))*/*\Z")
_IN_CNY = re.compile(r"(\A|\.)dmxapi\.cn\Z")


def site_of(base_url: str) -> str:
    """Return the address of a gateway's site, below which its own pages are: `https://g.example/v1` without `/v1`."""
    return _API.sub("", base_url.strip())


def money_of(host: str) -> str:
    """Return the currency in which a gateway probably counts: most take 500,000 units for 1 USD."""
    return CNY if _IN_CNY.search(host) else USD
