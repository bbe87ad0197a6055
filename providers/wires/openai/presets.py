"""Vendors and gateways that speak the OpenAI-compatible wire."""

from __future__ import annotations

from providers.wires.declarations import Preset, translate_noop

PRESETS = (
    Preset("dmxapi-openai", "DMXAPI (OpenAI)", "openai", "https://www.dmxapi.cn/v1", "authorization", "gpt-5-mini"),
    Preset(
        "openai", "OpenAI", "openai", "https://api.openai.com/v1", "bearer", "gpt-5-mini", options={"ask_usage": True}
    ),
    Preset(
        "openrouter",
        "OpenRouter",
        "openai",
        "https://openrouter.ai/api/v1",
        "bearer",
        "openai/gpt-5-mini",
        options={"ask_usage": True},
    ),
    Preset(
        "deepseek",
        "DeepSeek",
        "openai",
        "https://api.deepseek.com/v1",
        "bearer",
        "deepseek-chat",
        options={"ask_usage": True},
    ),
    Preset(
        "ollama",
        "Ollama",
        "openai",
        "http://localhost:11434/v1",
        "bearer",
        "qwen3",
        needs_key=False,
        options={"ask_usage": True},
    ),
    Preset(
        "openai-compatible",
        translate_noop("OpenAI-compatible (any address)"),
        "openai",
        "",
        "bearer",
        options={"ask_usage": True},
    ),
)
