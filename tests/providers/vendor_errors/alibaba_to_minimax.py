"""Errors of Alibaba, Baidu, DeepSeek, Huawei and MiniMax."""

from providers import errors
from tests.providers.vendor_errors.case import Case, anthropic, minimax, openai, wenxin

_DASHSCOPE = "help.aliyun.com/en/model-studio/error-code"
_QIANFAN = "cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w"
_WENXIN = "cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh"
_MODELARTS = "support.huaweicloud.com/intl/en-us/usermanual-maas-modelarts/maas-modelarts-0080.html"
_MINIMAX = "platform.minimax.io/docs/api-reference/errorcode"

CASES = [
    # Alibaba Model Studio (DashScope)
    Case(
        "dashscope-inspection",
        _DASHSCOPE,
        400,
        {
            "code": "DataInspectionFailed",
            "message": "Output data may contain inappropriate content.",
            "request_id": "r",
        },
        errors.Blocked,
        "inappropriate content",
    ),
    Case(
        "dashscope-inspection-compatible",
        _DASHSCOPE,
        400,
        openai("Input data may contain inappropriate content.", "data_inspection_failed", "data_inspection_failed"),
        errors.Blocked,
    ),
    Case(
        "dashscope-model-access",
        "QwenLM/qwen-code#9605",
        403,
        openai("Access to model denied. Please make sure you are eligible for using the model.", "Model.AccessDenied"),
        errors.ModelForbidden,
        "eligible",
    ),
    Case(
        "dashscope-free-tier",
        "public code that handles AllocationQuota.FreeTierOnly",
        403,
        openai(
            "The free tier of the model has been exhausted.",
            "AllocationQuota.FreeTierOnly",
            "AllocationQuota.FreeTierOnly",
        ),
        errors.QuotaExhausted,
        "free tier",
        doubtful=True,
    ),
    Case(
        "dashscope-throttling",
        "help.aliyun.com/en/model-studio/error-code-start",
        429,
        {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded, please try again later."},
        errors.RateLimited,
        "rate limit",
    ),
    Case(
        "dashscope-invalid-key",
        "help.aliyun.com/en/model-studio/error-code-start",
        401,
        {"code": "InvalidApiKey", "message": "Invalid API-key provided."},
        errors.KeyRefused,
    ),
    Case(
        "dashscope-expired-plan-key",
        "www.alibabacloud.com/help/pt-br/model-studio/coding-plan-faq",
        401,
        openai("invalid access token or token expired", "invalid_request_error"),
        errors.KeyRefused,
    ),
    Case(
        "dashscope-plan-model",
        "www.alibabacloud.com/help/pt-br/model-studio/coding-plan-faq",
        400,
        openai("model 'qwen-x' is not supported"),
        errors.ModelNotFound,
    ),
    Case(
        "dashscope-input-length",
        "langgenius/dify#14986",
        400,
        openai(
            "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
            code="invalid_parameter_error",
        ),
        errors.ContextTooLong,
        "input length",
    ),
    Case(
        "dashscope-arrears",
        "help.aliyun.com tingwu errors",
        403,
        {"code": "BIL.UserArrears", "message": "User is in arrears."},
        errors.QuotaExhausted,
    ),
    # Baidu Qianfan
    Case(
        "qianfan-tokens", _QIANFAN, 400, openai("Prompt tokens too long", code="tokens_too_long"), errors.ContextTooLong
    ),
    Case(
        "qianfan-characters",
        _QIANFAN,
        400,
        openai("the max input characters is 20000", code="characters_too_long"),
        errors.ContextTooLong,
    ),
    Case("qianfan-json", _QIANFAN, 400, openai("Invalid Argument", code="malformed_json"), errors.BadRequest),
    Case(
        "wenxin-token",
        _WENXIN,
        200,
        wenxin(110, "Access token invalid or no longer valid"),
        errors.KeyRefused,
        "no longer valid",
    ),
    Case("wenxin-qps", _WENXIN, 200, wenxin(18, "Open api qps request limit reached"), errors.RateLimited),
    Case("wenxin-right", _WENXIN, 200, wenxin(6, "No permission to access data"), errors.ModelForbidden),
    Case("wenxin-unavailable", _WENXIN, 200, wenxin(2, "Service temporarily unavailable"), errors.VendorDown),
    # China Telecom
    Case(
        "ctyun-broken",
        "www.ctyun.cn/qzdh/143601_65",
        500,
        openai("服务接口异常，请联系管理员", "INVOKE_MODEL_ERROR", "500001"),
        errors.VendorDown,
        "服务接口异常",
        doubtful=True,
    ),
    # DeepSeek
    Case(
        "deepseek-balance",
        "continuedev/continue#9853",
        402,
        openai("Insufficient Balance", "unknown_error"),
        errors.QuotaExhausted,
    ),
    Case(
        "deepseek-risk-in-detail",
        "deepseek-ai/DeepSeek-V2#30",
        400,
        {"detail": "Content Exists Risk"},
        errors.Blocked,
        "Content Exists Risk",
    ),
    Case(
        "deepseek-context",
        "evalstate/fast-agent#621",
        400,
        openai("This model's maximum context length is 131072 tokens.", code="invalid_request_error"),
        errors.ContextTooLong,
    ),
    Case(
        "deepseek-image",
        "nesquena/hermes-webui#2297",
        400,
        openai(
            "Failed to deserialize the JSON body: messages[137]: unknown variant `image_url`, expected `text`",
            code="invalid_request_error",
        ),
        errors.BadRequest,
        "image_url",
    ),
    # Huawei MaaS
    Case(
        "maas-free-quota",
        _MODELARTS,
        401,
        {"error_code": "ModelArts.81005", "error_msg": "The free quota has been used up."},
        errors.QuotaExhausted,
    ),
    Case("maas-sensitive", _MODELARTS, 403, openai("May contain senstive", code="ModelArts.81011"), errors.Blocked),
    Case("maas-model", _MODELARTS, 404, openai("Invalid model.", code="ModelArts.81009"), errors.ModelNotFound),
    # MiniMax
    Case(
        "minimax-input",
        _MINIMAX,
        200,
        {"choices": None, "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}},
        errors.Blocked,
        "new_sensitive",
    ),
    Case("minimax-rate", _MINIMAX, 200, minimax(1002, "rate limit"), errors.RateLimited),
    Case("minimax-timeout", _MINIMAX, 200, minimax(1001, "request timeout"), errors.VendorTimeout),
    Case(
        "minimax-unauthorised", _MINIMAX, 200, minimax(1004, "token not match group"), errors.KeyRefused, doubtful=True
    ),
    Case("minimax-key", "steipete/CodexBar#1326", 200, minimax(2049, "invalid api key"), errors.KeyRefused),
    Case("minimax-internal", _MINIMAX, 200, minimax(1024, "internal error"), errors.VendorDown),
    Case(
        "minimax-plan",
        "MiniMax-AI/cli src/errors/api.ts",
        200,
        minimax(2061, "your current token plan not support model"),
        errors.ModelForbidden,
    ),
    Case(
        "minimax-five-hours",
        "MiniMax-AI/MiniMax-M2.7#36",
        429,
        anthropic("5-hour usage limit reached (2056)", "rate_limit_error"),
        errors.QuotaExhausted,
        "5-hour usage limit",
    ),
]
