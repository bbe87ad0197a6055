"""Vendors and gateways that an administrator picks by name instead of by settings."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Preset:
    """How one vendor is called; a `base_url` of "" is for the administrator to give."""

    id: str
    label: "str | Promise"
    wire: str
    base_url: str
    key_placement: str
    example_model: str = ""
    needs_key: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def endpoint_fields(self, base_url: str) -> dict[str, Any]:
        """The fields of an Endpoint made from this preset."""
        return {
            "wire": self.wire,
            "base_url": base_url or self.base_url,
            "key_placement": self.key_placement,
            "needs_key": self.needs_key,
            **self.options,
        }


_ALL = (
    Preset(
        "dmxapi-gemini",
        "DMXAPI (Gemini)",
        "gemini",
        "https://www.dmxapi.cn",
        "authorization",
        "gemini-2.5-flash",
        options={"snake_case": True},
    ),
    Preset("dmxapi-openai", "DMXAPI (OpenAI)", "openai", "https://www.dmxapi.cn/v1", "authorization", "gpt-5-mini"),
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
    Preset("gemini", _("Gemini (any address)"), "gemini", "", "header-goog", "gemini-2.5-flash"),
    Preset(
        "openai-compatible", _("OpenAI-compatible (any address)"), "openai", "", "bearer", options={"ask_usage": True}
    ),
)

PRESETS = {preset.id: preset for preset in _ALL}
