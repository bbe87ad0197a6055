"""Characters that no page can show."""

import re

_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")


def showable(text: str) -> str:
    """Return the text with U+FFFD for NUL and lone surrogates, which HTML and UTF-8 do not have."""
    return _UNSHOWABLE.sub("\ufffd", text)
