"""The width and height of a picture, read from its first bytes: a bomb is known before anything is decoded.

Source: the specifications of PNG (IHDR), JPEG (SOF), and the WebP container (VP8, VP8L, VP8X).
"""

import struct

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of JPEG that give the size."""
_MAX_MARKERS = 2_000
"""Markers of JPEG before the size; profiles and remarks of cameras take hundreds."""


def size_of(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, or None where no size can be read."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
            return struct.unpack(">II", content[16:24])
        if content.startswith(b"\xff\xd8"):
            return _of_jpeg(content)
        return _of_webp(content) if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
    except (struct.error, IndexError):
        return None


def _of_jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(_MAX_MARKERS):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        is_alone = marker == 0xFF or 0xD0 <= marker <= 0xD9 or marker == 0x01
        at += (1 if marker == 0xFF else 2) if is_alone else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def _of_webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
