"""Parts that are kept as they came, for the wire they came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.types import Part
from providers.wires.json_values import mapping


def wrap(wire: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """The detail that keeps `part` as it came."""
    return {"vendor": {"wire": wire, "part": part}}


def unwrap(wire: str, part: Part) -> Mapping[str, Any]:
    """`part` as it came, if it came over this very wire and was kept; else an empty object."""
    vendor = mapping(part.detail.get("vendor"))
    return mapping(vendor.get("part")) if vendor.get("wire") == wire else {}
