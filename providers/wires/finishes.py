"""The words in which vendors say why a reply ended, in one table for all wires.

Gateways answer in another vendor's words. Case, hyphens and underscores do not count. A word that is not here ends a
reply as "other".

Source: the references of OpenAI, Gemini (Candidate.FinishReason), Anthropic (stop_reason), Bedrock (Converse), Cohere,
Mistral, DeepSeek, Zhipu, xAI, DashScope, Together, Titan, watsonx, Ollama and TGI; the sources of vLLM and llama.cpp;
kekzl/imp#1590 and ROCm/FastFlowLM#500.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.errors import VendorDown
from providers.types import Finish, FinishReason
from providers.wires.json_values import mapping

_WORDS: Mapping[FinishReason, str] = {
    "stop": """
        stop stopped end_turn stop_sequence eos eos_token complete completed finish finished stop_criteria_met
        endoftext normal word reason_stop
    """,
    "length": """
        length max_tokens model_length max_length max_output_tokens max_new_tokens token_limit error_limit limit
        time_limit model_context_window_exceeded continuation reason_max_len reason_max_context reason_time_limit
        pause_turn
    """,
    "blocked": """
        content_filter content_filtered sensitive safety refusal guardrail_intervened error_toxic recitation language
        blocklist prohibited_content spii image_safety image_prohibited_content image_recitation model_armor jailbreak
        escalation pup_limited_disabled
    """,
    "tool_call": "tool_call tool_calls tool_use function_call function_calls reason_tool_calls",
}
_NONE = "null none not_finished finish_reason_unspecified unspecified reason_invalid"
_BROKEN = "error network_error insufficient_system_resource abort aborted cancel canceled cancelled capacity timeout"
# The numbers of Candidate.FinishReason in the Gemini API, for gateways that pass on the number.
_NUMBERS = (
    "", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
    "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY",
)  # fmt: skip

_SEPARATORS = re.compile(r"[-_ ]+")


def finish_of(word: object, why: str = "") -> Finish | None:
    """Return the finish that this word or number names, if any, with the vendor's reason. Raises VendorDown."""
    if word is None:
        return None
    named = _named(word)
    key = _key(named)
    if not key or key in _UNFINISHED:
        return None
    if key in _BREAKS:
        raise VendorDown(why, because="The vendor broke off the reply.")
    return Finish(_REASONS.get(key, "other"), named, why)


def filtered(results: object) -> str:
    """Return the categories for which a filter withheld something, such as "hate, violence".

    Source: Azure OpenAI, content filtering: annotations.
    """
    return ", ".join(str(name) for name, result in mapping(results).items() if mapping(result).get("filtered") is True)


def _named(word: object) -> str:
    if isinstance(word, int) and not isinstance(word, bool):
        return _NUMBERS[word] if 0 <= word < len(_NUMBERS) else str(word)
    return word if isinstance(word, str) else ""


def _key(word: str) -> str:
    return _SEPARATORS.sub("", word).lower()


_REASONS: Mapping[str, FinishReason] = {_key(word): ours for ours, theirs in _WORDS.items() for word in theirs.split()}
_UNFINISHED = frozenset(map(_key, _NONE.split()))
_BREAKS = frozenset(map(_key, _BROKEN.split()))
