"""Parts kept as they came, for the wire that sent them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.types import Part
from providers.wires.json_values import mapping

_PLAIN_WORD = re.compile("[A-Za-z][A-Za-z_]{1,39}")


def wrap(wire: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail that keeps `part` as it came."""
    return {"vendor": {"wire": wire, "part": part}}


def kind_name(part: Mapping[str, Any]) -> dict[str, str]:
    """Return the vendor's word for this kind of part under "name", if it is a plain word."""
    words = (part.get("type"), *part)
    return next(({"name": word} for word in words if isinstance(word, str) and _PLAIN_WORD.fullmatch(word)), {})


def unwrap(wire: str, part: Part) -> Mapping[str, Any]:
    """Return `part` as it came, if this wire sent it and it was kept; else {}."""
    vendor = mapping(part.detail.get("vendor"))
    return mapping(vendor.get("part")) if vendor.get("wire") == wire else {}
