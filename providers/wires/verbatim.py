"""Parts kept as they came, for the wire that sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.types import Part
from providers.wires.json_values import mapping


def wrap(wire: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail that keeps `part` as it came."""
    return {"vendor": {"wire": wire, "part": part}}


def unwrap(wire: str, part: Part) -> Mapping[str, Any]:
    """Return `part` as it came, if this wire sent it and it was kept; else {}."""
    vendor = mapping(part.detail.get("vendor"))
    return mapping(vendor.get("part")) if vendor.get("wire") == wire else {}
