"""The sentences that refuse something in the conversation itself: its instructions, pictures, code or signatures."""

from __future__ import annotations

import re

from providers.wires.turns import (
    INSTRUCTIONS_FIRST,
    NO_CACHE_MARKS,
    NO_CITATIONS,
    NO_CODE,
    NO_FILES,
    NO_FUNCTIONS,
    NO_IMAGES,
    NO_SOUNDS,
    STAND_IN,
    THINKS_ADAPTIVELY,
    THINKS_WITH_BUDGET,
    TURN_BETWEEN,
    UNSIGNED,
    WITH_REASONING,
)

DEVELOPER = "developer"
"""The quirk of a model that takes its instructions from a developer, not from a system."""

# One picture or file of a strange kind says nothing of the others.
_INPUT = r"(?: inputs?| contents?| parts?)?"
_NOT_TAKEN = r"(?:(?:is|are) )?(?:currently )?(?:not (?:supported|allowed|enabled|available)|unsupported)"
_SOME = r"(?!multiple|more|this)['`]?(?:[\w-]+ ){0,2}['`]?"
_NOT_A_KIND = r"(?!/|\s(?:of|types?|formats?|urls?|sizes?))"

# Gaps are bounded: else each beginning would search the whole rest again.
_SIGNATURES = (
    r"thought[ _]?signatures?|`?signature`? (in|is|of|was|does)|invalid `?signature|encrypted[ _]content"
    r"|reasoning (item|content|block).{0,40}(verif|decrypt|not found)"
    r"|\bitem with id .{1,80}not found|without its required '?(following|reasoning)"
    r"|redacted_thinking`? blocks? .{0,60}(cannot be modified|must remain)|each `?thinking`? block must contain"
)
_THOUGHTS_MISSING = (
    r"reasoning_(?:content|text)`?.{0,60}(missing|must be passed back|must be provided|is required)"
    r"|missing.{0,30}reasoning_(?:content|text)"
)
_SYSTEM = (
    r"(developer|system)[ _]instructions? (is|are) not|(system|developer) (role|messages?|prompts?) (is |are )?"
    r"(not|unsupported|must)|support.{0,12}\bsystem\b|\bsystem\b.{0,20}not (be )?(supported|allowed|accepted)"
    r"|only user and assistant roles|roles must alternate|(invalid|unexpected|unknown).{0,14}role"
)
_TEXTS_ONLY = r"|invalid type: sequence, expected a string|input should be a valid string"
_IMAGES = (
    rf"unknown variant .{{0,2}}image_url|\b(image|image_url|vision|multimodal)['`]?s?{_INPUT} {_NOT_TAKEN}"
    rf"|support {_SOME}(images?|vision|image_url|multimodal)\b{_NOT_A_KIND}|not a (vision|multimodal)"
    r"|图(片|像).{0,8}不支持|不支持.{0,6}图(片|像)|only supports? .{0,10}text|input should be 'text'"
    r"|content\.type.{0,20}\['text'\]"
    rf"{_TEXTS_ONLY}"
)
_FILES = (
    rf"unknown variant .{{0,2}}file\b|\b(file|document|pdf)s?{_INPUT} {_NOT_TAKEN}"
    rf"|support {_SOME}(files?|documents?|pdfs?)\b{_NOT_A_KIND}{_TEXTS_ONLY}"
)
# Sentences of OpenAI and servers like it (openai-python#2454), of OpenRouter, Gemini and vLLM.
_SOUNDS = (
    rf"unknown variant .{{0,2}}input_audio|\b(input_audio|audio|sound)['`]?s?{_INPUT}(?: modality)? {_NOT_TAKEN}"
    rf"|support {_SOME}(audio|input_audio)\b{_NOT_A_KIND}|expected to be either text or image_url"
    r"|at most 0 audio|invalid value: 'input_audio'|only supports? .{0,10}text|input should be 'text'"
    r"|(音频|语音).{0,8}不支持|不支持.{0,6}(音频|语音)"
    rf"{_TEXTS_ONLY}"
)
_FUNCTIONS = (
    r"(?:\bnot|n['’]t|no endpoints found that) support['`\" ]{1,3}(?:tools?|functions?)\b"
    rf"|\b(?:tools?|functions?)(?:[ _-](?:use|calls?|calling))?['`\"]{{0,2}}{_INPUT} {_NOT_TAKEN}"
    r"|tool choice requires|\btools param requires|\btools: extra inputs|不支持.{0,6}(?:工具|函数)"
)
# Sentences of Anthropic, and of Bedrock, about a form of thinking: kilocode#10729, docker-agent#3362, harness-sdk#1856.
_NOT_THIS_FORM = r"thinking\.type\.{form}\W{{0,3}}is not|input tag '{form}'|\b{form} thinking is not"
_ALWAYS_THINKS = "no:type=disabled"

# The first that changes the request counts.
TURNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (quirk, re.compile(pattern, re.IGNORECASE))
    for quirk, pattern in (
        (STAND_IN, r"missing a `?thought_?signature"),
        (UNSIGNED, _SIGNATURES),
        (WITH_REASONING, _THOUGHTS_MISSING),
        (TURN_BETWEEN, r"unexpected role ['`]?user['`]? after role ['`]?tool"),
        (INSTRUCTIONS_FIRST, _SYSTEM),
        (NO_IMAGES, _IMAGES),
        (NO_SOUNDS, _SOUNDS),
        (NO_FILES, _FILES),
        (NO_CODE, r"executable_?code|code_?execution_?result"),
        (NO_FUNCTIONS, _FUNCTIONS),
        (THINKS_ADAPTIVELY, _NOT_THIS_FORM.format(form="enabled")),
        (THINKS_WITH_BUDGET, _NOT_THIS_FORM.format(form="adaptive")),
        (_ALWAYS_THINKS, _NOT_THIS_FORM.format(form="disabled") + r"|thinking can(?:no|')t be (?:disabled|turned off)"),
        (NO_CITATIONS, rf"\bcitations?\b{_INPUT}.{{0,40}}(?:{_NOT_TAKEN}|not permitted|incompatible|cannot be)"),
        (NO_CACHE_MARKS, r"\bcache_control\b|\bprompt caching is not"),
    )
)


def other_role(quirks: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the new quirks and the old ones for a model that refuses the role of its instructions."""
    if DEVELOPER in quirks:
        return frozenset([INSTRUCTIONS_FIRST]), frozenset([DEVELOPER])
    return frozenset([DEVELOPER]), frozenset()
