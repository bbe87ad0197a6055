"""The letters by which a name is found: first letters of Chinese syllables, and all Latin ones."""

from bisect import bisect

_LETTERS = "abcdefghjklmnopqrstwxyz"
_FIRST = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
"""The first ideograph of each letter in the order of GB 2312.

Source: GB 2312-80, whose 3,755 common ideographs are ordered by pinyin; bytes D7 F9 are the last one's.
"""
_BOUNDS = [first.encode("gb2312") for first in _FIRST]
_LAST = b"\xd7\xf9"


def initials(name: str) -> str:
    """Return the letters of a name, lower case: "SQL 优化" becomes "sqlyh".

    Each ideograph counts with its most usual reading; rare and traditional ones have no letter.
    """
    return "".join(_letter(character) for character in name)


def _letter(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return ""
    return _LETTERS[bisect(_BOUNDS, code) - 1] if _BOUNDS[0] <= code <= _LAST else ""
