"""Names behind an “@” in what a person writes; static/js/helpers/addressed.js reads the first ones likewise."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

MAX_MENTIONS = 50
"""People who are mentioned by one message."""
MAX_SIGNS, MAX_CHARACTERS = 1_000, 200_000
"""Signs in one text that are looked at, and characters of its one form: some characters become eighteen."""
SIGNS = "@＠"
"""The sign, and how some Chinese keyboards write it."""
# A name ends where no letter or digit follows; Chinese and Japanese are written without blanks, Korean adds endings.
_OTHER = r"(?![぀-ヿ㐀-鿿豈-﫿가-힣])\w"
_END = re.compile(rf"(?!{_OTHER}|[.:/-]{_OTHER})")
_SIGN = re.compile(rf"(?<!{_OTHER})(?<!{_OTHER}[.+-])@")
_QUOTED = re.compile(
    r"(?P<ticks>`{3,})[\s\S]*?(?:(?P=ticks)|\Z)|^[ \t]*(?P<tildes>~{3,})[\s\S]*?(?:(?P=tildes)|\Z)"
    r"|``[^\n]*?``|`[^`\n]*`|^[ \t]*(?:(?:[*+-]|\d{1,9}[.)])[ \t]+)?>[^\n]*"
    r"|(?:(?<!\w)\w++://|www\.)[!-~]+|(?<![a-z0-9.-])[a-z0-9-]++(?:\.[a-z0-9-]++)++/[!-~]*",
    re.MULTILINE,
)
"""Code, quotes, and addresses of the web, in some of which a name stands behind an “@”."""
_ITEM = re.compile(r" {0,3}(?:[*+-]|\d{1,9}[.)])[ \t]")
_BLANKS = re.compile(r"[^\S\n]+")
_BETWEEN = re.compile(r"\A[\s,，、:：]+")
Key = TypeVar("Key")


def mentioned(text: str, names: Mapping[str, Key]) -> list[Key]:
    """Return the keys of the names behind an “@”, in their order, outside of quotes, code and addresses.

    Of two names that fit, the longer one counts. Names are compared without their case and width.
    """
    known = {_folded(name): key for name, key in names.items()}
    lengths = sorted({len(name) for name in known}, reverse=True)
    said = _QUOTED.sub(" ", "\n".join(_without_indented(_folded(text))))
    found: dict[Key, None] = {}
    for number, sign in enumerate(_SIGN.finditer(said)):
        if number == MAX_SIGNS or len(found) == MAX_MENTIONS:
            break
        start = sign.end()
        fitting = (said[start : start + size] for size in lengths)
        name = next((name for name in fitting if name in known and _ends(said, start, name)), None)
        if name is not None:
            found[known[name]] = None
    return list(found)


def after_names(text: str, names: Collection[str]) -> str:
    """Return a text without the names, each behind an “@”, that it begins with; all of it if nothing follows."""
    rest = text.lstrip()
    lengths = sorted({len(name) for name in names}, reverse=True)
    while rest[:1] and rest[0] in SIGNS:
        said = rest.lower()
        size = next((size for size in lengths if said[1 : 1 + size] in names and _END.match(said, 1 + size)), None)
        if size is None:
            break
        rest = _BETWEEN.sub("", rest[1 + size :], count=1)
    return rest or text


def _folded(text: str) -> str:
    """Return the text in one form of letters, blanks and apostrophes: keyboards differ in them."""
    return _BLANKS.sub(_one_blank, unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS].lower().replace("’", "'"))


def _one_blank(found: re.Match[str]) -> str:
    """Return one blank, but leave those alone by which a line is indented."""
    start = found.start()
    return found[0] if start == 0 or found.string[start - 1] == "\n" else " "


def _without_indented(text: str) -> Iterator[str]:
    """Yield the lines that are no code by four blanks before them; in a list these make a paragraph."""
    can_begin, is_in_list = True, False
    for line in text.split("\n"):
        is_indented = line.startswith(("    ", "\t"))
        if is_indented and can_begin and not is_in_list:
            yield ""
            continue
        can_begin = not line.strip()
        if not (is_indented or can_begin):
            is_in_list = _ITEM.match(line) is not None
        yield line


def _ends(said: str, start: int, name: str) -> bool:
    return _END.match(said, start + len(name)) is not None
