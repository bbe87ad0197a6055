"""Recordings: what they are and how long, told from their bytes before anything is paid."""

import base64
import io
import struct
import sys
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from conversations.errors import Refused
from providers.types import Part

MAX_SECONDS = 300
MAX_BYTES = 10 * 2**20
"""Five minutes in the form in which pages send them (16,000 samples of 16 bits a second) have 9.6 MB."""
_RATES, _CHANNELS, _WIDTHS = range(8_000, 48_001), range(1, 9), range(1, 5)
_PCM, _EXTENSIBLE = 1, 0xFFFE


class _Format(NamedTuple):
    """The format of the samples behind a header."""

    tag: int
    channels: int
    rate: int
    width: int
    """Bytes of a sample."""


_SILENT = 64
"""Greatest sample of 16 bits with which nobody spoke: models make words up for silence."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A WAV file and its length: seconds."""

    content: bytes
    seconds: float
    is_silent: bool = False

    def part(self) -> Part:
        """Return the recording as models get it."""
        data = base64.b64encode(self.content).decode()
        return Part("file", "", {"media_type": "audio/wav", "data": data, "seconds": self.seconds})


def read(content: bytes) -> Recording:
    """Return the recording in these bytes under a header of our own; refuses what is no WAV, or too long.

    So a vendor hears what was measured, whatever the header says.
    """
    check_size(len(content))
    told, samples = _parsed(content)
    frame = told.channels * told.width
    samples = samples[: len(samples) - len(samples) % frame]
    if told.rate not in _RATES or not samples:
        raise Refused("bad_field", "There is no sound in this recording.", "file")
    seconds = round(len(samples) / (told.rate * frame), 2)
    if seconds > MAX_SECONDS + 1:
        raise Refused("too_long", f"A recording may have {MAX_SECONDS // 60} minutes.", "file")
    return Recording(_written(told, samples), seconds, _are_silent(told, samples))


def check_size(size: int) -> None:
    """Refuse a recording of so many bytes before it is read."""
    if size > MAX_BYTES:
        raise Refused("too_long", f"A recording may have {MAX_BYTES // 2**20} MB.", "file")


def _parsed(content: bytes) -> tuple[_Format, bytes]:
    """Return the first format and the samples of the first `data` chunk behind it.

    All bytes behind are samples where a recorder gave no size, or one beyond the end.
    """
    told: _Format | None = None
    for name, size, begin in _chunks(content):
        if name == b"fmt " and told is None and size >= 16:
            tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content, begin)
            told = _Format(tag, channels, rate, (bits + 7) // 8)
        elif name == b"data" and told is not None and _is_plain(told):
            return told, content[begin : begin + size] if size else content[begin:]
    raise Refused("bad_field", "This is not a recording in WAV form.", "file")


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


def _is_plain(told: _Format) -> bool:
    """Return whether the samples are numbers, as all vendors take them."""
    return told.tag in (_PCM, _EXTENSIBLE) and told.channels in _CHANNELS and told.width in _WIDTHS


def _are_silent(told: _Format, samples: bytes) -> bool:
    if told.width != 2:
        return False
    numbers = array("h", samples)
    if sys.byteorder == "big":
        numbers.byteswap()
    return max(numbers) <= _SILENT and min(numbers) >= -_SILENT


def _written(told: _Format, samples: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(told.channels)
        target.setsampwidth(told.width)
        target.setframerate(told.rate)
        target.writeframes(samples)
    return made.getvalue()
