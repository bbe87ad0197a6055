"""The words of a prompt as people and programs send them, checked: its name, its text and its variables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.errors import Refused
from conversations.models.prompts.prompt import MAX_NAME_LENGTH, MAX_PROMPT_LENGTH
from conversations.text import clean, one_line, title
from providers.blank_text import is_blank

TYPES = ("text", "paragraph", "number", "date", "choice")
"""Types of variables: a line, several lines, a number, a day, or one of some choices."""
MAX_VARIABLES, MAX_CHOICES = 20, 50
MAX_VARIABLE_NAME, MAX_DEFAULT, MAX_CHOICE = 60, 2_000, 200
"""Characters of a variable's name, of its default, and of a choice."""
_VARIABLE = re.compile(r"\{\{[^\S\n]*([^{}|:\s](?:[^{}|:\n]{0,58}[^{}|:\s])?)[^\S\n]*\}\}")


@dataclass(frozen=True, slots=True)
class PromptWords:
    """A prompt's name, text and variables; `checked` alone makes them."""

    name: str
    text: str
    variables: list[dict[str, Any]] = field(default_factory=list)

    def stored(self) -> dict[str, Any]:
        return {"name": self.name, "text": self.text, "variables": self.variables}


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a new prompt: the person's own, a team's, a project's, or the site's."""

    kind: str = "own"
    team: UUID | None = None
    project: UUID | None = None


def variable_names(text: str) -> list[str]:
    """Return the names that stand in double braces, in the order of the text.

    One with characters that no name may have is none: a form could not fill it in.
    """
    names = dict.fromkeys(found[1] for found in _VARIABLE.finditer(text))
    return [name for name in names if one_line(name, "variables", MAX_VARIABLE_NAME) == name]


def checked(name: object, text: object, variables: Sequence[Any] = ()) -> PromptWords:
    """Return a prompt's words; refuses what is too long, blank, or no variable.

    Variables that the text does not have are left out; one that nobody described takes a line of text.
    """
    named = title(name, "name", MAX_NAME_LENGTH)
    said = clean(text, "text").replace("\r\n", "\n")
    if is_blank(said):
        raise Refused("bad_text", "A prompt needs some text.", "text")
    if len(said) > MAX_PROMPT_LENGTH:
        raise Refused("too_long", f"A prompt may have {MAX_PROMPT_LENGTH:,} characters; it has {len(said):,}.", "text")
    names = variable_names(said)
    if len(names) > MAX_VARIABLES or len(variables) > 10 * MAX_VARIABLES:
        raise Refused("too_long", f"A prompt may have {MAX_VARIABLES} variables; it has {len(names)}.", "variables")
    described = {one["name"]: one for one in map(_variable, variables)}
    return PromptWords(named, said, [described.get(one) or _variable({"name": one}) for one in names])


def _variable(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Refused("bad_field", "A variable is an object.", "variables")
    kind, choices = given.get("type") or "text", given.get("choices") or []
    if kind not in TYPES:
        raise Refused("bad_field", f"A variable's type is one of {', '.join(TYPES)}.", "variables")
    if not isinstance(choices, list) or len(choices) > MAX_CHOICES:
        raise Refused("bad_field", f"A variable has a list of at most {MAX_CHOICES} choices.", "variables")
    lines = (one_line(choice, "choices", MAX_CHOICE) for choice in choices)
    offered = list(dict.fromkeys(line for line in lines if not is_blank(line))) if kind == "choice" else []
    return {
        "name": one_line(given.get("name"), "variables", MAX_VARIABLE_NAME),
        "type": kind if kind != "choice" or offered else "text",
        "default": _default(given.get("default"), kind),
        "choices": offered,
    }


def _default(given: object, kind: str) -> str:
    text = clean("" if given is None else given, "default")
    if kind != "paragraph":
        return one_line(text, "default", MAX_DEFAULT)
    if len(text) > MAX_DEFAULT:
        raise Refused("too_long", f"A default may have {MAX_DEFAULT:,} characters.", "default")
    return text
