"""Errors of Mistral, NVIDIA, OpenAI, Perplexity, xAI, Xiaomi and Zenmux."""

from providers import errors
from tests.providers.vendor_errors.case import Case, openai

_SPENT = "has either used all available credits or reached its monthly spending limit."

CASES = [
    # Mistral
    Case(
        "mistral-extra",
        "editor-code-assistant/eca#231",
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "max_completion_tokens"],
                        "msg": "Extra inputs are not permitted",
                        "input": 32000,
                    }
                ]
            },
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
        errors.BadRequest,
        "Extra inputs are not permitted",
        unsupported=True,
        parameter="max_completion_tokens",
    ),
    Case(
        "mistral-extra-as-text",
        "mistralai/platform-docs-public#7",
        422,
        {
            "object": "error",
            "message": '{"detail":[{"type":"extra_forbidden","loc":["body","top_p"],"msg":"Extra inputs"}]}',
            "type": "internal_error_proxy",
            "code": "1000",
        },
        errors.BadRequest,
        "Extra inputs",
        unsupported=True,
        parameter="top_p",
    ),
    Case(
        "mistral-extra-list",
        "partITech/php-mistral#76",
        422,
        {
            "object": "Error",
            "message": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "tools"],
                    "msg": "Extra inputs are not permitted",
                    "input": [],
                }
            ],
            "type": "invalid_request_error",
            "code": 3001,
        },
        errors.BadRequest,
        "Extra inputs",
        unsupported=True,
        parameter="tools",
    ),
    # NVIDIA
    Case(
        "nvidia-refused",
        "HKUDS/OpenHarness#233",
        403,
        {"status": 403, "title": "Forbidden", "detail": "Authorization failed"},
        errors.KeyRefused,
        "Authorization failed",
        doubtful=True,
    ),
    Case(
        "nvidia-function",
        "gethouston/houston#1243",
        404,
        {"status": 404, "title": "Not Found", "detail": "Function 'f-1': Not found for account 'a-1'"},
        errors.ModelForbidden,
        "Not found for account",
    ),
    # OpenAI
    Case(
        "openai-region",
        "home-assistant/core#120072",
        403,
        openai(
            "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"
        ),
        errors.RegionRefused,
        "territory not supported",
    ),
    Case(
        "openai-project",
        "cursor/cursor#2953",
        403,
        openai("Project `proj_x` does not have access to model `gpt-4o-mini`", code="model_not_found"),
        errors.ModelForbidden,
        "does not have access to model",
    ),
    Case(
        "openai-verified",
        "continuedev/continue#8209",
        400,
        openai("Your organization must be verified to stream this model.", param="stream", code="unsupported_value"),
        errors.ModelForbidden,
        "verified",
    ),
    Case(
        "openai-context",
        "bytedance/deer-flow#310",
        400,
        openai(
            "This model's maximum context length is 128000 tokens.", code="context_length_exceeded", param="messages"
        ),
        errors.ContextTooLong,
    ),
    Case(
        "openai-too-large",
        "vanna-ai/vanna-flask#11",
        429,
        openai(
            "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 342389.",
            "tokens",
            "rate_limit_exceeded",
        ),
        errors.ContextTooLong,
    ),
    # Perplexity
    Case(
        "perplexity-roles",
        "perplexityai/api-discussion#265",
        400,
        openai("user and assistant roles should be alternating.", "invalid_message", 400),
        errors.BadRequest,
        "alternating",
    ),
    # xAI
    Case(
        "xai-spent",
        "continuedev/continue#10373",
        429,
        {"error": f"Your team x {_SPENT}"},
        errors.QuotaExhausted,
        "spending limit",
    ),
    Case(
        "xai-spent-403",
        "Anantys-oss/koan#2412",
        403,
        {"code": "permission-denied", "error": f"Your team x {_SPENT}"},
        errors.QuotaExhausted,
    ),
    Case(
        "xai-subscription",
        "Wei-Shaw/sub2api#4069",
        403,
        {"code": "permission-denied", "error": "You have run out of credits or need a Grok subscription."},
        errors.QuotaExhausted,
        "run out of credits",
    ),
    Case(
        "xai-prompt",
        "cline/cline#3120",
        400,
        {"code": "Client specified an invalid argument", "error": "This model's maximum prompt length is 131072"},
        errors.ContextTooLong,
    ),
    Case(
        "xai-safety",
        "UKGovernmentBEIS/inspect_ai#2267",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Content violates usage guidelines. Team: t, Failed check: SAFETY_CHECK_TYPE_BIO",
        },
        errors.Blocked,
        "usage guidelines",
    ),
    # Zenmux
    Case(
        "zenmux-credit",
        "docs.zenmux.ai/guide/advanced/error-codes",
        402,
        {"error": {"code": "402", "type": "reject_no_credit", "message": "Insufficient balance"}},
        errors.QuotaExhausted,
    ),
    Case(
        "zenmux-safety",
        "docs.zenmux.ai/guide/advanced/error-codes",
        403,
        {"error": {"code": "403", "type": "safety_check_failed", "message": "Upstream safety policy triggered"}},
        errors.Blocked,
    ),
    Case(
        "zenmux-plan",
        "docs.zenmux.ai/guide/advanced/error-codes",
        404,
        {
            "error": {
                "code": "404",
                "type": "model_not_available",
                "message": "Model not included in current subscription plan",
            }
        },
        errors.ModelForbidden,
    ),
    # Xiaomi
    Case(
        "mimo-funds",
        "XiaomiMiMo/MiMo#99",
        402,
        {"type": "server_error", "message": "Upstream request failed: Insufficient account funds"},
        errors.QuotaExhausted,
        "Insufficient account funds",
        as_event="nothing",
    ),
]
