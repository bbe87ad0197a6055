"""Errors of OpenRouter, with the vendors' own errors inside."""

import json

from providers import errors
from tests.providers.vendor_errors.case import Case, openai


def _openrouter(code: int, raw: object, **more: object) -> object:
    return {"error": {"message": "Provider returned error", "code": code, "metadata": {"raw": raw, **more}}}


_REGION = openai(
    "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"
)
_SUSPENDED = openai("Your account org-x is suspended due to insufficient balance, please recharge your account", None)

CASES = [
    Case(
        "openrouter-moderation",
        "openrouter.ai/docs/api/reference/errors-and-debugging",
        403,
        {
            "error": {
                "code": 403,
                "message": "x requires moderation",
                "metadata": {"reasons": ["violence"], "flagged_input": "…", "provider_name": "p"},
            }
        },
        errors.Blocked,
    ),
    Case(
        "openrouter-region",
        "OpenRouterTeam/openrouter-examples#18",
        403,
        _openrouter(403, {"__kind": "OK", "data": json.dumps(_REGION)}, provider_name="OpenAI"),
        errors.RegionRefused,
        "Country, region",
    ),
    Case(
        "openrouter-balance",
        "anomalyco/opencode#24462",
        429,
        _openrouter(429, json.dumps(_SUSPENDED)),
        errors.QuotaExhausted,
        "suspended due to insufficient balance",
        doubtful=True,
    ),
    Case(
        "openrouter-reasoning",
        "anomalyco/opencode#23646",
        400,
        _openrouter(
            400, json.dumps(openai("reasoning_content is missing in assistant tool call message")), is_byok=True
        ),
        errors.BadRequest,
        "reasoning_content is missing",
    ),
    Case(
        "openrouter-afford",
        "can1357/oh-my-pi#9569",
        402,
        openai("This request requires more credits, or fewer max_tokens: it can only afford 30104.", None, 402),
        errors.QuotaExhausted,
        "fewer max_tokens",
        doubtful=True,
    ),
    Case(
        "openrouter-prompt-limit",
        "anomalyco/opencode#12219",
        402,
        openai("Prompt tokens limit exceeded: 230799 > 91442. Create a key with a higher limit", None, 402),
        errors.QuotaExhausted,
        doubtful=True,
    ),
    Case(
        "openrouter-output-limit",
        "Kilo-Org/kilocode#5871",
        400,
        openai("Upstream error from Alibaba: <400> Range of max_tokens should be [1, 32768]", None, 400),
        errors.BadRequest,
        "Range of max_tokens",
        unsupported=True,
    ),
    Case(
        "openrouter-image",
        "NousResearch/hermes-agent#23411",
        404,
        openai("No endpoints found that support image input", None, 404),
        errors.BadRequest,
        "image input",
    ),
    Case(
        "openrouter-tools",
        "anomalyco/opencode#1675",
        404,
        openai("No endpoints found that support tool use.", None, 404),
        errors.BadRequest,
    ),
    Case(
        "openrouter-data-policy",
        "ShamanicArts/Flow.Launcher.Plugin.AI-Assistant#2",
        404,
        openai("No endpoints found matching your data policy.", None, 404),
        errors.ModelForbidden,
    ),
]
