"""The choice of turns and parts that a vendor is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from providers.types import Part, Prompt, Role, Turn

# Quirks of what a deployment takes in a conversation, in the spelling of `Address.quirks`.
INSTRUCTIONS_FIRST = "no:system"
"""It takes instructions neither from a system nor from a developer: they stand before the first question."""
NO_IMAGES, NO_FILES, NO_SOUNDS, NO_CODE = "no:image", "no:file", "no:sound", "no:code"
"""It takes no pictures, no files, no recordings, no code that it did not run: they are told in words."""
UNSIGNED = "unsigned"
"""It refuses a signature: for this question, parts go back without any."""
STAND_IN = "stand-in"
"""It wants signatures where there are none: parts of others carry the vendor's documented stand-in."""
WITH_REASONING = "reasoning_content"
"""It wants the thoughts that led to a call back with it."""
TURN_BETWEEN = "turn-between"
"""It takes no question right behind the results of calls: a turn of the model stands between them."""
NO_CITATIONS, NO_CACHE_MARKS = "no:citations", "no:cache_control"
"""It does not cite files; it knows no marks up to which a conversation is kept in a cache."""
THINKS_ADAPTIVELY, THINKS_WITH_BUDGET = "thinking:adaptive", "thinking:budget"
"""It thinks as much as it likes, and takes no budget; or the other way round."""
NO_FUNCTIONS = "no:functions"
"""It takes no functions of ours that it may call."""
_KINDS = {NO_IMAGES: ("image",), NO_FILES: ("file",), NO_SOUNDS: ("sound",), NO_CODE: ("code", "code_result")}
_KINDS_OF_FILES = {NO_IMAGES: "image", NO_FILES: "file", NO_SOUNDS: "sound"}


def adapted(prompt: Prompt, quirks: frozenset[str]) -> Prompt:
    """Return the prompt as a deployment with these quirks takes it: instructions in place, refused parts in words.

    A deployment that takes no functions is not told of any.
    """
    if NO_FUNCTIONS in quirks and prompt.parameters.get("functions"):
        others = {name: value for name, value in prompt.parameters.items() if name not in ("functions", "tool_choice")}
        prompt = replace(prompt, parameters=others)
    refused = frozenset(kind for quirk in quirks & _KINDS.keys() for kind in _KINDS[quirk])
    if refused:
        prompt = replace(prompt, turns=tuple(Turn(role, _told(parts, refused)) for role, parts in prompt.turns))
    if INSTRUCTIONS_FIRST in quirks and prompt.system:
        prompt = replace(prompt, turns=_with_instructions(prompt), system="")
    return prompt


def refused_kinds(prompt: Prompt, quirks: frozenset[str]) -> Iterator[str]:
    """Yield the kinds of files in this prompt of which its deployment is told only the name."""
    refused = frozenset(kind for quirk, kind in _KINDS_OF_FILES.items() if quirk in quirks)
    parts = [part for turn in prompt.turns for part in turn.parts if not part.detail.get("words")] if refused else []
    told = {part.kind for part in parts if _is_told(part, refused)}
    yield from (kind for kind in ("image", "file") if kind in told)


def is_sound(part: Part) -> bool:
    """Return whether the part is a recording, which is a file of a kind that few models take."""
    return part.kind == "file" and str(part.detail.get("media_type", "")).startswith("audio/")


def in_words(part: Part) -> Part:
    """Return the text that replaces a file, or code, for a model that does not take it."""
    if part.kind in ("code", "code_result"):
        return Part("text", f"```{part.detail.get('language', '')}\n{part.text}\n```")
    if part.detail.get("words"):
        return Part("text", part.detail["words"])
    return Part("text", f"[{part.kind}: {part.detail.get('name') or part.detail.get('media_type') or 'unnamed'}]")


def accepted_turns(turns: Iterable[Turn], is_sent: Callable[[Role, Part], bool]) -> list[Turn]:
    """Return the turns with the parts that `is_sent` accepts; neighbouring turns of one side become one.

    Turns without such parts are left out. Vendors refuse empty parts, and some chat templates refuse turns that do not
    alternate; both occur when a reply failed.
    """
    kept: list[Turn] = []
    for turn in turns:
        role, said = turn
        if len(said) == 1 and (not kept or kept[-1].role != role) and is_sent(role, said[0]):  # as nearly all are
            kept.append(turn)
            continue
        parts = [part for part in said if is_sent(role, part)]
        if parts and kept and kept[-1].role == turn.role:
            kept[-1] = Turn(turn.role, (*kept[-1].parts, *parts))
        elif parts:
            kept.append(turn if len(parts) == len(turn.parts) else Turn(turn.role, tuple(parts)))
    return kept


def _told(parts: tuple[Part, ...], refused: frozenset[str]) -> tuple[Part, ...]:
    return tuple(in_words(part) if _is_told(part, refused) else part for part in parts)


def _is_told(part: Part, refused: frozenset[str]) -> bool:
    """Return whether a part is of a refused kind; a text file is plain text, which every model takes."""
    is_text = part.kind == "file" and str(part.detail.get("media_type", "")).startswith("text/")
    return ("sound" if is_sound(part) else part.kind) in refused and not is_text


def _with_instructions(prompt: Prompt) -> tuple[Turn, ...]:
    """Return the turns with the instructions before the first question, where they stay from turn to turn."""
    first = Part("text", prompt.system)
    if prompt.turns and prompt.turns[0].role == "user":
        return (Turn("user", (first, *prompt.turns[0].parts)), *prompt.turns[1:])
    return (Turn("user", (first,)), *prompt.turns)
