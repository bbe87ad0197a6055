"""Errors of Moonshot, SiliconFlow, Tencent, Volcengine and Zhipu."""

from providers import errors
from tests.providers.vendor_errors.case import Case, anthropic, numbered, openai, zhipu

_KIMI = "platform.kimi.ai/docs/api/errors"
_ARK = "www.volcengine.com/docs/82379/1299023"
_ZAI = "docs.z.ai/api-reference/api-code"

CASES = [
    # Moonshot (Kimi)
    Case(
        "kimi-risk",
        _KIMI,
        400,
        openai("The request was rejected because it was considered high risk", "content_filter"),
        errors.Blocked,
    ),
    Case("kimi-length", _KIMI, 400, openai("Input token length too long"), errors.ContextTooLong),
    Case(
        "kimi-inactive",
        "MoonshotAI/Kimi-K2#5",
        403,
        openai(
            "Your account org-x<ak-x> is not active, organization <org-x> exceeded current quota",
            "exceeded_current_quota_error",
        ),
        errors.QuotaExhausted,
    ),
    Case(
        "kimi-suspended",
        "continuedev/continue#11443",
        429,
        openai(
            "Your account org-x <ak-x> is suspended due to insufficient balance, please recharge your account", None
        ),
        errors.QuotaExhausted,
        "suspended",
    ),
    Case(
        "kimi-overloaded",
        "MoonshotAI/kimi-code#2152",
        429,
        openai("The engine is currently overloaded, please try again later", "engine_overloaded_error"),
        errors.RateLimited,
        "overloaded",
        as_event="words",
    ),
    # SiliconFlow
    Case(
        "silicon-paid-balance",
        "FoundationAgents/OpenManus#438",
        403,
        numbered(30011, "Your paid balance is insufficient."),
        errors.QuotaExhausted,
    ),
    Case(
        "silicon-disabled", "continuedev/continue#10839", 403, numbered(30003, "Model disabled."), errors.ModelNotFound
    ),
    Case("silicon-model", "anyme123/Any-code#1", 400, numbered(20012, "Model does not exist."), errors.ModelNotFound),
    Case(
        "silicon-prompt",
        "chatboxai/chatbox#2060",
        400,
        numbered(20015, "length of prompt_tokens (68957) must be less than max_seq_len (65536)."),
        errors.ContextTooLong,
    ),
    Case(
        "silicon-total",
        "continuedev/continue#10993",
        400,
        numbered(20015, "max_total_tokens (33802) must be less than or equal to max_seq_len (32768)"),
        errors.ContextTooLong,
    ),
    Case(
        "silicon-busy",
        "CherryHQ/cherry-studio#4541",
        503,
        {"code": 50508, "message": "System is too busy now. Please try again later."},
        errors.VendorDown,
    ),
    Case(
        "silicon-text", "continuedev/continue#10839", 403, '"Model disabled."', errors.ModelNotFound, "Model disabled."
    ),
    # Tencent Hunyuan
    Case(
        "hunyuan-roles",
        "FoundationAgents/OpenManus#894",
        400,
        openai("messages 中 user（tool） 和 assistant 角色需交替出现 (一问一答)", code="1001"),
        errors.BadRequest,
        "角色需交替",
    ),
    # Volcengine Ark (Doubao)
    Case(
        "ark-severe",
        _ARK,
        400,
        openai(
            "The input text may contain severe violation information.",
            "BadRequest",
            "SensitiveContentDetected.SevereViolation",
        ),
        errors.Blocked,
    ),
    Case(
        "ark-image",
        _ARK,
        400,
        openai(
            "The input image may contain sensitive information.", "BadRequest", "InputImageSensitiveContentDetected"
        ),
        errors.Blocked,
    ),
    Case(
        "ark-overdue",
        _ARK,
        403,
        openai(
            "Operation is denied because your account balance is overdue.",
            "Forbidden",
            "OperationDenied.ServiceOverdue",
        ),
        errors.QuotaExhausted,
    ),
    Case(
        "ark-access",
        _ARK,
        403,
        openai("You do not have access to the requested resource.", "Forbidden", "AccessDenied"),
        errors.KeyRefused,
        doubtful=True,
    ),
    Case(
        "ark-model-not-open",
        "xinnan-tech/xiaozhi-esp32-server#1234",
        404,
        openai(
            "Your account 2106 has not activated the model doubao-x. Please activate it.", "NotFound", "ModelNotOpen"
        ),
        errors.ModelForbidden,
        "activate",
    ),
    Case(
        "ark-endpoint",
        "cloudwego/eino#107",
        404,
        {
            "code": "InvalidEndpointOrModel.NotFound",
            "message": "The model or endpoint x does not exist or you do not have access to it.",
            "type": "NotFound",
        },
        errors.ModelNotFound,
    ),
    Case(
        "ark-closed",
        _ARK,
        400,
        openai(
            "The endpoint is currently closed or temporarily unavailable.",
            "BadRequest",
            "InvalidEndpoint.ClosedEndpoint",
        ),
        errors.ModelNotFound,
    ),
    Case(
        "ark-coding-plan",
        "1jehuang/jcode#387",
        404,
        openai("The model does not support the coding plan feature.", "NotFound", "UnsupportedModel"),
        errors.ModelNotFound,
    ),
    Case(
        "ark-rpm",
        _ARK,
        429,
        openai(
            "The Requests Per Minute (RPM) limit has been exceeded.",
            "TooManyRequests",
            "RateLimitExceeded.EndpointRPMExceeded",
        ),
        errors.RateLimited,
    ),
    Case(
        "ark-safe-experience",
        "volcengine/MineContext#328",
        429,
        openai(
            "Your account has reached the set inference limit for the doubao-x model: paused.",
            "TooManyRequests",
            "SetLimitExceeded",
        ),
        errors.QuotaExhausted,
        "paused",
        doubtful=True,
    ),
    # Zhipu (GLM, Z.AI)
    Case(
        "zhipu-balance",
        "continuedev/continue#11823",
        429,
        zhipu("1113", "余额不足或无可用资源包,请充值。"),
        errors.QuotaExhausted,
        "余额不足",
    ),
    Case(
        "zhipu-resource",
        "7836246/cursor2api#30",
        429,
        {"error": {"code": "1113", "message": "Insufficient balance or no resource package."}, "request_id": "r"},
        errors.QuotaExhausted,
    ),
    Case(
        "zhipu-anthropic",
        "anthropics/claude-code#9201",
        429,
        anthropic("Please recharge.", "1113"),
        errors.QuotaExhausted,
    ),
    Case("zhipu-model", _ZAI, 400, zhipu("1211", "Model does not exist"), errors.ModelNotFound),
    Case("zhipu-right", _ZAI, 403, zhipu("1220", "You do not have permission to access glm"), errors.ModelForbidden),
    Case("zhipu-unsafe", _ZAI, 400, zhipu("1301", "Potentially unsafe or sensitive content in input"), errors.Blocked),
    Case("zhipu-concurrency", _ZAI, 429, zhipu("1302", "High concurrency usage of this API"), errors.RateLimited),
    Case(
        "zhipu-together",
        _ZAI,
        400,
        zhipu("1215", "a and b cannot be set simultaneously"),
        errors.BadRequest,
        unsupported=True,
    ),
]
