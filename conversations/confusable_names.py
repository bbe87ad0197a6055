"""Comparison of names by their looks: names that look alike count as one."""

import re
import unicodedata

from providers.blank_text import INVISIBLE

_ALIKE = str.maketrans(
    {
        alike: letter
        for letter, others in {
            "a": "аαɑᴀ", "b": "вβьʙ", "c": "сϲᴄ", "d": "ԁժᴅ", "e": "еεҽєᴇ", "f": "ғꜰ", "g": "ɡցǥɢ", "h": "һнηհʜ",
            "i": "іιıɩɪ",
            "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟ", "m": "мμᴍ", "n": "ոпɴ", "o": "оοօσᴏ", "p": "рρᴘ", "q": "ԛգ", "r": "гʀ",
            "s": "ѕꜱ", "t": "тτᴛ", "u": "սυᴜ", "v": "ѵνᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уүγʏ", "z": "ζᴢ", "3": "зҙӡ",
            "-": "‐‒–—−", "'": "’‘ʼ`´",
        }.items()
        for alike in others
    }
)  # fmt: skip
"""Cyrillic, Greek, Armenian and odd Latin letters by the Latin one that they look like, capital or small.

Our own small table: digits, and Latin letters that resemble each other (rn and m, I and l), stay different.
"""
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
"""Marks above and below letters; NFKC composes them with letters that exist, others are hardly visible."""


def skeleton(name: str) -> str:
    """Return the common form of all names that look like this one; empty if nothing of it is visible."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shown = "".join(letter for letter in INVISIBLE.sub("", folded) if unicodedata.category(letter) != "Cf")
    composed = unicodedata.normalize("NFKC", shown)  # again: an invisible character may have split letter and mark
    return " ".join(_MARKS.sub("", composed).translate(_ALIKE).split())
