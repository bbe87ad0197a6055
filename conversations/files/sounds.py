"""Sounds among the files: their type and length, told from their bytes before anything is paid.

Source: the specifications of WAV (RIFF chunks), MPEG audio (ISO 11172-3 and 13818-3, layer III) and ID3v2.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

WAV, MP3 = "audio/wav", "audio/mpeg"
_RATES, _CHANNELS, _WIDTHS = range(8_000, 192_001), range(1, 9), range(1, 5)
_PCM, _EXTENSIBLE = 1, 0xFFFE
_MAX_FRAMES = 20_000
"""Frames of MP3 that are looked at; the rest is taken to be as long as these."""
_KILOBITS = {
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_3 = 1


class Format(NamedTuple):
    """The format of the samples behind a header."""

    tag: int
    channels: int
    rate: int
    width: int
    """Bytes of a sample."""


class _Frame(NamedTuple):
    """A frame of MP3: its bytes, and how long it sounds: seconds."""

    size: int
    seconds: float


def sound_type_of(content: bytes) -> str | None:
    """Return the type of a sound that models hear, or None for any other content."""
    if content[:4] == b"RIFF":
        return WAV if seconds_of(content) else None
    return MP3 if (content[:3] == b"ID3" or content[:1] == b"\xff") and seconds_of(content) else None


def seconds_of(content: bytes) -> float:
    """Return how long a WAV or MP3 file sounds, or nought for any other content: seconds."""
    if content[:4] != b"RIFF":
        return _seconds_of_frames(content)
    found = samples_of(content)
    if found is None or found[0].rate not in _RATES:
        return 0.0
    told, samples = found
    return round(len(samples) / (told.channels * told.width * told.rate), 2)


def samples_of(content: bytes) -> tuple[Format, bytes] | None:
    """Return the first format and the samples of the first `data` chunk behind it, or None.

    All bytes behind are samples where a recorder gave no size, or one beyond the end.
    """
    told: Format | None = None
    for name, size, begin in _chunks(content):
        if name == b"fmt " and told is None and size >= 16:
            tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content, begin)
            told = Format(tag, channels, rate, (bits + 7) // 8)
        elif name == b"data" and told is not None and _is_plain(told):
            return told, content[begin : begin + size] if size else content[begin:]
    return None


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size and place of each chunk; all that it says must be there, but for the samples."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        place += 8
        if name != b"data" and place + size > len(content):
            return
        yield name, size, place
        place += size + size % 2


def _is_plain(told: Format) -> bool:
    """Return whether the samples are numbers, as all vendors take them."""
    return told.tag in (_PCM, _EXTENSIBLE) and told.channels in _CHANNELS and told.width in _WIDTHS


def _seconds_of_frames(content: bytes) -> float:
    """Return the length of an MP3 file, of which the first two frames must be whole: seconds."""
    begin = at = _behind_tag(content)
    seconds, count = 0.0, 0
    while count < _MAX_FRAMES and (frame := _frame(content, at)):
        at += frame.size
        seconds += frame.seconds
        count += 1
    if count < 2:
        return 0.0
    return round(seconds * max(1.0, (len(content) - begin) / (at - begin)), 2)


def _behind_tag(content: bytes) -> int:
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if content[5] & 0x10 else 0)


def _frame(content: bytes, at: int) -> _Frame | None:
    """Return the frame that begins here, or None."""
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or (head[1] >> 1) & 3 != _LAYER_3:
        return None
    version, bits, rate, padding = (head[1] >> 3) & 3, head[2] >> 4, (head[2] >> 2) & 3, (head[2] >> 1) & 1
    if version == 1 or bits in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    hertz = _HERTZ[version][rate]
    size = samples // 8 * 1000 * _KILOBITS[3 if version == 3 else 2][bits - 1] // hertz + padding
    return _Frame(size, samples / hertz)
