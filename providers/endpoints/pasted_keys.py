"""The key in a pasted text, without what people copy along with it: quotes, a header's name, a variable's name."""

import re

from providers.wires import registry

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_VARIABLE = re.compile(r"(?:export )?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN) ?= ?")
_QUOTES = ('""', "''", "``", "“”", "‘’")


def key_in(pasted: str) -> str:
    """Return the key, alone."""
    text = _unquoted(_INVISIBLE.sub("", pasted))
    text = _unquoted(_VARIABLE.sub("", text, count=1) if _VARIABLE.match(text) else text)
    for placement in registry.key_placements().values():
        if placement.header:
            text = _unquoted(_without(_without(text, f"{placement.header}:"), placement.prefix))
    return text


def _unquoted(text: str) -> str:
    """Return the text without blanks around it, and without one pair of quotes."""
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] + text[-1] in _QUOTES
    return text[1:-1].strip() if is_quoted else text


def _without(text: str, beginning: str) -> str:
    """Return the text without this beginning, however it is capitalised."""
    starts = text.lower().startswith(beginning.lower())
    return text[len(beginning) :].lstrip() if starts else text
