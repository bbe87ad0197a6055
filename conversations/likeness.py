"""Names that look alike count as one name."""

import re
import unicodedata

_ALIKE = str.maketrans(
    {
        alike: letter
        for letter, others in {
            "a": "аαɑᴀ", "b": "вβьʙ", "c": "сϲᴄ", "d": "ԁժ", "e": "еεҽє", "f": "ғ", "g": "ɡցǥ", "h": "һнηհʜ",
            "i": "іιıɩɪ",
            "j": "јϳ", "k": "кκᴋ", "l": "ӏʟ", "m": "мμᴍ", "n": "ոпɴ", "o": "оοօσᴏ", "p": "рρᴘ", "q": "ԛգ", "r": "гʀ",
            "s": "ѕꜱ", "t": "тτᴛ", "u": "սυᴜ", "v": "ѵνᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уүγʏ", "z": "ζᴢ", "3": "зҙӡ",
            "-": "‐‒–—−", "'": "’‘ʼ`´",
        }.items()
        for alike in others
    }
)  # fmt: skip
"""Cyrillic, Greek, Armenian and odd Latin letters by the Latin one that they look like, capital or small.

Ours, and small: digits, and Latin letters that resemble each other (rn and m, I and l), stay different names.
"""
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that show nothing (Unicode: Default_Ignorable_Code_Point)."""


def skeleton(name: str) -> str:
    """Return what all names that look like this one have in common; empty for one that shows nothing."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(_IGNORABLE.sub("", folded).translate(_ALIKE).split())
