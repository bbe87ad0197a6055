"""The words of a prompt as people and programs send them, checked: its name, its text and its variables."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from conversations.errors import Refused
from conversations.models.prompts.prompt import MAX_NAME_LENGTH, MAX_PROMPT_LENGTH
from conversations.text import clean, lines_of, one_line, title
from providers.blank_text import is_blank

TYPES = ("text", "paragraph", "number", "date", "choice")
"""Types of variables: a line, several lines, a number, a day, or one of some choices."""
_FILLED_IN = {
    "number": re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""Defaults that a browser's field of this type takes."""
MAX_VARIABLES, MAX_CHOICES = 20, 50
MAX_VARIABLE_NAME, MAX_DEFAULT, MAX_CHOICE = 60, 2_000, 200
"""Characters of a variable's name, of its default, and of a choice."""
_BLANK = "\t\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""The blanks of a browser, so that its form fills in the very variables that are found here."""
_EDGE = rf"[^{{}}|:\n{_BLANK}]"
_VARIABLE = re.compile(rf"\{{\{{[{_BLANK}]*({_EDGE}(?:[^{{}}|:\n]{{0,58}}{_EDGE})?)[{_BLANK}]*\}}\}}")


@dataclass(frozen=True, slots=True)
class PromptWords:
    """A prompt's name, text and variables; `checked` alone makes them."""

    name: str
    text: str
    variables: list[dict[str, Any]] = field(default_factory=list)

    def stored(self) -> dict[str, Any]:
        return {"name": self.name, "text": self.text, "variables": self.variables}

    @property
    def size(self) -> int:
        """Return the characters of its text, and of the names, defaults and choices of its variables."""
        told = ([one["name"], one["default"], *one["choices"]] for one in self.variables)
        return len(self.text) + sum(map(len, chain.from_iterable(told)))


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


def fits(default: str, kind: object) -> bool:
    """Return whether a field of this type shows a default; browsers show no number in one that is none."""
    return not default or kind not in _FILLED_IN or bool(_FILLED_IN[str(kind)].fullmatch(default))


def checked(name: object, text: object, variables: Sequence[Any] = ()) -> PromptWords:
    """Return a prompt's words; refuses what is too long, blank, or no variable.

    Variables that the text does not have are left out; one that nobody described takes a line of text.
    """
    named = title(name, "name", MAX_NAME_LENGTH)
    said = lines_of(clean(text, "text"))
    if is_blank(said):
        raise Refused("bad_text", "A prompt needs some text.", "text")
    if len(said) > MAX_PROMPT_LENGTH:
        raise Refused("too_long", f"A prompt may have {MAX_PROMPT_LENGTH:,} characters; it has {len(said):,}.", "text")
    names = variable_names(said)
    if len(names) > MAX_VARIABLES or len(variables) > 10 * MAX_VARIABLES:
        raise Refused("too_long", f"A prompt may have {MAX_VARIABLES} variables; it has {len(names)}.", "variables")
    described = {one["name"]: one for one in map(_variable, variables)}
    words = PromptWords(named, said, [described.get(one) or _variable({"name": one}) for one in names])
    if words.size > len(said) + MAX_PROMPT_LENGTH:
        most = f"{MAX_PROMPT_LENGTH:,}"
        raise Refused("too_long", f"Variables may have {most} characters, with defaults and choices.", "choices")
    return words


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
    text = lines_of(clean("" if given is None else given, "default"))
    if kind != "paragraph":
        line = one_line(text, "default", MAX_DEFAULT)
        if not fits(line, kind):
            raise Refused(
                "bad_field", "A default fits its type: a number such as 3.5, a day such as 2026-12-31.", "default"
            )
        return line
    if len(text) > MAX_DEFAULT:
        raise Refused("too_long", f"A default may have {MAX_DEFAULT:,} characters.", "default")
    return text
