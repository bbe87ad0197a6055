"""The fields of an assistant as people and programs send them, checked."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from conversations.errors import Refused
from conversations.models.assistants.assistant import MAX_NAME_LENGTH, MAX_SYMBOL_LENGTH
from conversations.protocol.parameters import validate
from conversations.text import MAX_TEXT_LENGTH, clean, lines_of, one_line, title
from providers.blank_text import is_blank

MAX_MODELS, MAX_STARTERS, MAX_STARTER_LENGTH = 3, 3, 500
_JOINER = "\u200d"


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields among `given` that an assistant has; refuses what does not fit. Models are not looked up."""
    return {name: check(given[name]) for name, check in _CHECKS.items() if name in given}


def _instructions(given: object) -> str:
    text = lines_of(clean(given, "instructions"))
    if len(text) > MAX_TEXT_LENGTH:
        raise Refused("too_long", f"Instructions may have {MAX_TEXT_LENGTH:,} characters.", "instructions")
    return "" if is_blank(text) else text


def checked_symbol(given: object) -> str:
    text = unicodedata.normalize("NFC", one_line(given, "symbol", MAX_SYMBOL_LENGTH))
    if is_blank(text):
        return ""
    if not _is_one_sign(text):
        raise Refused("bad_field", "“symbol” is one letter or one emoji.", "symbol")
    return text


def _is_one_sign(text: str) -> bool:
    """Return whether a text is seen as one sign: emoji are joined of several characters, flags of two letters."""
    seen = [
        character
        for before, character in zip(f" {text}", text, strict=False)
        if before != _JOINER and not _adds(character)
    ]
    return len(seen) == 1 or (len(seen) == 2 and all("🇦" <= character <= "🇿" for character in seen))


def _adds(character: str) -> bool:
    """Return whether a character changes the look of the one before it: marks, joiners, tags, tones of skin."""
    return unicodedata.category(character) in ("Mn", "Me", "Mc", "Cf") or "🏻" <= character <= "🏿"


def _starters(given: object) -> list[str]:
    if not isinstance(given, list) or len(given) > MAX_STARTERS:
        raise Refused("bad_field", f"“starters” is a list of at most {MAX_STARTERS} texts.", "starters")
    lines = [one_line(one, "starters", MAX_STARTER_LENGTH) for one in given]
    return [line for line in lines if not is_blank(line)]


_CHECKS = {
    "name": lambda given: title(given, "name", MAX_NAME_LENGTH),
    "symbol": checked_symbol,
    "instructions": _instructions,
    "starters": _starters,
    "parameters": validate,
}
