"""Errors that a scripted vendor, or a real server, sent through the whole site."""

import json

from providers import errors
from tests.providers.vendor_errors.case import Case, minimax, numbered, openai, wenxin

_SCRIPTED, _REAL = "sent by a scripted vendor", "sent by a real server"
_SPENT = (
    "Your team 16f2 has either used all available credits or reached its monthly spending limit. To continue making "
    "API requests, please purchase more credits or raise your spending limit."
)

CASES = [
    # Empty accounts
    Case(
        "balance-insufficient",
        _SCRIPTED,
        403,
        numbered(30001, "Sorry, your account balance is insufficient"),
        errors.QuotaExhausted,
        "account balance is insufficient",
    ),
    Case(
        "overdue-balance",
        _SCRIPTED,
        403,
        openai("The request failed because your account has an overdue balance.", "Forbidden", "AccountOverdueError"),
        errors.QuotaExhausted,
        "overdue balance",
    ),
    Case(
        "arrearage",
        _SCRIPTED,
        400,
        openai("Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"),
        errors.QuotaExhausted,
        "good standing",
    ),
    Case(
        "credits-used-403",
        _SCRIPTED,
        403,
        {"code": "permission denied", "error": _SPENT},
        errors.QuotaExhausted,
        "credits",
    ),
    Case("credits-used-429", _SCRIPTED, 429, {"error": _SPENT}, errors.QuotaExhausted, "spending limit"),
    Case(
        "no-credits",
        _SCRIPTED,
        403,
        {"error": "Your team doesn't have any credits or licenses yet."},
        errors.QuotaExhausted,
    ),
    Case("no-credits-429", _SCRIPTED, 429, openai("No credits left", None), errors.QuotaExhausted, "No credits left"),
    Case("weekly-quota", _SCRIPTED, 429, openai("You have used up your weekly quota", None), errors.QuotaExhausted),
    Case(
        "exceeded-current-quota",
        _SCRIPTED,
        429,
        openai("You exceeded your current quota, please check your plan", "exceeded_current_quota_error"),
        errors.QuotaExhausted,
        "current quota",
    ),
    Case(
        "reserved-quota",
        _SCRIPTED,
        403,
        openai("预扣费额度失败, 用户剩余额度: ＄2.533620, 需要预扣费额度: ＄2.627750", "new_api_error", ""),
        errors.QuotaExhausted,
        "预扣费额度失败",
        doubtful=True,
    ),
    Case("user-quota", _SCRIPTED, 403, openai("用户额度不足", "new_api_error"), errors.QuotaExhausted, "用户额度不足"),
    Case("token-quota", _SCRIPTED, 401, openai("该令牌额度已用尽", "new_api_error"), errors.QuotaExhausted, "已用尽"),
    Case(
        "in-arrears",
        _SCRIPTED,
        429,
        openai("您的账户已欠费，请充值后重试。", None, "1113"),
        errors.QuotaExhausted,
        "欠费",
    ),
    # Context
    Case(
        "context-limit",
        _SCRIPTED,
        400,
        openai("input length and `max_tokens` exceed context limit: 198981 + 21333 > 200000"),
        errors.ContextTooLong,
        "exceed context limit",
    ),
    Case("token-limit", _SCRIPTED, 400, openai("Your request exceeded model token limit: 8192"), errors.ContextTooLong),
    Case("max-length", _SCRIPTED, 400, openai("Prompt exceeds max length", None, "1261"), errors.ContextTooLong),
    Case("input-length", _SCRIPTED, 400, openai("Range of input length should be [1, 30720]"), errors.ContextTooLong),
    Case(
        "prompt-length",
        _SCRIPTED,
        400,
        {"error": "This model's maximum prompt length is 131072 but the request contains 136973 tokens."},
        errors.ContextTooLong,
        "maximum prompt length",
    ),
    Case(
        "input-tokens",
        _SCRIPTED,
        400,
        openai(
            "Unable to submit request because the input token count is 40000 but the model only supports up to 32768."
        ),
        errors.ContextTooLong,
    ),
    Case(
        "context-size",
        _REAL,
        500,
        openai("Context size has been exceeded.", "server_error", 500),
        errors.ContextTooLong,
    ),
    # Content rules
    Case(
        "content-risk",
        _SCRIPTED,
        400,
        openai("Content Exists Risk", code="invalid_request_error"),
        errors.Blocked,
        "Risk",
    ),
    Case(
        "unsafe-content",
        _SCRIPTED,
        400,
        openai("系统检测到输入或生成内容可能包含不安全或敏感内容", None, "1301"),
        errors.Blocked,
    ),
    Case(
        "sensitive-input",
        _SCRIPTED,
        400,
        openai(
            "The request failed because the input text may contain sensitive information.",
            "BadRequest",
            "InputTextSensitiveContentDetected",
        ),
        errors.Blocked,
        "sensitive information",
    ),
    Case("flagged-input", _SCRIPTED, 403, openai("Your input was flagged", None, 403), errors.Blocked, "flagged"),
    # Models, regions, rights
    Case(
        "no-channel",
        _SCRIPTED,
        503,
        openai("当前分组 default 下对于模型 gpt-x 无可用渠道", "new_api_error"),
        errors.ModelNotFound,
    ),
    Case("forbidden-model", _SCRIPTED, 403, openai("This key may not use this model", None), errors.ModelForbidden),
    Case("region", _SCRIPTED, 403, openai("Country, region, or territory not supported", None), errors.RegionRefused),
    Case("location", _SCRIPTED, 400, openai("User location is not supported for the API use."), errors.RegionRefused),
    # Status 500, and the request is at fault
    Case(
        "image-input",
        _REAL,
        500,
        openai(
            "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
            "server_error",
            500,
        ),
        errors.BadRequest,
        "image input",
    ),
    Case("system-role", _SCRIPTED, 500, openai("System role not supported", "server_error"), errors.BadRequest),
    Case("roles", _SCRIPTED, 500, openai("Conversation roles must alternate user/assistant", None), errors.BadRequest),
    Case(
        "literal-error",
        _SCRIPTED,
        500,
        {
            "detail": [
                {
                    "type": "literal_error",
                    "loc": ["body", "reasoning_effort"],
                    "msg": "Input should be 'low', 'medium' or 'high'",
                }
            ]
        },
        errors.BadRequest,
        "Input should be",
        unsupported=True,
        parameter="reasoning_effort",
    ),
    # Other shapes
    Case(
        "base-resp",
        _SCRIPTED,
        500,
        minimax(1008, "insufficient balance"),
        errors.QuotaExhausted,
        "insufficient balance",
    ),
    Case("code-and-msg", _SCRIPTED, 401, {"code": 401, "msg": "令牌已过期"}, errors.KeyRefused, "令牌已过期"),
    Case("error-code", _SCRIPTED, 500, wenxin(17, "Open api daily request limit reached"), errors.QuotaExhausted),
    Case(
        "status-error",
        _SCRIPTED,
        500,
        {"status": "error", "message": "The model is overloaded"},
        errors.VendorDown,
        "overloaded",
    ),
    Case("status-code", _SCRIPTED, 429, {"statusCode": 429, "message": "Slow down"}, errors.RateLimited, "Slow down"),
    Case(
        "errors",
        _SCRIPTED,
        500,
        {"success": False, "errors": [{"message": "Invalid API key"}]},
        errors.KeyRefused,
        "Invalid",
    ),
    Case(
        "plain-text", _SCRIPTED, 500, {"error": "Something broke"}, errors.VendorDown, "Something broke", doubtful=True
    ),
    Case(
        "gb18030",
        _SCRIPTED,
        403,
        json.dumps(openai("账户余额不足"), ensure_ascii=False).encode("gb18030"),
        errors.QuotaExhausted,
        "账户余额不足",
    ),
    Case(
        "inner-raw",
        _SCRIPTED,
        400,
        openai("Provider returned error", None, 400, metadata={"raw": json.dumps(openai("prompt is too long"))}),
        errors.ContextTooLong,
        "prompt is too long",
    ),
    Case(
        "inner-detail",
        _SCRIPTED,
        500,
        {"error": {"message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs"}]}}},
        errors.BadRequest,
        "Extra inputs",
        unsupported=True,
        parameter="n",
    ),
    # Pages
    Case("page-403", _SCRIPTED, 403, "<html><title>Just a moment...</title></html>", errors.PageInstead, doubtful=True),
    Case("firewall", _SCRIPTED, 403, "error code: 1010", errors.PageInstead, "1010", doubtful=True),
]
