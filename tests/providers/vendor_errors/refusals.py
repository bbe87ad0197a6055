"""Refusals of one parameter, or of its value, from which the site learns."""

from providers import errors
from tests.providers.vendor_errors.case import Case, openai

_SCRIPTED = "sent by a scripted vendor"


def _refusal(name: str, source: str, message: str, status: int = 400, **more: object) -> Case:
    return Case(name, source, status, openai(message, **more), errors.BadRequest, message[:40], unsupported=True)


CASES = [
    _refusal("only-one", _SCRIPTED, "invalid temperature: only 1 is allowed"),
    _refusal("only-one-for-model", "xuy/sgo#1", "invalid temperature: only 1 is allowed for this model"),
    _refusal("deprecated", _SCRIPTED, "`temperature` is deprecated for this model."),
    _refusal("exclusive", _SCRIPTED, "`temperature` and `top_p` cannot both be specified for this model."),
    _refusal("simultaneous", "docs.z.ai/api-reference/api-code", "top_p and temperature cannot be set simultaneously"),
    _refusal(
        "xai-penalty",
        "open-webui/open-webui#21266",
        "Model grok-4-1-fast-reasoning does not support parameter presencePenalty.",
    ),
    _refusal("xai-effort", "BerriAI/litellm#16265", "Model grok-4-latest does not support parameter reasoningEffort."),
    Case(
        "xai-argument",
        "yym68686/uni-api#105",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Argument not supported on this model: presencePenalty",
        },
        errors.BadRequest,
        "presencePenalty",
        unsupported=True,
        as_event="words",
    ),
    _refusal("values", _SCRIPTED, "Input should be 'low', 'medium' or 'high'", 422),
    _refusal("range", _SCRIPTED, "Range of max_tokens should be [1, 8192]"),
    _refusal("array", _SCRIPTED, "Invalid 'stop': array too long. Expected an array with maximum length 4."),
    _refusal(
        "valid-range",
        "TencentCloudADP/youtu-agent#175",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    ),
    _refusal("at-least", "langgenius/dify-official-plugins#3255", "max_tokens must be at least 16 for sonar"),
    _refusal(
        "less-or-equal", "langgenius/dify#13451", "Model Parameter max_tokens should be less than or equal to 12288.0."
    ),
    _refusal(
        "ark-thinking",
        "can1357/oh-my-pi#9610",
        "Unsupported thinking type for the current model: auto",
        code="InvalidParameter",
    ),
    _refusal("developer", _SCRIPTED, "Developer instruction is not enabled for models/gemma-3"),
    Case(
        "dashscope-in-an-event",
        "anomalyco/opencode#40770",
        400,
        'data: {"error":{"code":"invalid_parameter_error","message":"Range of max_tokens should be [1, 131072]"}}\n\n',
        errors.BadRequest,
        "Range of max_tokens should be [1, 131072]",
        unsupported=True,
    ),
]
