"""The words of a recording, by the first model that writes down speech and that this person may use here."""

import json
import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from uuid import UUID, uuid4

from conversations.accounts import rate_limits
from conversations.errors import Refused
from conversations.generation.outcomes import closing
from conversations.generation.side_calls import side_call
from conversations.generation.side_calls.side_call import SideCall
from conversations.models import UsageRecord, User
from conversations.models.spending import NOBODY
from conversations.speech.recording import Recording
from conversations.usage import model_access
from conversations.usage.billing import BillingContext
from conversations.workers import database_threads
from conversations.workers.thread_pool import Full, ThreadPool
from providers import clock
from providers.client.route import Route
from providers.errors import Blocked, VendorError, VendorTimeout
from providers.models import LanguageModel, LanguageModelQuerySet
from providers.pool.route_search import Waiting
from providers.types import Part, Prompt, Turn

SECONDS = 90.0
"""Seconds after which the words are no longer waited for."""
PATIENCE = 10.0
"""Seconds for which a recording waits for keys in use and for cooldowns."""
MAX_SAID = 20_000
"""Characters of an answer after which the call is hung up."""
WISH = (
    "Write down what is said in this recording, word for word, in the language in which it is said. "
    "Write nothing else; where nobody speaks, write nothing."
)

_threads = ThreadPool("transcription", 4, each=lambda _: 1, waiting=1, kept=0)


def models(user: User) -> LanguageModelQuerySet:
    """Return the models that write down speech for this person, alone or in one of their teams."""
    return model_access.models_anywhere(user, LanguageModel.Purpose.TRANSCRIPTION)


class Transcription:
    """One recording on its way to words. Iterate `pieces` for the answer, once; any thread may hang up."""

    def __init__(self, user: User, recording: Recording, conversation: UUID | None, team: UUID | None) -> None:
        """Refuse what nobody may have written down here, or very often; nothing is paid yet."""
        offered = model_access.models_for(user, team, LanguageModel.Purpose.TRANSCRIPTION).in_order()
        if not offered:
            raise Refused("no_model", "There is no model that may write down speech here.")
        if rate_limits.dictation(user.pk):
            raise Refused("rate_limited", "You have dictated very often in this minute.")
        model, purpose = offered[0], UsageRecord.Purpose.DICTATION
        self._payer = BillingContext(uuid4(), conversation or NOBODY, user.pk, team, model.pk, model.name, purpose)
        self._recording = recording
        self._call: SideCall | None = None
        self._patient_until = 0.0
        self._over = threading.Event()

    def pieces(self) -> Generator[bytes]:
        """Yield the answer as JSON: the text, or the error of a call that failed."""
        try:
            work: Future[str] = _threads.submit_for(self._payer.user, self._written)
            answer: dict[str, object] = {"text": work.result()}
        except Full:
            answer = {"error": {"code": "busy", "text": "Your last recording is not ready yet."}}
        except Refused as refusal:
            answer = {"error": refusal.as_json()}
        except VendorError as error:
            answer = {"error": {"code": error.code, "text": error.reason()}}
        yield json.dumps(answer).encode()

    def hang_up(self) -> None:
        """End the call at once; what was heard so far is paid."""
        self._over.set()
        if self._call is not None:
            self._call.stop()

    def _written(self) -> str:
        """Return the words, from the first of the routes that gives them."""
        search = side_call.search_for(self._payer)
        self._patient_until = time.monotonic() + PATIENCE
        while not (self._over.is_set() or closing.is_set()):
            call = database_threads.submit_change(side_call.next_for_speech, self._payer, self._prompt, search).result()
            if isinstance(call, Waiting):
                if self._waits(call):
                    continue
                break
            self._call = call
            if self._over.is_set():
                call.stop()
            call.run(SECONDS, MAX_SAID)
            if database_threads.submit_change(call.conclude).result():
                return call.words.strip()
            if not call.goes_on:
                raise call.error or (VendorTimeout() if call.is_hung_up else Blocked())
        raise Refused("unavailable", "Nothing can be written down at this moment.")

    def _waits(self, wait: Waiting) -> bool:
        """Wait for a key or the end of a cooldown; returns False if that takes too long."""
        seconds = max(0.2, (wait.until - clock.now()).total_seconds() if wait.until else 0.0)
        return time.monotonic() + seconds <= self._patient_until and not self._over.wait(seconds)

    def _prompt(self, route: Route) -> Prompt:
        turn = Turn("user", (Part("text", WISH), self._recording.part()))
        return Prompt(route.vendor_id, (turn,), parameters={"thinking": "off"})
