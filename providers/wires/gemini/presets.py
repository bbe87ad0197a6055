"""Vendors and gateways that speak the Gemini wire."""

from __future__ import annotations

from providers.wires.declarations import Preset, translate_noop

PRESETS = (
    Preset(
        "dmxapi-gemini",
        "DMXAPI (Gemini)",
        "gemini",
        "https://www.dmxapi.cn",
        "authorization",
        "gemini-2.5-flash",
        options={"snake_case": True},
    ),
    Preset(
        "skyengine-gemini",
        "SkyEngine",
        "gemini",
        "https://model-api.skyengine.com.cn",
        "bearer",
        "gemini-2.5-flash",
        options={"ask_sse": False},
    ),
    Preset(
        "shengsuanyun-gemini",
        "胜算云 ShengSuanYun",
        "gemini",
        "https://router.shengsuanyun.com/api",
        "query",
        "google/gemini-2.5-flash",
        options={"ask_sse": False},
    ),
    Preset(
        "google",
        "Google Gemini",
        "gemini",
        "https://generativelanguage.googleapis.com",
        "header-goog",
        "gemini-2.5-flash",
    ),
    Preset("gemini", translate_noop("Gemini (any address)"), "gemini", "", "header-goog", "gemini-2.5-flash"),
)
