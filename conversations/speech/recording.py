"""Recordings: what they are and how long, told from their bytes before anything is paid."""

import base64
import io
import sys
import wave
from array import array
from dataclasses import dataclass

from conversations.errors import Refused
from conversations.files import sounds
from conversations.files.sounds import Format
from providers.types import Part

MAX_SECONDS = 300
MAX_BYTES = 10 * 2**20
"""Five minutes in the form in which pages send them (16,000 samples of 16 bits a second) have 9.6 MB."""
_RATES = range(8_000, 48_001)
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
        return Part("file", "", {"media_type": sounds.WAV, "data": data, "seconds": self.seconds})


def read(content: bytes) -> Recording:
    """Return the recording in these bytes under a header of our own; refuses what is no WAV, or too long.

    So a vendor hears what was measured, whatever the header says.
    """
    check_size(len(content))
    found = sounds.samples_of(content)
    if found is None:
        raise Refused("bad_field", "This is not a recording in WAV form.", "file")
    told, samples = found
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


def _are_silent(told: Format, samples: bytes) -> bool:
    if told.width != 2:
        return False
    numbers = array("h", samples)
    if sys.byteorder == "big":
        numbers.byteswap()
    return max(numbers) <= _SILENT and min(numbers) >= -_SILENT


def _written(told: Format, samples: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(told.channels)
        target.setsampwidth(told.width)
        target.setframerate(told.rate)
        target.writeframes(samples)
    return made.getvalue()
