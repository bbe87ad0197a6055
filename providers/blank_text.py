"""Texts of which nothing can be seen."""

import re
import unicodedata

INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffc\U0001d159\U000e0000-\U000e0fff]"
)
"""Invisible characters besides those of category Cf: the rest of Unicode's Default_Ignorable_Code_Point.

These have no use in a name. A few others that are printed as an empty space are among them.
"""
_EMPTY = {"Cc", "Cf", "Zs", "Zl", "Zp"}
"""Categories of characters that show nothing: controls, formats, blanks and line ends."""


def is_blank(text: str) -> bool:
    """Return whether nothing of this text can be seen."""
    return all(unicodedata.category(letter) in _EMPTY or INVISIBLE.match(letter) for letter in text)
