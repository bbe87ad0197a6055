"""Errors of llama.cpp, LM Studio, Ollama, SGLang, text-generation-inference and vLLM."""

from providers import errors
from tests.providers.vendor_errors.case import Case, openai

_LM_STUDIO = (
    "Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context "
    "length of only 32768 tokens."
)

CASES = [
    Case(
        "llama-image",
        "ggml-org/llama.cpp#13566",
        500,
        openai("image input is not supported by this server", "server_error", 500),
        errors.BadRequest,
        "image input",
    ),
    Case(
        "llama-part",
        "ggml-org/llama.cpp#12947",
        500,
        openai(
            'Unsupported content part type: "image_url"; messages = [\n  {\n    "role": "user"}]', "server_error", 500
        ),
        errors.BadRequest,
        "Unsupported content part",
    ),
    Case(
        "lm-studio-context",
        "lmstudio-ai/lmstudio-bug-tracker#546",
        400,
        {"error": _LM_STUDIO},
        errors.ContextTooLong,
        "111490",
    ),
    Case(
        "lm-studio-n-keep",
        "anomalyco/opencode#11141",
        400,
        {"error": "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)"},
        errors.ContextTooLong,
    ),
    Case(
        "ollama-tools",
        "ollama/ollama#5793",
        400,
        openai("llama3 does not support tools", "api_error"),
        errors.BadRequest,
        "tools",
        unsupported=True,
    ),
    Case(
        "ollama-tools-text",
        "ollama/ollama#14795",
        400,
        {"error": "registry.ollama.ai/library/x does not support tools"},
        errors.BadRequest,
        unsupported=True,
    ),
    Case(
        "ollama-model",
        "ollama/ollama-python#149",
        404,
        openai("model 'llama2' not found, try pulling it first", "api_error"),
        errors.ModelNotFound,
    ),
    Case(
        "sglang-context",
        "QwenLM/Qwen3#1321",
        400,
        {
            "object": "error",
            "message": "The input (61709 tokens) is longer than the model's context length.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        errors.ContextTooLong,
        "61709",
    ),
    Case(
        "tgi-total",
        "huggingface/text-generation-inference#628",
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048.",
            "error_type": "validation",
        },
        errors.ContextTooLong,
    ),
    Case(
        "tgi-input",
        "huggingface/text-generation-inference#695",
        422,
        {"error": "Input validation error: `inputs` must have less than 1024 tokens.", "error_type": "validation"},
        errors.ContextTooLong,
    ),
    Case(
        "vllm-validation",
        "vllm-project/vllm#10015",
        400,
        {
            "object": "error",
            "message": "[{'type': 'string_type', 'loc': ('body', 2), 'msg': 'Input should be a valid string'}]",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        errors.BadRequest,
        "valid string",
        unsupported=True,
    ),
    Case(
        "vllm-silent",
        "vllm-project/vllm#35438",
        500,
        openai("", "InternalServerError", 500),
        errors.VendorDown,
        doubtful=True,
    ),
    Case(
        "vllm-context",
        "vllm-project/vllm#20409",
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 16384 tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        errors.ContextTooLong,
    ),
    Case(
        "vllm-no-room",
        "vllm-project/vllm#4667",
        400,
        {
            "object": "error",
            "message": "max_tokens must be at least 1, got -186.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        errors.ContextTooLong,
    ),
    Case(
        "llama-cpp-python",
        "abetlen/llama-cpp-python#120",
        400,
        openai("Requested tokens exceed context window of 512"),
        errors.ContextTooLong,
    ),
]
