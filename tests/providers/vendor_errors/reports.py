"""Errors from public reports of other clients and gateways."""

import json

from providers import errors
from tests.providers.vendor_errors.case import Case, openai

_TEMPERATURE = "Unsupported value: 'temperature' does not support 0.1 with this model. Only the default (1) value is"
_TOO_LONG = "This model's maximum context length is 40960 tokens. However, you requested 100 output tokens"
_SIGNATURE = "messages.1.content.0: Invalid `signature` in `thinking` block"
_TEMPLATE = (
    "\n------------\nWhile executing CallExpression at line 85, column 32 in source:\n...first %}↵            "
    "{{- raise_exception('System message must be at the beginnin...\n        ^\n"
    "Error: Jinja Exception: System message must be at the beginning."
)
_SPENT = "Exceeded budget for deployment model_name: m, model_id: x: 0.363 >= 1d"
_LIMITS_REACHED = "You have reached your specified API usage limits. You will regain access on 2026-09-01 at 00:00 UTC."
_QUOTA_OF_MODEL = (
    "{'error': {'code': 429, 'message': 'Quota exceeded for aiplatform.googleapis.com/online_prediction_tokens_per_"
    "minute_per_base_model with base model: anthropic-claude-3-haiku.', 'status': 'RESOURCE_EXHAUSTED'}}"
)

CASES = [
    # The vendor's own report, in other fields of its gateway's
    Case(
        "cause",
        "nashsu/llm_wiki#670",
        400,
        {
            "error": {
                "cause": json.dumps(openai(_TEMPERATURE, code="unsupported_value", param="temperature"), indent=1),
                "code": 400,
                "message": "模型服务调用失败",
                "status": "FAILED_RESPONSE",
            },
            "result": None,
        },
        errors.BadRequest,
        "Unsupported value",
        unsupported=True,
        parameter="temperature",
    ),
    Case(
        "value-of-validation",
        "vercel/ai#18303",
        400,
        {
            "error": {
                "code": "error",
                "message": "Stream error occurred",
                "cause": {"name": "ZodError", "message": '[ { "code": "invalid_union" } ]'},
                "value": {
                    "error_type": "validation_error",
                    "error_message": json.dumps({"error": {"message": _TOO_LONG}}),
                },
            }
        },
        errors.ContextTooLong,
        "40960 tokens",
    ),
    Case(
        "upstream-error",
        "ding113/claude-code-hub#518",
        400,
        {
            "type": "error",
            "error": {
                "type": "request_fail",
                "upstream_error": {
                    "type": "error",
                    "error": {"type": "invalid_request_error", "message": _SIGNATURE},
                },
            },
        },
        errors.BadRequest,
        "Invalid `signature`",
    ),
    Case(
        "value-of-a-request",
        "our own rule: the request is nobody's error",
        400,
        openai("Invalid value", value={"role": "user", "message": "Say: api key not valid"}),
        errors.BadRequest,
        "Invalid value",
    ),
    Case(
        "name-of-nothing",
        "anthropics/claude-code#8756",
        400,
        {
            "error": {
                "message": json.dumps({"message": "`max_tokens` must be greater than `thinking.budget_tokens`."})
                + ". Received Model Group=claude-4-5-sonnet",
                "type": "None",
                "param": "None",
                "code": "400",
            }
        },
        errors.BadRequest,
        "must be greater than",
        parameter="",
    ),
    # Pages
    Case(
        "page-in-a-detail",
        "moeru-ai/unspeech#5",
        403,
        {
            "errors": [
                {
                    "status": 403,
                    "code": "UPSTREAM_ERROR",
                    "title": "Upstream Error",
                    "detail": '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>',
                }
            ]
        },
        errors.PageInstead,
        "",
        doubtful=True,
    ),
    # Status 500, and the request does not fit the template
    Case(
        "template",
        "ggml-org/llama.cpp#27367",
        500,
        openai(_TEMPLATE, "server_error", 500),
        errors.BadRequest,
        "the beginning",
    ),
    Case(
        "template-call",
        "janhq/jan#6123",
        500,
        openai("Value is not callable: null at row 49, column 79:\n  {%- set content %}", "server_error", 500),
        errors.BadRequest,
        "not callable",
    ),
    # Limits of a day, and of a minute
    Case(
        "free-per-day",
        "Gitlawb/openclaude#936",
        429,
        openai("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 requests per day", None, 429),
        errors.QuotaExhausted,
        "free-models-per-day",
        doubtful=True,
    ),
    Case(
        "tokens-per-day",
        "MoonshotAI/kimi-cli#1599",
        429,
        openai(
            "Your account x request reached organization TPD rate limit, current: 1526210, limit: 1500000",
            "rate_limit_reached_error",
        ),
        errors.QuotaExhausted,
        "TPD",
    ),
    Case(
        "tokens-per-minute",
        "LLM-Red-Team/kimi-cc#41",
        429,
        openai("Your account x request reached project TPM rate limit, current: 1410", "rate_limit_reached_error"),
        errors.RateLimited,
    ),
    Case(
        "requests-per-minute",
        "MoonshotAI/kimi-cli#1599",
        429,
        openai("Your account x reached max RPM: 20, please try again after 1 seconds", "rate_limit_reached_error"),
        errors.RateLimited,
        retry_after=1.0,
    ),
    Case("free-use", "anomalyco/opencode#42977", 429, openai("Rate limit", "FreeUsageLimitError"), errors.RateLimited),
    # A gateway's own accounts are empty, or overloaded
    Case(
        "upstream-without-quota",
        "666ghj/BettaFish#579",
        429,
        openai("当前分组上游负载已饱和，请稍后再试", "insufficient_quota", "insufficient_quota"),
        errors.RateLimited,
        "负载已饱和",
        as_event="words",
    ),
    Case(
        "group-without-billing",
        "songquanpeng/one-api#330",
        429,
        openai("当前分组负载已饱和，请稍后再试，或升级账户。", "billing_not_active", "billing_not_active"),
        errors.RateLimited,
        as_event="words",
    ),
    Case(
        "budget-of-a-deployment",
        "BerriAI/litellm#14144",
        429,
        openai(f"No deployments available - crossed budget: {_SPENT}", "None", "429"),
        errors.QuotaExhausted,
        doubtful=True,
    ),
    Case(
        "budget-of-an-end-user",
        "OWASP/OpenCRE#1102, LiteLLM's page of budgets",
        400,
        openai("ExceededBudget: End User=x over budget. Spend=0.00088, Budget=0.0001", "auth_error", 400),
        errors.QuotaExhausted,
        "over budget",
    ),
    Case(
        "no-such-address",
        "lmstudio-ai/lmstudio-bug-tracker#618",
        200,
        {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        errors.ModelNotFound,
        "Unexpected endpoint",
    ),
    Case(
        "error-type-and-message",
        "NousResearch/hermes-agent#68451",
        200,
        {"error_type": "context_length_exceeded", "error_message": _TOO_LONG},
        errors.ContextTooLong,
        "40960 tokens",
    ),
    # A detail, a body and a total beside the message
    Case(
        "string-detail",
        "lobehub/lobehub#17831",
        400,
        {"detail": "Unsupported parameter: temperature"},
        errors.BadRequest,
        "temperature",
        unsupported=True,
        as_event="words",
    ),
    Case(
        "bedrock-body",
        "lobehub/lobehub#9523",
        400,
        openai(
            "`temperature` and `top_p` cannot both be specified for this model.",
            "ValidationException",
            body={"httpStatusCode": 400},
        ),
        errors.BadRequest,
        unsupported=True,
        as_event="words",
    ),
    Case(
        "sglang-total",
        "BerriAI/litellm#25492",
        400,
        openai("Requested token count exceeds the model's maximum context length of 196608 tokens.", code=400),
        errors.ContextTooLong,
    ),
    # Accounts that are used up, at a status of their own
    Case(
        "usage-limits-of-the-account",
        "BerriAI/litellm#37599",
        400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": _LIMITS_REACHED}},
        errors.QuotaExhausted,
        "regain access",
    ),
    Case(
        "usage-limits-of-the-account-of-a-gateway",
        "BerriAI/litellm#37599",
        400,
        {
            "error": {
                "code": "400",
                "message": f"litellm.BadRequestError: AnthropicException - b'{json.dumps(openai(_LIMITS_REACHED))}'",
            }
        },
        errors.QuotaExhausted,
        "regain access",
        doubtful=True,
    ),
    Case(
        "usage-limit-with-its-end",
        "router-for-me/CLIProxyAPI#5286",
        429,
        {
            "error": {
                "type": "usage_limit_reached",
                "message": "The usage limit has been reached",
                "resets_in_seconds": 11616,
            }
        },
        errors.QuotaExhausted,
        "usage limit",
        retry_after=11616.0,
    ),
    # "Quota" in the name of a limit of each minute
    Case(
        "insufficient-quota-of-concurrency",
        "LibreChat-AI/agents#357",
        429,
        {
            "status": 429,
            "error": "INSUFFICIENT QUOTA",
            "message": "You exceeded your current limit of concurrent requests.",
        },
        errors.RateLimited,
        "concurrent requests",
        as_event="words",
    ),
    Case(
        "limit-of-the-account",
        "vybestack/llxprt-code#1398",
        429,
        {
            "type": "error",
            "error": {"type": "rate_limit_error", "message": "This request would exceed your account's rate limit."},
        },
        errors.RateLimited,
        "rate limit",
    ),
    Case(
        "limit-in-the-words-of-an-sdk",
        "BerriAI/litellm#4259",
        500,
        {"error": {"message": f"Error code: 429 - {_QUOTA_OF_MODEL}", "type": None, "param": None, "code": 500}},
        errors.RateLimited,
        "Quota exceeded for",
    ),
    # Contexts
    Case(
        "more-than-max-tokens",
        "anomalyco/opencode#27519",
        400,
        openai("tokens in request more than max tokens allowed"),
        errors.ContextTooLong,
        "tokens in request",
    ),
    Case(
        "the-models-context-window",
        "code-yeongyu/senpi#1466",
        400,
        openai("Your input exceeds the model's context window. Please adjust your input and try again."),
        errors.ContextTooLong,
        "context window",
    ),
    Case(
        "this-models-context-window",
        "code-yeongyu/senpi#1466",
        400,
        openai("The prompt exceeds this model's context window."),
        errors.ContextTooLong,
        "context window",
    ),
    Case(
        "reason-as-text",
        "danny-avila/LibreChat#14072",
        500,
        {"error": {"text": "No model spec selected"}},
        errors.VendorDown,
        "No model spec",
        doubtful=True,
    ),
]
