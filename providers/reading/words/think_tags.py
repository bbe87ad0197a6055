"""Thoughts that a model writes into its answer, between tags.

Source: Open WebUI's list of reasoning tags, the reasoning parsers of vLLM and SGLang, and the cards of the models:
DeepSeek R1 and Qwen (`<think>`), EXAONE (`<thought>`), Seed-OSS, Magistral (`[THINK]`), Kimi-VL, MiniMax M3, LongCat,
K2 Horizon, Command A, Sky-T1. The channels of gpt-oss and Gemma 4 are tags, too.
"""

from __future__ import annotations

import re

from providers.text import overlap

MAX_BLANKS = 1000
"""White space held back while a tag may still come: a flood of it would be read again and again."""
_MESSAGE_END = "<|end|>"
"""The closing tag of a thought of gpt-oss. Other models leave this tag at the end of their answers."""
TAGS = {
    **{f"<{name}>": f"</{name}>" for name in (
        "think", "thinking", "thought", "reason", "reasoning", "seed:think", "mm:think", "longcat_think", "ifm|think",
    )},
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
    "<|channel|>analysis<|message|>": _MESSAGE_END,
}  # fmt: skip
"""The closing tag of each opening tag, without regard to case."""

_FINAL = ("<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>")
"""The opening tags of an answer of gpt-oss: behind a thought, and without one."""
_CLOSING = re.compile("|".join(re.escape(tag) for tag in TAGS.values() if tag != _MESSAGE_END), re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_QUOTED_BEFORE, _QUOTED_AFTER = " \t`\"'“‘「(", "`\"'”’」"


class ThinkTags:
    """The separation of thought from answer for models that write their thoughts into their answer, between tags.

    Only a tag that opens the reply, after a little white space, counts. Later on the model writes about the tag: in a
    code block, in an answer to a question about tags. A closing tag at the very beginning closes nothing and is left
    out. Where it comes later without an opening one, its words have been shown: see `unopened_thought`.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"
        self._closing = ""

    @property
    def is_past(self) -> bool:
        """Return whether all that comes now is answer."""
        return self._state == "after"

    def feed(self, text: str) -> list[tuple[str, bool]]:
        """Return `text` in pieces, each with True if it is a thought."""
        if self._state == "after":
            return [(text, False)]
        self._held += text
        pieces = []
        if self._state == "before":
            pieces += self._open()
        if self._state == "inside":
            pieces += self._close()
        elif self._state == "between":
            pieces += self._begin_answer()
        return [piece for piece in pieces if piece[0]]

    def flush(self) -> list[tuple[str, bool]]:
        """Return the text held back when the reply ended, with True if it is a thought."""
        held, self._held = self._held, ""
        return [(held, self._state == "inside")] if held else []

    def _open(self) -> list[tuple[str, bool]]:
        start = self._held.lstrip()
        blank = self._held[: len(self._held) - len(start)]
        if len(blank) > MAX_BLANKS:
            return self._answer()
        beginning = start[:_LONGEST].lower()
        for opening, closing in TAGS.items():
            if beginning.startswith(opening):
                self._state, self._closing, self._held = "inside", closing, start[len(opening) :]
                return [(blank, False)]
            if beginning.startswith(closing):
                self._held = start[len(closing) :]
                return self._answer()
        if beginning.startswith(_FINAL):
            self._held = start
            return self._begin_answer()
        if any(tag.startswith(beginning) for tag in _ALL):
            return []
        return self._answer()

    def _close(self) -> list[tuple[str, bool]]:
        at = self._held.lower().find(self._closing)
        if at >= 0:
            thought, self._held = self._held[:at], self._held[at + len(self._closing) :]
            self._state = "between"
            return [(thought, True), *self._begin_answer()]
        kept = overlap(self._held.lower(), self._closing)
        thought, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return [(thought, True)]

    def _begin_answer(self) -> list[tuple[str, bool]]:
        """Return the answer behind a thought, without the tag with which gpt-oss opens it."""
        beginning = self._held[:_LONGEST].lower()
        opening = next((tag for tag in _FINAL if beginning.startswith(tag)), "")
        if self._closing == _MESSAGE_END and not opening and any(tag.startswith(beginning) for tag in _FINAL):
            return []
        self._held = self._held[len(opening) :]
        return self._answer()

    def _answer(self) -> list[tuple[str, bool]]:
        text, self._state, self._held = self._held, "after", ""
        return [(text, False)]


def unopened_thought(text: str) -> tuple[str, str] | None:
    """Return thought and answer of a whole text in which a thought ends that no tag has opened; else None.

    Chat templates put the opening tag into the prompt. The first closing tag counts, but not one that is written about.
    Such a tag stands in a code block, in quotes or behind a blank. Or the text before it names an opening one.
    """
    closing = _CLOSING.search(text)
    if closing is None:
        return None
    thought, answer = text[: closing.start()], text[closing.end() :]
    lower = thought.lower()
    is_named = any(opening in lower for opening in TAGS)
    is_quoted = thought[-1:] in tuple(_QUOTED_BEFORE) or answer[:1] in tuple(_QUOTED_AFTER)
    if not thought.strip() or is_named or is_quoted or len(_FENCE.findall(thought)) % 2:
        return None
    return thought, answer


_ALL = (*TAGS, *TAGS.values(), *_FINAL)
_LONGEST = max(map(len, _ALL))
