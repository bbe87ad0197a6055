"""Text read aloud on the Gemini wire: `generateContent` with sound as its answer.

Source: the Gemini API reference (GenerationConfig, SpeechConfig) and its page on speech generation. The sound is raw:
one channel of samples of 16 bits, the lower byte first. Its media type tells their number in a second.
"""

import io
import re
import wave
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.errors import Blocked
from providers.types import Address, Delta, Finish, HttpRequest, Part, Prompt, Usage
from providers.wires.audio_api import wire as audio_api
from providers.wires.gemini import wire
from providers.wires.json_values import from_json, mapping, merged, string

USUAL_VOICE = "Kore"
"""The voice for which no raw extra names another."""
_RATE = re.compile(r"\brate=(\d{4,6})\b")
_USUAL_RATE = 24_000
_RAW = re.compile(r"audio/(l16|pcm|x-raw)\b", re.IGNORECASE)
_LOOKED_AT = 4_096


def speech_request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request to read the words of `prompt` aloud.

    The raw extra `voice` names a voice as on the wire of speech endpoints.
    """
    raw = mapping(prompt.parameters.get("raw"))
    voice = {"prebuiltVoiceConfig": {"voiceName": string(raw.get("voice")) or USUAL_VOICE}}
    spoken = {"generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": {"voiceConfig": voice}}}
    others = {name: value for name, value in raw.items() if name != "voice"}
    asked = replace(prompt, parameters={"raw": merged(spoken, others)})
    return wire.request(replace(address, streaming=False), asked)


def begins_sound(content: bytes | bytearray) -> bool:
    """Return whether an answer begins as those with a sound do."""
    return re.search(rb'"inline_?data"', content[:_LOOKED_AT], re.IGNORECASE) is not None


def sound_in(content: bytes) -> tuple[Part, Usage | None]:
    """Return the sound of an answer and its token counts. Raises VendorError for any other answer."""
    try:
        answer = from_json(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise audio_api.no_sound() from None
    found = list(wire.parse(_event(answer)))
    usage = next((one for one in reversed(found) if isinstance(one, Usage)), None)
    parts = [one.part for one in found if isinstance(one, Delta) and one.part and one.part.detail.get("data")]
    if parts:
        return _joined(parts), usage
    if any(isinstance(one, Finish) and one.reason == "blocked" for one in found):
        raise Blocked
    raise audio_api.no_sound()


def _event(answer: object) -> Mapping[str, Any]:
    """Return the object of an answer; some gateways put it into a list."""
    return mapping(answer[0] if isinstance(answer, list) and answer else answer)


def _joined(parts: list[Part]) -> Part:
    """Return the pieces of a raw sound as one WAV file; another sound stays as it is."""
    media_type = string(parts[0].detail.get("media_type"))
    if not _RAW.match(media_type):
        return audio_api.sound_in(b64decode(parts[0].detail["data"]))[0]
    told = _RATE.search(media_type)
    samples = b"".join(b64decode(part.detail["data"]) for part in parts)
    made = io.BytesIO()
    with wave.open(made, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(int(told[1]) if told else _USUAL_RATE)
        target.writeframes(samples[: len(samples) - len(samples) % 2])
    return Part("file", "", {"media_type": "audio/wav", "data": b64encode(made.getvalue()).decode()})
