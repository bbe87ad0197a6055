"""Vendors and gateways that speak the Responses wire."""

from __future__ import annotations

from providers.wires.declarations import Preset, translate_noop

PRESETS = (
    Preset("openai-responses", "OpenAI (Responses)", "responses", "https://api.openai.com/v1", "bearer", "gpt-5-pro"),
    Preset("responses-compatible", translate_noop("OpenAI Responses (any address)"), "responses", "", "bearer"),
)
