"""Vendors and gateways that speak the Messages wire."""

from __future__ import annotations

from providers.wires.anthropic.detection import API_KEY_HEADER
from providers.wires.declarations import AUTHORIZATION, Preset, translate_noop

_EXAMPLE = "claude-haiku-4-5"
PRESETS = (
    Preset("anthropic", "Anthropic", "anthropic", "https://api.anthropic.com", API_KEY_HEADER.name, _EXAMPLE),
    Preset(
        "dmxapi-anthropic", "DMXAPI (Anthropic)", "anthropic", "https://www.dmxapi.cn", AUTHORIZATION.name, _EXAMPLE
    ),
    Preset(
        "anthropic-compatible",
        translate_noop("Anthropic-compatible (any address)"),
        "anthropic",
        "",
        API_KEY_HEADER.name,
        _EXAMPLE,
    ),
)
