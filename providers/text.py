"""The cleaning of a vendor's text on its way to people: foreign charsets, broken characters and echoed keys.

All of it works on text that arrives in pieces. An end that may still become something is held back until the next
piece.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from urllib.parse import quote

from providers.errors import beginning
from providers.key_spellings import without_spellings

MASKED_FROM = 8
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters besides white space, and marks that turn the direction of writing."""
_HIDDEN = "••••"
_ASCII, _LONG_CHARACTER = 0x7F, 0xE0
_TELLING_BYTES = 4
_CHINESE = re.compile(r"charset\s*=\s*[\"']?(?:gb18030|gbk|gb2312|cp936|x-gbk)\b", re.IGNORECASE)


def to_utf8(content_type: str) -> Callable[[bytes], bytes]:
    """Return a function that makes UTF-8 of a body's chunks, which may be cut within a character.

    Only the Chinese charsets count: the others are named by servers that send UTF-8 all the same.
    """
    return _ChineseBody().feed if _CHINESE.search(content_type) else bytes


class _ChineseBody:
    """A body that is said to be in a Chinese charset. Some are UTF-8; the first other bytes than ASCII's tell."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("gb18030")("replace")
        self._is_utf8: bool | None = None
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return the chunk as UTF-8. The first characters wait until four bytes tell the charset."""
        if self._is_utf8:
            return chunk
        if self._is_utf8 is None:
            chunk, self._held = self._held + chunk, b""
            start = next((at for at, byte in enumerate(chunk) if byte > _ASCII), len(chunk))
            if 0 < len(chunk) - start < _TELLING_BYTES:
                chunk, self._held = chunk[:start], chunk[start:]
            elif start < len(chunk):
                self._is_utf8 = _is_utf8(chunk[start:])
                return self.feed(chunk)
        return self._decoder.decode(chunk).encode("utf-8", "replace")


def _is_utf8(text: bytes) -> bool:
    """Return whether this is UTF-8, perhaps cut at its end, and begins with a character as long as Chinese ones.

    Texts in GB18030 nearly never are.
    """
    if text[0] < _LONG_CHARACTER:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)
    except UnicodeDecodeError:
        return False
    return True


class Characters:
    """The repair of characters: surrogate halves are joined across pieces; single ones, and NUL, become U+FFFD.

    Gateways that slice by UTF-16 unit send an emoji as two events; neither half can be encoded.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return `text` repaired. A high half at its end waits for its low half."""
        text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        if not _BROKEN.search(text):
            return text
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined.replace("\x00", "\ufffd")

    def flush(self) -> str:
        """Return U+FFFD for a half that stayed single, else ""."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


class KeyMask:
    """The replacement of an echoed key, even if it arrives in pieces.

    Keys under 8 characters are too common to look for.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret if len(secret) >= MASKED_FROM else ""
        self._secrets = tuple({secret, quote(secret, safe="")}) if self._secret else ()
        self._shown = _HIDDEN + secret[-4:]
        self._told = ""
        self._held = ""

    def fresh(self) -> KeyMask:
        """Return a mask for the same key that holds nothing back yet."""
        return KeyMask(self._secret)

    def feed(self, text: str) -> str:
        """Return `text` masked. An end that may be the beginning of the key is held back."""
        if not self._secrets:
            return text
        if self._told:
            return self._continued(text)
        text = self.whole(self._held + text)
        kept = max([overlap(text, secret) for secret in self._secrets])
        if not kept:
            self._held = ""
            return text
        self._held = text[-kept:]
        return text[:-kept]

    def flush(self) -> str:
        """Return the text held back, before a part or at the end. Later text is masked together with it.

        The larger beginning of a key is as secret as all of it, so it is masked.
        """
        self._told, held, self._held = self._told + self._held, self._held, ""
        if not held or len(self._told) <= min(MASKED_FROM, *(len(secret) - 5 for secret in self._secrets)):
            return held
        return _HIDDEN

    def whole(self, text: str) -> str:
        """Return `text` masked, for text that comes in one piece."""
        for secret in self._secrets:
            text = text.replace(secret, self._shown)
        return text

    def spelled(self, text: str) -> str:
        """Return `text` without the key, or a beginning of it, in any common encoding.

        Other characters may stand between its own.
        """
        return without_spellings(text, self._secret, self._shown, _HIDDEN) if self._secret else text

    def _continued(self, text: str) -> str:
        """Return `text` masked when a possible beginning of the key has been shown before a part."""
        told, text = len(self._told), self._told + self._held + text
        ends = [len(secret) + at for secret in self._secrets if 0 <= (at := text.find(secret)) < told]
        start = len(text) - max(overlap(text, secret) for secret in self._secrets)
        self._told, self._held = "", ""
        if ends:
            return _HIDDEN + self.feed(text[max(ends) :])
        if start < told:
            self._told, self._held = text[start:told], text[told:]
            return ""
        return self.feed(text[told:])


def overlap(text: str, wanted: str) -> int:
    """Return the length of the longest end of `text` that is a beginning of `wanted`, but not all of it."""
    tail = text[max(0, len(text) - len(wanted) + 1) :]
    start = tail.find(wanted[0])
    while start >= 0 and not wanted.startswith(tail[start:]):
        start = tail.find(wanted[0], start + 1)
    return len(tail) - start if start >= 0 else 0


def repaired(text: str) -> str:
    """Return `text` that came in one piece, with U+FFFD for single surrogates and NUL."""
    characters = Characters()
    return characters.feed(text) + characters.flush()


def without_key(quote: str, mask: KeyMask) -> str:
    """Return the beginning of `quote`, as it may be stored: masked first, because half a key would not be found."""
    # An end that may be half a key is masked too, because the body around it may have been cut.
    whole, shown = mask.fresh(), _CONTROLS.sub("", repaired(quote))
    return mask.spelled(beginning(whole.feed(shown) + whole.flush()))
