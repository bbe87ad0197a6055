"""Prompts within a model's context window. The oldest replies are left out; people's words never are.

Many are left out at once, the same ones for many turns: so vendors' caches of the beginning hold.
"""

from dataclasses import replace

from conversations.generation.prompts import merged
from conversations.usage.estimates import part_tokens, prompt_tokens
from providers.types import Part, Prompt, Turn

FULL, FOLDED = 0.8, 0.5
"""Share of the window at which replies are left out, and what a prompt then keeps of it."""
LEAST = 0.25
"""Share of the window that is the prompt's, however long a reply may be."""
NOTE = "[My earlier replies are left out here: the conversation is longer than my context window.]"


def most_for(prompt: Prompt, window: int | None, share: float = FULL) -> float | None:
    """Return how many tokens of a context window this prompt may take, if it takes more; None if it fits."""
    if window is None or _is_surely_short(prompt, window):
        return None
    most = max(LEAST * window, min(share * window, window - (prompt.parameters.get("max_tokens") or 0)))
    return most if prompt_tokens(prompt) > most else None


def fitted(prompt: Prompt, window: int | None, share: float = FULL) -> tuple[Prompt, int]:
    """Return the prompt for a context window of so many tokens, and the number of replies that it lacks."""
    most = most_for(prompt, window, share)
    if most is None:
        return prompt, 0
    first = _first_kept(prompt, most)
    count = sum(turn.role == "assistant" for turn in prompt.turns[:first])
    if not count:
        return prompt, 0
    asked = [turn for turn in prompt.turns[:first] if turn.role != "assistant"]
    folded = (*asked, Turn("assistant", (Part("text", NOTE),)), *prompt.turns[first:])
    return replace(prompt, turns=tuple(merged(folded))), count


def _is_surely_short(prompt: Prompt, window: int) -> bool:
    """Return whether the prompt fits even if each character were a token; it spares counting the usual prompts."""
    parts = [part for turn in prompt.turns for part in turn.parts]
    if any(part.kind != "text" for part in parts):
        return False
    characters = len(prompt.system) + sum(len(part.text) for part in parts)
    return characters + (prompt.parameters.get("max_tokens") or 0) <= LEAST * window


def _first_kept(prompt: Prompt, most: float) -> int:
    """Return the index of the first turn from which on replies are kept.

    It goes through the conversation as it grew. So a longer one has the same answer until it is full again.
    """
    turns, first = prompt.turns, 0
    sizes = [sum(map(part_tokens, turn.parts)) for turn in turns]
    size = prompt_tokens(replace(prompt, turns=()))
    for number, turn in enumerate(turns):
        size += sizes[number]
        if size <= most or turn.role == "assistant":
            continue
        while size > most * FOLDED / FULL and first < number:
            size -= sizes[first] if turns[first].role == "assistant" else 0
            first += 1
    return first
