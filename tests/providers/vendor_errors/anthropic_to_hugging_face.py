"""Errors of Anthropic, Azure, Cerebras, Fireworks, GitHub, Google, Groq and Hugging Face."""

from providers import errors
from tests.providers.vendor_errors.case import Case, anthropic, google, openai

_CATEGORIES = {
    "hate": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": True, "severity": "medium"},
    "jailbreak": {"filtered": True, "detected": True},
}
_TPM = (
    "Request too large for model `llama-3.1-8b-instant` in organization `org_x` service tier `on_demand` on tokens per "
    "minute (TPM): Limit 6000, Requested 12328, please reduce your message size and try again."
)
_TPD = (
    "Rate limit reached for model `llama-3.3-70b-versatile` on tokens per day (TPD): Limit 100000, Used 97050, "
    "Requested 3619. Please try again in 9m38.016s."
)

CASES = [
    # Anthropic
    Case(
        "anthropic-credit",
        "continuedev/continue#5499",
        400,
        anthropic("Your credit balance is too low to access the Anthropic API."),
        errors.QuotaExhausted,
        "credit balance is too low",
    ),
    Case(
        "anthropic-context",
        "anymorph-ai/Claudable#3",
        400,
        anthropic("input length and max_tokens exceed context limit"),
        errors.ContextTooLong,
    ),
    Case(
        "anthropic-prompt",
        "stackblitz/bolt.new#1748",
        400,
        anthropic("prompt is too long: 202128 tokens > 200000 maximum"),
        errors.ContextTooLong,
    ),
    # Azure OpenAI
    Case(
        "azure-filter",
        "stanford-crfm/helm#3327",
        400,
        openai(
            "The prompt triggered Azure OpenAI's content management policy.",
            None,
            "content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation"},
            status=400,
        ),
        errors.Blocked,
        "content management policy",
    ),
    Case(
        "azure-filter-category",
        "vibrantlabsai/ragas#649, compl-ai/compl-ai#20",
        400,
        openai(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            None,
            "content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation", "content_filter_result": _CATEGORIES},
            status=400,
        ),
        errors.Blocked,
        "violence, jailbreak: The response was filtered",
    ),
    Case(
        "azure-filter-category-through-litellm",
        "BerriAI/litellm#16231",
        400,
        openai(
            "litellm.ContentPolicyViolationError: AzureException - The response was filtered due to the prompt "
            "triggering Azure OpenAI's content management policy.",
            None,
            "400",
            provider_specific_fields={
                "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": _CATEGORIES}
            },
        ),
        errors.Blocked,
        "violence, jailbreak: litellm.",
    ),
    Case(
        "azure-network",
        "Azure-Samples/azure-search-openai-demo#1494",
        403,
        {"error": {"code": "403", "message": "Access denied due to Virtual Network/Firewall rules."}},
        errors.KeyRefused,
        "Firewall rules",
        doubtful=True,
    ),
    Case(
        "azure-deployment",
        "chatboxai/chatbox#861",
        404,
        {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}},
        errors.ModelNotFound,
    ),
    # Cerebras
    Case(
        "cerebras-context",
        "cline/cline#5140",
        400,
        openai("Please reduce the length of the messages or completion."),
        errors.ContextTooLong,
    ),
    # Cloudflare
    Case(
        "cloudflare-model",
        "cloudflare/cloudflare-docs#19677",
        403,
        {"success": False, "errors": [{"code": 5018, "message": "The account is not allowed to access this model"}]},
        errors.ModelForbidden,
        "not allowed",
    ),
    Case(
        "cloudflare-terms",
        "cloudflare/cloudflare-docs#19677",
        403,
        {"success": False, "errors": [{"code": 5016, "message": "User has not agreed to Llama3.2 model terms"}]},
        errors.ModelForbidden,
    ),
    # Fireworks
    Case(
        "fireworks-suspended",
        "pollinations/pollinations#12136",
        412,
        openai(
            "Account x is suspended, possibly due to reaching the monthly spending limit.",
            "error",
            "PRECONDITION_FAILED",
        ),
        errors.QuotaExhausted,
        "suspended",
    ),
    # GitHub Models
    Case(
        "github-size",
        "eslint/tsc-meetings#593",
        413,
        {
            "error": {
                "code": "tokens_limit_reached",
                "message": "Request body too large for gpt-4o model. Max size: 8000 tokens.",
                "details": "Request body too large",
            }
        },
        errors.ContextTooLong,
        "8000 tokens",
    ),
    # Google
    Case(
        "google-location",
        "poenl/gemini-api#4",
        400,
        google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        errors.RegionRefused,
        "location",
    ),
    Case(
        "google-leaked",
        "continuedev/continue#11541",
        403,
        google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
        errors.KeyRefused,
        "leaked",
    ),
    Case(
        "google-key-gone",
        "Wei-Shaw/sub2api#1709",
        400,
        google(
            400, "INVALID_ARGUMENT", "API Key not found. Please pass a valid API key.", {"reason": "API_KEY_INVALID"}
        ),
        errors.KeyRefused,
    ),
    Case(
        "google-expired",
        "SamuelSchmidgall/AgentLaboratory#33",
        400,
        google(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", {"reason": "API_KEY_INVALID"}),
        errors.KeyRefused,
        "renew",
    ),
    Case(
        "google-nested",
        "google-gemini/gemini-cli#24641",
        400,
        {
            "error": {
                "message": '{\n  "error": {\n    "message": "User location is not supported."\n  }\n}\n',
                "code": 400,
                "status": "Bad Request",
            }
        },
        errors.RegionRefused,
        "User location is not supported",
    ),
    Case(
        "google-exhausted",
        "Wei-Shaw/claude-relay-service#746",
        429,
        google(
            429,
            "RESOURCE_EXHAUSTED",
            "You have exhausted your capacity on this model. Your quota will reset after 5h59m59s.",
            {"reason": "QUOTA_EXHAUSTED"},
            {"retryDelay": "21599.5s"},
        ),
        errors.QuotaExhausted,
        doubtful=True,
        retry_after=21599.5,
    ),
    Case(
        "google-capacity",
        "google-gemini/gemini-cli#26633",
        429,
        google(
            429,
            "RESOURCE_EXHAUSTED",
            "No capacity available for model on the server",
            {"reason": "MODEL_CAPACITY_EXHAUSTED"},
        ),
        errors.RateLimited,
    ),
    Case(
        "google-credits",
        "JeffOtano/roni#125",
        429,
        google(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
        errors.QuotaExhausted,
        "depleted",
    ),
    # Groq
    Case(
        "groq-too-large",
        "HunorLaczko/ha-groq-cloud-api#27",
        413,
        openai(_TPM, "tokens", "rate_limit_exceeded"),
        errors.ContextTooLong,
        "Request too large",
    ),
    Case(
        "groq-per-day",
        "continuedev/continue#10920",
        429,
        openai(_TPD, "tokens", "rate_limit_exceeded"),
        errors.RateLimited,
        retry_after=578.016,
    ),
    Case(
        "groq-restricted",
        "crewAIInc/crewAI#783",
        400,
        openai("Organization has been restricted.", code="organization_restricted"),
        errors.KeyRefused,
        "restricted",
    ),
    Case(
        "groq-decommissioned",
        "atiilla/sqlmap-ai#3",
        400,
        openai("The model `qwen-qwq-32b` has been decommissioned.", code="model_decommissioned"),
        errors.ModelNotFound,
    ),
    Case(
        "groq-blocked-model",
        "orbi-build/orbi#561",
        403,
        openai(
            "The model `groq/compound` is blocked at the organization level.",
            "permissions_error",
            "model_permission_blocked_org",
        ),
        errors.ModelForbidden,
        "blocked at the organization level",
    ),
    # Hugging Face
    Case(
        "hugging-face-credits",
        "huggingface/agents-course#386",
        402,
        {"error": "You have exceeded your monthly included credits for Inference Providers."},
        errors.QuotaExhausted,
        "monthly included",
    ),
]
