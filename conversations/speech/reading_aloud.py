"""Words of a conversation read aloud, by a model for that; the same words are paid once a day."""

import json
from collections.abc import Generator
from hashlib import sha256
from uuid import UUID

from conversations.errors import Refused
from conversations.generation.side_calls.side_call import SideCall
from conversations.models import UsageRecord, User
from conversations.speech import kept_sounds
from conversations.speech.speech_call import SpeechCall
from providers.client.route import Route
from providers.errors import BadReply
from providers.models import LanguageModel
from providers.types import Part, Prompt, Turn

MAX_CHARACTERS = 4_000
"""Characters that are read aloud at once: vendors take 4,096."""


class Reading(SpeechCall):
    """A piece of text on its way to sound."""

    model_purpose = LanguageModel.Purpose.SPEECH
    purpose = UsageRecord.Purpose.ALOUD
    is_speech = True

    def __init__(self, user: User, text: str, conversation: UUID | None, team: UUID | None) -> None:
        """Refuse as every call for speech does, and a text that is empty or too long."""
        if not text.strip():
            raise Refused("bad_text", "There is nothing to read aloud.", "text")
        if len(text) > MAX_CHARACTERS:
            raise Refused("too_long", f"At most {MAX_CHARACTERS:,} characters are read aloud at once.", "text")
        super().__init__(user, conversation, team)
        self._text = text
        voices = sorted(str(extras) for extras in self.model.deployments.values_list("raw_extras", flat=True))
        told = json.dumps([str(team or user.pk), str(self.model.pk), voices, text])
        self._name = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    def pieces(self) -> Generator[bytes]:
        """Yield what was read aloud before, or the answer of a call."""
        if kept := kept_sounds.kept(self._name):
            yield kept
            return
        yield from super().pieces()

    def prompt(self, route: Route) -> Prompt:
        """Return the words to read."""
        return Prompt(route.vendor_id, (Turn("user", (Part("text", self._text),)),))

    def answer(self, call: SideCall) -> dict[str, object]:
        """Return the sound, and keep it for the next time."""
        if call.sound is None:
            raise BadReply
        answer = {"media_type": call.sound.detail["media_type"], "data": call.sound.detail["data"]}
        kept_sounds.keep(self._name, json.dumps(answer).encode())
        return answer
