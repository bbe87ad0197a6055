"""Errors that a scripted vendor, or a real server, sent through the whole site."""

import json

from providers.errors import (
    BadRequest,
    Blocked,
    ContextTooLong,
    KeyRefused,
    ModelForbidden,
    ModelNotFound,
    PageInstead,
    QuotaExhausted,
    RateLimited,
    RegionRefused,
    VendorDown,
)
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
        QuotaExhausted,
        "account balance is insufficient",
    ),
    Case(
        "overdue-balance",
        _SCRIPTED,
        403,
        openai("The request failed because your account has an overdue balance.", "Forbidden", "AccountOverdueError"),
        QuotaExhausted,
        "overdue balance",
    ),
    Case(
        "arrearage",
        _SCRIPTED,
        400,
        openai("Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"),
        QuotaExhausted,
        "good standing",
    ),
    Case("credits-used-403", _SCRIPTED, 403, {"code": "permission denied", "error": _SPENT}, QuotaExhausted, "credits"),
    Case("credits-used-429", _SCRIPTED, 429, {"error": _SPENT}, QuotaExhausted, "spending limit"),
    Case(
        "no-credits", _SCRIPTED, 403, {"error": "Your team doesn't have any credits or licenses yet."}, QuotaExhausted
    ),
    Case("no-credits-429", _SCRIPTED, 429, openai("No credits left", None), QuotaExhausted, "No credits left"),
    Case("weekly-quota", _SCRIPTED, 429, openai("You have used up your weekly quota", None), QuotaExhausted),
    Case(
        "exceeded-current-quota",
        _SCRIPTED,
        429,
        openai("You exceeded your current quota, please check your plan", "exceeded_current_quota_error"),
        QuotaExhausted,
        "current quota",
    ),
    Case(
        "reserved-quota",
        _SCRIPTED,
        403,
        openai("预扣费额度失败, 用户剩余额度: ＄2.533620, 需要预扣费额度: ＄2.627750", "new_api_error", ""),
        QuotaExhausted,
        "预扣费额度失败",
        doubtful=True,
    ),
    Case("user-quota", _SCRIPTED, 403, openai("用户额度不足", "new_api_error"), QuotaExhausted, "用户额度不足"),
    Case("token-quota", _SCRIPTED, 401, openai("该令牌额度已用尽", "new_api_error"), QuotaExhausted, "已用尽"),
    Case("in-arrears", _SCRIPTED, 429, openai("您的账户已欠费，请充值后重试。", None, "1113"), QuotaExhausted, "欠费"),
    # Context
    Case(
        "context-limit",
        _SCRIPTED,
        400,
        openai("input length and `max_tokens` exceed context limit: 198981 + 21333 > 200000"),
        ContextTooLong,
        "exceed context limit",
    ),
    Case("token-limit", _SCRIPTED, 400, openai("Your request exceeded model token limit: 8192"), ContextTooLong),
    Case("max-length", _SCRIPTED, 400, openai("Prompt exceeds max length", None, "1261"), ContextTooLong),
    Case("input-length", _SCRIPTED, 400, openai("Range of input length should be [1, 30720]"), ContextTooLong),
    Case(
        "prompt-length",
        _SCRIPTED,
        400,
        {"error": "This model's maximum prompt length is 131072 but the request contains 136973 tokens."},
        ContextTooLong,
        "maximum prompt length",
    ),
    Case(
        "input-tokens",
        _SCRIPTED,
        400,
        openai(
            "Unable to submit request because the input token count is 40000 but the model only supports up to 32768."
        ),
        ContextTooLong,
    ),
    Case("context-size", _REAL, 500, openai("Context size has been exceeded.", "server_error", 500), ContextTooLong),
    # Content rules
    Case("content-risk", _SCRIPTED, 400, openai("Content Exists Risk", code="invalid_request_error"), Blocked, "Risk"),
    Case(
        "unsafe-content",
        _SCRIPTED,
        400,
        openai("系统检测到输入或生成内容可能包含不安全或敏感内容", None, "1301"),
        Blocked,
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
        Blocked,
        "sensitive information",
    ),
    Case("flagged-input", _SCRIPTED, 403, openai("Your input was flagged", None, 403), Blocked, "flagged"),
    # Models, regions, rights
    Case(
        "no-channel",
        _SCRIPTED,
        503,
        openai("当前分组 default 下对于模型 gpt-x 无可用渠道", "new_api_error"),
        ModelNotFound,
    ),
    Case("forbidden-model", _SCRIPTED, 403, openai("This key may not use this model", None), ModelForbidden),
    Case("region", _SCRIPTED, 403, openai("Country, region, or territory not supported", None), RegionRefused),
    Case("location", _SCRIPTED, 400, openai("User location is not supported for the API use."), RegionRefused),
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
        BadRequest,
        "image input",
    ),
    Case("system-role", _SCRIPTED, 500, openai("System role not supported", "server_error"), BadRequest),
    Case("roles", _SCRIPTED, 500, openai("Conversation roles must alternate user/assistant", None), BadRequest),
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
        BadRequest,
        "Input should be",
        unsupported=True,
        parameter="reasoning_effort",
    ),
    # Other shapes
    Case("base-resp", _SCRIPTED, 500, minimax(1008, "insufficient balance"), QuotaExhausted, "insufficient balance"),
    Case("code-and-msg", _SCRIPTED, 401, {"code": 401, "msg": "令牌已过期"}, KeyRefused, "令牌已过期"),
    Case("error-code", _SCRIPTED, 500, wenxin(17, "Open api daily request limit reached"), QuotaExhausted),
    Case(
        "status-error",
        _SCRIPTED,
        500,
        {"status": "error", "message": "The model is overloaded"},
        VendorDown,
        "overloaded",
    ),
    Case("status-code", _SCRIPTED, 429, {"statusCode": 429, "message": "Slow down"}, RateLimited, "Slow down"),
    Case(
        "errors", _SCRIPTED, 500, {"success": False, "errors": [{"message": "Invalid API key"}]}, KeyRefused, "Invalid"
    ),
    Case("plain-text", _SCRIPTED, 500, {"error": "Something broke"}, VendorDown, "Something broke", doubtful=True),
    Case(
        "gb18030",
        _SCRIPTED,
        403,
        json.dumps(openai("账户余额不足"), ensure_ascii=False).encode("gb18030"),
        QuotaExhausted,
        "账户余额不足",
    ),
    Case(
        "inner-raw",
        _SCRIPTED,
        400,
        openai("Provider returned error", None, 400, metadata={"raw": json.dumps(openai("prompt is too long"))}),
        ContextTooLong,
        "prompt is too long",
    ),
    Case(
        "inner-detail",
        _SCRIPTED,
        500,
        {"error": {"message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs"}]}}},
        BadRequest,
        "Extra inputs",
        unsupported=True,
        parameter="n",
    ),
    # Pages
    Case("page-403", _SCRIPTED, 403, "<html><title>Just a moment...</title></html>", PageInstead, doubtful=True),
    Case("firewall", _SCRIPTED, 403, "error code: 1010", PageInstead, "1010", doubtful=True),
]
