"""The words of a recording, by a model that writes down speech."""

import json
from collections.abc import Generator
from uuid import UUID

from conversations.generation.side_calls.side_call import SideCall
from conversations.models import UsageRecord, User
from conversations.speech.recording import Recording
from conversations.speech.speech_call import SpeechCall
from providers.client.route import Route
from providers.models import LanguageModel
from providers.types import Part, Prompt, Turn

WISH = (
    "Write down what is said in this recording, word for word, in the language in which it is said. "
    "Write nothing else; where nobody speaks, write nothing."
)


class Transcription(SpeechCall):
    """One recording on its way to words."""

    model_purpose = LanguageModel.Purpose.TRANSCRIPTION
    purpose = UsageRecord.Purpose.DICTATION

    def __init__(self, user: User, recording: Recording, conversation: UUID | None, team: UUID | None) -> None:
        super().__init__(user, conversation, team)
        self._recording = recording

    def pieces(self) -> Generator[bytes]:
        """Yield the answer of a call; where nobody spoke, no words, for nothing."""
        if self._recording.is_silent:
            yield json.dumps({"text": ""}).encode()
            return
        yield from super().pieces()

    def prompt(self, route: Route) -> Prompt:
        """Return the recording, with a request for models that also do other things."""
        turn = Turn("user", (Part("text", WISH), self._recording.part()))
        return Prompt(route.vendor_id, (turn,), parameters={"thinking": "off"})

    def answer(self, call: SideCall) -> dict[str, object]:
        """Return the words."""
        return {"text": call.words.strip()}
