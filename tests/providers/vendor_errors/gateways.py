"""Errors of AIHubMix, LiteLLM, new-api, one-api, Vercel and others who pass on what vendors say."""

import json

from providers import errors
from tests.providers.vendor_errors.case import Case, anthropic, openai

_AIHUBMIX = "docs.aihubmix.com/cn/FAQs/HTTP-Codes"
_TOKENDOG = "doc.tokendog.io/zh/api-reference/guide/error-codes"
_LITELLM = "docs.litellm.ai/docs/proxy/error_reference"


_FIREWORKS = openai(
    "Account x is suspended, possibly due to reaching the monthly spending limit.", "error", "PRECONDITION_FAILED"
)

CASES = [
    # AIHubMix
    Case(
        "aihubmix-balance",
        _AIHUBMIX,
        403,
        openai("Your account balance is insufficient. Please recharge.", code="insufficient_user_quota"),
        errors.QuotaExhausted,
        doubtful=True,
    ),
    Case(
        "aihubmix-model",
        _AIHUBMIX,
        403,
        openai("Forbidden – key(abcdef) not authorized to access the requested model.", None),
        errors.ModelForbidden,
        "not authorized",
    ),
    Case("aihubmix-model-zh", _AIHUBMIX, 403, openai("该令牌无权使用模型", None), errors.ModelForbidden),
    Case("aihubmix-suspended", _AIHUBMIX, 403, openai("Account suspended.", None), errors.KeyRefused),
    Case(
        "aihubmix-limit",
        _AIHUBMIX,
        503,
        openai("Rate limited by provider – try again later.", None),
        errors.RateLimited,
        "by provider",
    ),
    # LiteLLM
    Case(
        "litellm-model",
        "LiteLLM proxy: key_model_access_denied",
        403,
        openai("key not allowed to access model. Tried to access b", "key_model_access_denied", "403", param="model"),
        errors.ModelForbidden,
        "key not allowed",
    ),
    Case(
        "litellm-budget",
        "BerriAI/litellm#22726",
        429,
        openai("Budget has been exceeded! Current cost: 26.0", "budget_exceeded", "429"),
        errors.QuotaExhausted,
        "Budget",
    ),
    Case(
        "litellm-budget-400",
        "BerriAI/litellm#22726",
        400,
        openai("Budget has been exceeded! Current cost: 26.0", None, "400"),
        errors.QuotaExhausted,
    ),
    Case(
        "litellm-key",
        "LiteLLM proxy: token_not_found_in_db",
        401,
        openai("Authentication Error", "token_not_found_in_db", "401"),
        errors.KeyRefused,
    ),
    Case(
        "litellm-expired",
        "LiteLLM proxy: expired_key",
        400,
        openai("Authentication Error - Expired Key.", "expired_key", "400"),
        errors.KeyRefused,
    ),
    Case(
        "litellm-inner-context",
        "kortix-ai/suna#172",
        400,
        openai(
            "litellm.BadRequestError: AnthropicException - b'"
            + json.dumps(anthropic("prompt is too long: 202128 tokens"))
            + "'. Received Model Group=x",
            None,
            "400",
        ),
        errors.ContextTooLong,
        "prompt is too long",
    ),
    Case(
        "litellm-inner-suspended",
        "FerroxLabs/wayland#545",
        412,
        openai(
            f"Flux.APIError: APIError: Fireworks_aiException - {json.dumps(_FIREWORKS)}. Received Model Group=glm-5-2",
            None,
            "412",
        ),
        errors.QuotaExhausted,
        "Account x is suspended",
        doubtful=True,
    ),
    Case(
        "litellm-vendors-key",
        "BerriAI/litellm#1356: the key of the proxy itself",
        401,
        openai(
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-qn***. "
            "You can find your API key at https://platform.openai.com/account/api-keys.. Received Model Group=m",
            None,
            "401",
        ),
        errors.KeyRefused,
        "Incorrect API key",
        doubtful=True,
    ),
    Case(
        "litellm-rate",
        _LITELLM,
        429,
        openai(
            "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached", "throttling_error", "429"
        ),
        errors.RateLimited,
    ),
    # new-api and one-api
    Case(
        "one-api-channel",
        "SuperAI-Api/Super-API#4",
        503,
        openai("当前分组 default 下对于模型 A无可用渠道", "one_api_error"),
        errors.ModelNotFound,
        "无可用渠道",
    ),
    Case(
        "one-api-right",
        "labring/FastGPT#2537",
        403,
        openai("该令牌无权使用模型：glm-4", "one_api_error"),
        errors.ModelForbidden,
        "无权使用模型",
    ),
    Case(
        "one-api-token",
        "QuantumNous/new-api#4712",
        401,
        openai("无效的令牌", "one_api_error"),
        errors.KeyRefused,
        "无效的令牌",
    ),
    Case(
        "one-api-reserve",
        "clacky-ai/openclacky#100",
        403,
        openai("预扣费额度失败, 用户剩余额度: ＄0.53", "new_api_error"),
        errors.QuotaExhausted,
        "预扣费额度失败",
        doubtful=True,
    ),
    Case(
        "one-api-region",
        "songquanpeng/one-api#1692",
        403,
        openai(
            "Country, region, or territory not supported (request id: 2024)",
            "request_forbidden",
            "unsupported_country_region_territory",
            param="",
        ),
        errors.RegionRefused,
        "territory",
    ),
    Case(
        "new-api-no-channel-key",
        _TOKENDOG,
        503,
        openai("no available key", "new_api_error", "channel:no_available_key"),
        errors.VendorDown,
    ),
    Case(
        "new-api-denied",
        _TOKENDOG,
        403,
        openai("access denied", "new_api_error", "access_denied"),
        errors.KeyRefused,
        doubtful=True,
    ),
    # Claude Code Router
    Case(
        "router-inner",
        "musistudio/claude-code-router#184",
        400,
        openai(
            "Error from provider: "
            + json.dumps(
                {**openai("<400> Range of max_tokens should be [1, 8192]", code="invalid_parameter_error"), "id": "c"}
            ),
            "api_error",
            "provider_response_error",
        ),
        errors.BadRequest,
        "Range of max_tokens should be [1, 8192]",
        unsupported=True,
    ),
    # Vercel AI Gateway
    Case(
        "vercel-balance",
        "vercel/ai#9290",
        429,
        openai(
            "Insufficient balance or no resource package. Please recharge.",
            "AI_APICallError",
            param={"error": "Insufficient balance or no resource package. Please recharge.", "statusCode": 429},
        ),
        errors.QuotaExhausted,
        "recharge",
        parameter="",
    ),
]
