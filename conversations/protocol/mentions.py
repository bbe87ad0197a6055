"""Names behind an “@” in what a person writes; static/js/helpers/addressed.js reads the first ones likewise."""

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

MAX_MENTIONS = 50
"""People who are mentioned by one message."""
MAX_SIGNS = 1_000
"""Signs in one text that are looked at."""
# A name ends where no letter or digit follows; Chinese and Japanese are written without blanks.
_OTHER = r"(?![぀-ヿ㐀-鿿豈-﫿])\w"
_END = re.compile(rf"(?!{_OTHER}|[.:/-]{_OTHER})")
_SIGN = re.compile(r"(?<![A-Za-z0-9._+-])@")
_QUOTED = re.compile(r"```[\s\S]*?(?:```|\Z)|`[^`\n]*`|^[ \t]*>[^\n]*", re.MULTILINE)
_BETWEEN = re.compile(r"\A[\s,，、:：]+")
Key = TypeVar("Key")


def mentioned(text: str, names: Mapping[str, Key]) -> list[Key]:
    """Return the keys of the names behind an “@”, in their order, outside of quotes and code.

    Of two names that fit, the longer one counts. `names` are in lower case.
    """
    lengths = sorted({len(name) for name in names}, reverse=True)
    said = _QUOTED.sub(" ", text).lower()
    found: dict[Key, None] = {}
    for number, sign in enumerate(_SIGN.finditer(said)):
        if number == MAX_SIGNS or len(found) == MAX_MENTIONS:
            break
        start = sign.end()
        fitting = (said[start : start + size] for size in lengths)
        name = next((name for name in fitting if name in names and _ends(said, start, name)), None)
        if name is not None:
            found[names[name]] = None
    return list(found)


def after_names(text: str, names: Collection[str]) -> str:
    """Return a text without the names, each behind an “@”, that it begins with; all of it if nothing follows."""
    rest = text.lstrip()
    lengths = sorted({len(name) for name in names}, reverse=True)
    while rest.startswith("@"):
        said = rest.lower()
        size = next((size for size in lengths if said[1 : 1 + size] in names and _END.match(said, 1 + size)), None)
        if size is None:
            break
        rest = _BETWEEN.sub("", rest[1 + size :], count=1)
    return rest or text


def _ends(said: str, start: int, name: str) -> bool:
    return _END.match(said, start + len(name)) is not None
