"""Recordings: what they are and how long, told from their bytes before anything is paid."""

import base64
import io
import wave
from dataclasses import dataclass

from conversations.errors import Refused
from providers.types import Part

MAX_SECONDS = 300
MAX_BYTES = 10 * 2**20
"""Five minutes in the form in which pages send them (16,000 samples of 16 bits a second) have 9.6 MB."""
_RATES = range(8_000, 48_001)


@dataclass(frozen=True, slots=True)
class Recording:
    """A WAV file and its length: seconds."""

    content: bytes
    seconds: float

    def part(self) -> Part:
        """Return the recording as models get it."""
        data = base64.b64encode(self.content).decode()
        return Part("file", "", {"media_type": "audio/wav", "data": data, "seconds": self.seconds})


def read(content: bytes) -> Recording:
    """Return the recording in these bytes; refuses what is no WAV, or too long.

    Its length is that of all bytes: a header may tell of fewer samples than a vendor would hear.
    """
    check_size(len(content))
    try:
        with wave.open(io.BytesIO(content)) as sound:
            rate, width, channels, frames = (
                sound.getframerate(),
                sound.getsampwidth(),
                sound.getnchannels(),
                sound.getnframes(),
            )
    except (wave.Error, EOFError):
        raise Refused("bad_field", "This is not a recording in WAV form.", "file") from None
    if rate not in _RATES or not frames:
        raise Refused("bad_field", "There is no sound in this recording.", "file")
    seconds = round(len(content) / (rate * width * channels), 2)
    if seconds > MAX_SECONDS + 1:
        raise Refused("too_long", f"A recording may have {MAX_SECONDS // 60} minutes.", "file")
    return Recording(content, seconds)


def check_size(size: int) -> None:
    """Refuse a recording of so many bytes before it is read."""
    if size > MAX_BYTES:
        raise Refused("too_long", f"A recording may have {MAX_BYTES // 2**20} MB.", "file")
