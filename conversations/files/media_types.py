"""The media type of a file, told from its bytes alone."""

import re

from conversations.files.sounds import MP3, WAV, sound_type_of
from conversations.models.file import PDF, PLAIN_TEXT

_ENDINGS = {
    "application/octet-stream": "",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    PDF: ".pdf",
    WAV: ".wav",
    MP3: ".mp3",
}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
"""Control characters but tabs and ends of lines and pages."""


def media_type_of(content: bytes) -> str | None:
    """Return the type of a picture, PDF, sound or text in UTF-8, or None for any other content."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return PDF
    return PLAIN_TEXT if _is_text(content) else sound_type_of(content)


def ending_of(media_type: str) -> str:
    return _ENDINGS.get(media_type, ".txt")


def _is_text(content: bytes) -> bool:
    """Return whether the content is UTF-8 without control characters except tabs and line ends."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not _CONTROLS.search(text)
