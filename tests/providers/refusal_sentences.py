"""Sentences with which vendors refuse a request, each with its source and its lesson, and what they refuse."""

from __future__ import annotations

from typing import Any, NamedTuple

from providers.types import Part, Turn

Json = dict[str, Any]
PICTURE = Part("image", "", {"media_type": "image/png", "data": "aGk=", "name": "cat.png"})
MANY = [str(number) for number in range(14)]


class Case(NamedTuple):
    """A sentence with its source, the parameters set, and the quirks it teaches; a leading "~" marks one that ends."""

    source: str
    sentence: str
    parameters: Json
    taught: str
    wire: str = "openai"
    parameter: str = ""


CASES = [
    Case(
        "Moonshot, VideoAdGuard#34", "invalid temperature: only 1 is allowed for this model", {"temperature": 0.1},
        "no:temperature",
    ),
    Case(
        "Moonshot, Kimi-K2#124", "invalid temperature: only 0.6 is allowed for this model", {"temperature": 1.0},
        "no:temperature",
    ),
    Case("Anthropic, seen in use", "`temperature` is deprecated for this model.", {"temperature": 1}, "no:temperature"),
    Case(
        "OpenAI, error of its API",
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default "
        "(1) value is supported.",
        {"temperature": 0.7, "top_p": 0.5},
        "no:temperature",
    ),
    Case(
        "Alibaba, open-webui#10507",
        "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]",
        {"max_tokens": 10000}, "range:max_tokens=1..8192",
    ),
    Case(
        "Alibaba, opencode#40770", "Range of max_tokens should be [1, 131072]", {"max_tokens": 200000},
        "range:max_tokens=1..131072",
    ),
    Case(
        "DeepSeek, DeepSeek-V3#69", "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        {"max_tokens": 16384}, "range:max_tokens=1..8192",
    ),
    Case(
        "Google Vertex, bolt.diy#955",
        "Unable to submit request because it has a maxOutputTokens value of 655360 but the supported range is from 1 "
        "(inclusive) to 8193 (exclusive). Update the value and try again.",
        {"max_tokens": 655360}, "range:maxOutputTokens=1..8192", "gemini",
    ),
    Case(
        "Google Vertex, litellm#10548",
        "Unable to submit request because it has a maxOutputTokens value of 65536 but the supported range is from 1 "
        "(inclusive) to 65536 (exclusive). Update the value and try again.",
        {"max_tokens": 65536}, "range:maxOutputTokens=1..65535", "gemini",
    ),
    Case(
        "Mistral, talemate#102", "Input should be less than or equal to 1", {"temperature": 1.31},
        "range:temperature=..1", "openai", "temperature",
    ),
    Case(
        "Hugging Face TGI, synthetic-data-generator#48", "Input validation error: `top_p` must be > 0.0 and < 1.0",
        {"top_p": 1.0}, "range:top_p=0.01..0.99",
    ),
    Case(
        "Hugging Face TGI, ragas#264",
        "`temperature` must be strictly positive", {"temperature": 0.0}, "~no:temperature"
    ),
    Case(
        "AWS Bedrock by LiteLLM, skydiscover#15",
        "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. "
        "Please use only one.",
        {"temperature": 0.5, "top_p": 0.5}, "either:temperature,top_p",
    ),
    Case(
        "xAI, lobehub#7370", "Argument not supported on this model: presencePenalty",
        {"presence_penalty": 0.5, "frequency_penalty": 0.5}, "no:presence_penalty",
    ),
    Case(
        "xAI, open-webui#21266", "Model grok-4-1-fast-reasoning does not support parameter presencePenalty.",
        {"presence_penalty": 0.5}, "no:presence_penalty",
    ),
    Case("xAI, litellm#12635", "Argument not supported on this model: stop", {"stop": ["Daft Punk"]}, "no:stop"),
    Case(
        "xAI, hermes-agent#23088", "Model grok-4-1-fast does not support parameter reasoningEffort.",
        {"thinking": {"level": "low"}}, "no:reasoning_effort",
    ),
    Case(
        "OpenAI by LiteLLM, continue#1572",
        "litellm.BadRequestError: OpenAIException - Invalid 'stop': array too long. Expected an array with maximum "
        "length 4, but got an array with length 14 instead.",
        {"stop": MANY}, "range:stop=..4",
    ),
    Case(
        "Moonshot, cloud#3807",
        "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported "
        "values are: 'minimal', "
        "'low', 'medium', and 'high'.",
        {"thinking": "off"}, "levels:reasoning_effort=minimal,low,medium,high",
    ),
    Case(
        "Groq, pi#1745", "`reasoning_effort` must be one of `none` or `default`", {"thinking": {"level": "high"}},
        "levels:reasoning_effort=none",
    ),
    Case(
        "seen in use",
        "reasoning_effort: Input should be 'low', 'medium' or 'high'", {"thinking": {"level": "minimal"}},
        "levels:reasoning_effort=low,medium,high",
    ),
    Case(
        "Google, Roo-Code#10700", "Thinking level is not supported for this model.", {"thinking": {"level": "low"}},
        "no:thinkingLevel", "gemini",
    ),
    Case(
        "Google, vellum-assistant#32687", "Thinking level MINIMAL is not supported for this model.",
        {"thinking": {"level": "minimal"}}, "no:thinkingLevel=minimal", "gemini",
    ),
    Case(
        "Google Vertex, opencode-gemini-auth#14",
        "Unable to submit request because thinking_level MEDIUM is not supported by this model. Learn more: "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini",
        {"thinking": {"level": "medium"}}, "no:thinkingLevel=medium", "gemini",
    ),
    Case(
        "Google, Veloera#41", "thinking_config is not supported", {"thinking": {"budget": 100}}, "no:thinkingConfig",
        "gemini",
    ),
    Case(
        "Google, Roo-Code#4399", "The thinking budget (52428) is invalid.", {"thinking": {"budget": 52428}},
        "~no:thinkingBudget", "gemini",
    ),
    Case(
        "Google, pi#3460",
        "Unable to submit request because The model does not support setting thinking_budget to 0",
        {"thinking": "off"}, "no:thinkingBudget=0", "gemini",
    ),
    Case(
        "Google, one-hub#442", "Code execution is not enabled for models/gemini-2.0-flash-thinking-exp",
        {"code_execution": True, "web_search": True}, "no:codeExecution", "gemini",
    ),
    Case(
        "Google, js-genai#1157", "Multiple tools are supported only when they are all search tools.",
        {"code_execution": True, "web_search": True}, "either:googleSearch,codeExecution", "gemini",
    ),
    Case(
        "Google, seen in use", "Penalty is not enabled for models/gemini-2.5-flash",
        {"presence_penalty": 1, "frequency_penalty": 1}, "no:frequencyPenalty no:presencePenalty", "gemini",
    ),
    Case(
        "Google, rig#788", "Developer instruction is not enabled for models/gemma-3-27b-it", {}, "no:system", "gemini"
    ),
    Case("Google Vertex, llm-graph-builder#555", "400 The input system_instruction is not supported.", {}, "no:system",
         "gemini"),
    Case(
        "vLLM, autogen#1037", "Conversation roles must alternate user/assistant/user/assistant/...", {}, "no:system"
    ),
    Case("vLLM, llm_wiki#45", "System message must be at the beginning.", {}, "no:system"),
    Case("CLIProxyAPI#4092", "System messages are not allowed", {}, "no:system"),
    Case("llama.cpp template, node-llama-cpp#263", "Only user and assistant roles are supported!", {}, "no:system"),
    Case(
        "DeepSeek, chatluna#867",
        "Failed to deserialize the JSON body into the target type: messages[3]: unknown variant `image_url`, expected "
        "`text` at line 1 column 173667",
        {}, "no:image",
    ),
    Case(
        "llama.cpp, llamastash#13",
        "image input is not supported - hint: if this is unexpected, you may need to provide the "
        "mmproj", {}, "no:image",
    ),
    Case("OpenRouter, goose#5396", "No endpoints found that support image input", {}, "no:image"),
    Case("Google, gemini-cli#13467", "Corrupted thought signature.", {}, "~unsigned", "gemini"),
    Case(
        "Google Vertex, 9router#301",
        "Unable to submit request because Thought signature is not valid.. Learn more: https://cloud.google.com", {},
        "~unsigned", "gemini",
    ),
    Case(
        "Google, Antigravity-Manager#733",
        "Function call is missing a thought_signature in functionCall parts. This is required for "
        "tools to work correctly",
        {}, "stand-in", "gemini",
    ),
    Case(
        "Moonshot, kimi-agent-sdk#169",
        "thinking is enabled but reasoning_content is missing in assistant tool call message at index 13", {},
        "reasoning_content",
    ),
    Case(
        "DeepSeek by DMXAPI",
        "The reasoning_content in the thinking mode must be passed back to the API.", {},
        "reasoning_content",
    ),
    Case(
        "GigaChat, gigachain#237", "Invalid params: temperature must be in range (0, +inf)", {"temperature": 0.0},
        "range:temperature=0.01..",
    ),
    Case(
        "Alibaba, modelparams.dev#235",
        "<400> InternalError.Algo.InvalidParameter: Temperature should be in [0.0, 2.0)", {"temperature": 2.0},
        "range:temperature=0..1.99",
    ),
    Case(
        "vLLM by AIBrix, aibrix#2578", "top_p must be in (0, 1], got 2.0. (parameter=top_p, value=2.0)",
        {"top_p": 2.0}, "range:top_p=0.01..1", "openai", "top_p",
    ),
    Case(
        "SiliconFlow, cherry-studio#8927", "thinking_budget: Must be less than or equal to 32768",
        {"thinking": {"budget": 81920}}, "range:thinkingBudget=..32768", "gemini",
    ),
    Case(
        "Anthropic by LiteLLM, software-agent-sdk#596",
        "max_tokens: 204096 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5",
        {"max_tokens": 204096}, "range:max_tokens=..64000",
    ),
    Case(
        "OpenAI, lobehub#8116",
        "Unsupported parameter: 'reasoning_effort'. In the Responses API, this parameter has moved to "
        "'reasoning.effort'. Try again with the new parameter.",
        {"thinking": {"level": "low"}}, "no:reasoning_effort",
    ),
    Case(
        "MiniMax, CodexPlusPlus#267", "invalid params, chat content has invalid message role: system (2013)", {},
        "no:system",
    ),
    Case(
        "DeepSeek, airi#1222",
        "Failed to deserialize the JSON body into the target type: messages[19]: invalid type: sequence, expected a "
        "string at line 1 column 9837",
        {}, "no:image",
    ),
    Case(
        "OpenCode, gpt-load#743", "Upstream request failed: [invalid_request_error] Input should be a valid string",
        {}, "no:image",
    ),
    Case(
        "OpenAI, chatbot-ui#102",
        "This model's maximum context length is 4097 tokens. However, you requested 4120 tokens (3120 in the messages, "
        "1000 in the completion). Please reduce the length of the messages or completion.",
        {"max_tokens": 1000}, "~range:max_tokens=..977",
    ),
    Case(
        "SGLang, litellm#25492",
        "Requested token count exceeds the model's maximum context length of 196608 tokens. You requested a total of "
        "204830 tokens: 172830 tokens from the input messages and 32000 tokens for the completion.",
        {"max_tokens": 32000}, "~range:max_tokens=..23778",
    ),
    Case(
        "Anthropic, Claudable#3", "input length and `max_tokens` exceed context limit: 188981 + 21333 > 200000",
        {"max_tokens": 21333}, "~range:max_tokens=..11019",
    ),
    Case(
        "Anthropic by LiteLLM, claude-code#8756",
        "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation.",
        {"max_tokens": 500, "thinking": {"level": "high"}}, "~no:reasoning_effort",
    ),
    Case("Mistral, datapizza-ai#98", "Unexpected role 'user' after role 'tool'", {}, "turn-between"),
    Case(
        "Anthropic by a gateway, opencode#6176",
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` "
        "is enabled, a final `assistant` message must start with a thinking block",
        {"thinking": {"level": "high"}}, "~no:reasoning_effort",
    ),
    Case(
        "Anthropic, kilocode#10729",
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.',
        {"thinking": {"budget": 4096}}, "thinking:adaptive", "anthropic",
    ),
    Case(
        "Anthropic, docker-agent#3362", "adaptive thinking is not supported on this model",
        {"thinking": {"level": "high"}}, "thinking:budget", "anthropic",
    ),
    Case(
        "AWS Bedrock, harness-sdk#1856",
        "thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', "
        "'enabled'",
        {"thinking": "auto"}, "thinking:budget", "anthropic",
    ),
    Case(
        "Anthropic, in the words for another form", '"thinking.type.disabled" is not supported for this model.',
        {"thinking": "off"}, "no:type=disabled", "anthropic",
    ),
    Case(
        "Anthropic, claude-code#30795", "This model does not support the effort parameter.",
        {"thinking": {"level": "high"}}, "no:effort", "anthropic",
    ),
    Case(
        "Anthropic, one-hub#529", "`temperature` may only be set to 1 when thinking is enabled.",
        {"temperature": 0.5, "thinking": {"budget": 2048}}, "either:thinking,temperature", "anthropic",
    ),
    Case(
        "Anthropic, quarkus-langchain4j#1812", "`top_k` must be unset when thinking is enabled.",
        {"top_k": 5, "thinking": {"budget": 2048}}, "either:thinking,top_k", "anthropic",
    ),
    Case(
        "Anthropic, seen in use", "`temperature` is deprecated for this model.", {"temperature": 1}, "no:temperature",
        "anthropic",
    ),
    Case(
        "Anthropic, error of its API",
        "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for this model",
        {}, "range:max_tokens=..4096", "anthropic",
    ),
    Case(
        "Anthropic, error of its API", "messages.1.content.0: Invalid `signature` in `thinking` block", {},
        "~unsigned", "anthropic",
    ),
    Case(
        "anthropics/claude-code#63284",
        "messages.3.content.8: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be"
        " modified. These blocks must remain as they were in the original response.",
        {}, "~unsigned", "anthropic",
    ),
    Case(
        "Compresr-ai/Context-Gateway#30", "messages.1.content.0: each thinking block must contain thinking", {},
        "~unsigned", "anthropic",
    ),
    Case(
        "Anthropic, error of its API",
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.",
        {"thinking": {"budget": 2048}}, "~no:thinking", "anthropic",
    ),
    Case(
        "invented", "messages.0.content.0.text.cache_control: Extra inputs are not permitted", {}, "no:cache_control",
        "anthropic",
    ),
    Case(
        "invented", "tools.0: web_search_20250305 is not supported for this model", {"web_search": True},
        "no:web_search", "anthropic",
    ),
    Case(
        "OpenAI, error of its API",
        "Your organization must be verified to generate reasoning summaries. Please go to the settings.",
        {}, "no:summary", "responses", "reasoning.summary",
    ),
    Case(
        "OpenAI, by a gateway", "Your organization must be verified to generate reasoning summaries.", {},
        "no:summary", "responses",
    ),
    Case(
        "OpenAI, error of its API", "Unsupported parameter: 'reasoning.effort' is not supported with this model.", {},
        "no:reasoning", "responses", "reasoning.effort",
    ),
    Case(
        "OpenAI, error of its API",
        "Unsupported value: 'minimal' is not supported with this model. Supported values are: 'medium' and 'high'.",
        {"thinking": {"level": "minimal"}}, "levels:effort=medium,high", "responses", "reasoning.effort",
    ),
    Case(
        "OpenAI, error of its API", "Unsupported parameter: 'temperature' is not supported with this model.",
        {"temperature": 0.5}, "no:temperature", "responses", "temperature",
    ),
    Case(
        "OpenAI, error of its API",
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
        {"max_tokens": 5}, "range:max_output_tokens=16..", "responses", "max_output_tokens",
    ),
    Case(
        "OpenAI, error of its API", "Hosted tool 'web_search' is not supported with this model.", {"web_search": True},
        "no:web_search", "responses",
    ),
    Case(
        "OpenAI, error of its API",
        "The encrypted content for item rs_1 could not be verified. Reason: it could not be decrypted or parsed.", {},
        "~unsigned", "responses",
    ),
    Case(
        "OpenAI, error of its API",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.", {}, "~unsigned",
        "responses",
    ),
    Case(
        "Ollama, vox#89", "registry.ollama.ai/library/dolphin-mistral:latest does not support tools",
        {"functions": [{"name": "f"}]}, "no:functions",
    ),
    Case(
        "vLLM, vllm#9986", '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        {"functions": [{"name": "f"}]}, "no:functions",
    ),
    Case(
        "OpenAI, flexeval#242",
        "tools is not supported in this model. For a list of supported models, refer to "
        "https://platform.openai.com/docs/guides/function-calling#models-supporting-function-calling.",
        {"functions": [{"name": "f"}]}, "no:functions",
    ),
    Case(
        "OpenRouter, seen in use", "No endpoints found that support tool use. Try disabling it.",
        {"functions": [{"name": "f"}]}, "no:functions",
    ),
    Case(
        "DeepInfra, truefoundry/models#944", "deepinfra error: Tool calling is not supported for model: a/b",
        {"functions": [{"name": "f"}]}, "no:functions", "anthropic",
    ),
    Case("invented", "Function calling is not enabled for this model", {"functions": [{"name": "f"}]}, "no:functions",
         "gemini"),
    Case("invented", "该模型不支持工具调用", {"functions": [{"name": "f"}]}, "no:functions", "responses"),
    Case(
        "rikkahub/rikkahub#1690", "The `reasoning_text` in the thinking mode must be passed back to the API.", {},
        "reasoning_content", "responses",
    ),
    Case("invented", "this model does not support image inputs", {}, "no:image", "responses"),
    Case(
        "OpenAI, openai-node#1801", "`include=web_search_call.results` is not enabled for this organization.",
        {"web_search": True}, "no:include", "responses",
    ),
    Case("invented", "no such field: heat is not supported", {"temperature": 1}, "no:heat", "telex"),
    Case("invented", "words must be between 1 and 50", {"max_tokens": 99}, "range:words=1..50", "telex"),
    Case("invented", "image input is not supported", {}, "no:image", "telex"),
]  # fmt: skip

CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
FUNCTION_CALL = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
USE = {"type": "tool_use", "id": "1", "name": "f", "input": {}}
OWN: Json = {"origin": "here"}


def history(wire: str) -> tuple[Turn, ...]:
    """Return a conversation with a picture, a signed call and its thought."""
    came = {"openai": CALL, "responses": FUNCTION_CALL, "anthropic": USE}.get(
        wire, {"functionCall": {"name": "f", "args": {}}}
    )
    vendor = {"vendor": {"wire": wire, "part": came, "origin": "elsewhere"}}
    answer = {"text": "Yes", "thoughtSignature": "s"}
    signed = Part("text", "Yes", {"vendor": {"wire": wire, "part": answer, **OWN}})
    if wire == "anthropic":
        answer = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
        signed = Part("thought", "", {"vendor": {"wire": wire, "part": answer, **OWN}})
    if wire == "responses":
        answer = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "s"}  # type: ignore[dict-item]
        signed = Part("thought", "", {"vendor": {"wire": wire, "part": answer, **OWN}})
    call = Part("call", "", {"name": "f", "id": "1", "arguments": {}, **vendor})
    asked = Turn("user", (Part("text", "What is this?"), PICTURE))
    return (asked, Turn("assistant", (Part("thought", "Hm."), signed, call)), Turn("user", (Part("text", "Go on"),)))
