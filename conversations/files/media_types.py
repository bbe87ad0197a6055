"""The media type of a file, told from its bytes alone."""

import codecs

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain")
_SAMPLE = 2**16
"""Bytes that are enough to tell another encoding."""
_OTHER_ENCODINGS = ("gb18030", "big5", "shift_jis", "euc_kr")
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "application/pdf": ".pdf"}


def media_type_of(content: bytes) -> str | None:
    """Return one of MEDIA_TYPES, or None for any other content."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return "text/plain" if _is_text(content) else None


def is_text_elsewhere(content: bytes) -> bool:
    """Return whether the content is a text in another encoding than UTF-8: UTF-16, GBK or another one of East Asia."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else _OTHER_ENCODINGS
    return any(_begins_with_text(content[:_SAMPLE], encoding) for encoding in encodings)


def _begins_with_text(sample: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return bool(text) and not _holds_controls(text)


def _holds_controls(text: str) -> bool:
    return any(ord(character) < 32 and character not in "\t\n\r\f" for character in text)


def ending_of(media_type: str) -> str:
    return _ENDINGS.get(media_type, ".txt")


def _is_text(content: bytes) -> bool:
    """Return whether the content is UTF-8 without control characters except tabs and line ends."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not _holds_controls(text)
