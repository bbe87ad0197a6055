"""Calls of models for speech: of the first that a person may use here, while somebody waits."""

import json
import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from typing import ClassVar
from uuid import UUID, uuid4

from conversations.accounts import rate_limits
from conversations.errors import Refused
from conversations.generation.outcomes import closing
from conversations.generation.side_calls import side_call
from conversations.generation.side_calls.side_call import SideCall
from conversations.models import UsageRecord, User
from conversations.models.spending import NOBODY
from conversations.usage import model_access
from conversations.usage.billing import BillingContext
from conversations.workers import database_threads
from conversations.workers.thread_pool import Full, ThreadPool
from providers import clock
from providers.client.route import Route
from providers.errors import Blocked, VendorError, VendorTimeout
from providers.models import LanguageModel
from providers.pool.route_search import Waiting
from providers.types import Prompt

SECONDS = 90.0
"""Seconds after which a vendor is no longer waited for."""
PATIENCE = 10.0
"""Seconds for which a call waits for keys in use and for cooldowns."""
MAX_SAID = 20_000
"""Characters of an answer after which the call is hung up."""

_threads = ThreadPool("speech", 16, each=lambda _: 1, waiting=1, kept=0)


class SpeechCall:
    """One call for somebody who waits. Iterate `pieces` for the answer, once; any thread may hang up."""

    model_purpose: ClassVar[str]
    purpose: ClassVar[UsageRecord.Purpose]
    is_speech: ClassVar[bool] = False

    def __init__(self, user: User, conversation: UUID | None, team: UUID | None) -> None:
        """Refuse a person without such a model here, or who asks very often; nothing is paid yet."""
        offered = model_access.models_for(user, team, self.model_purpose).in_order()
        if not offered:
            raise Refused("no_model", "There is no model for speech that may be used here.")
        if rate_limits.speech(user.pk):
            raise Refused("rate_limited", "You have used models for speech very often in this minute.")
        model, about = offered[0], conversation or NOBODY
        self.model: LanguageModel = model
        self._payer = BillingContext(uuid4(), about, user.pk, team, model.pk, model.name, self.purpose)
        self._call: SideCall | None = None
        self._patient_until = 0.0
        self._over = threading.Event()

    def prompt(self, route: Route) -> Prompt:
        """Return what the model is asked."""
        raise NotImplementedError

    def answer(self, call: SideCall) -> dict[str, object]:
        """Return the answer of a call that succeeded."""
        raise NotImplementedError

    def pieces(self) -> Generator[bytes]:
        """Yield the answer as JSON, or the error of a call that failed."""
        try:
            work: Future[dict[str, object]] = _threads.submit_for((self._payer.user, self.purpose), self._answered)
            answer = work.result()
        except Full:
            answer = {"error": {"code": "busy", "text": "What you asked for before is not ready yet."}}
        except Refused as refusal:
            answer = {"error": refusal.as_json()}
        except VendorError as error:
            answer = {"error": {"code": error.code, "text": error.reason()}}
        yield json.dumps(answer).encode()

    def hang_up(self) -> None:
        """End the call at once; what the vendor has done so far is paid."""
        self._over.set()
        if self._call is not None:
            self._call.stop()

    def _answered(self) -> dict[str, object]:
        """Return the answer of the first route that gives one."""
        search = side_call.search_for(self._payer)
        self._patient_until = time.monotonic() + PATIENCE
        while not (self._over.is_set() or closing.is_set()):
            call = database_threads.submit_change(
                side_call.next_for_speech, self._payer, self.prompt, search, is_speech=self.is_speech
            ).result()
            if isinstance(call, Waiting):
                if self._waits(call):
                    continue
                break
            self._call = call
            if self._over.is_set():
                call.stop()
            call.run(SECONDS, MAX_SAID)
            if database_threads.submit_change(call.conclude).result():
                return self.answer(call)
            if not call.goes_on:
                raise call.error or (VendorTimeout() if call.is_hung_up else Blocked())
        raise Refused("unavailable", "No model for speech can be asked at this moment.")

    def _waits(self, wait: Waiting) -> bool:
        """Wait for a key or the end of a cooldown; returns False if that takes too long."""
        seconds = max(0.2, (wait.until - clock.now()).total_seconds() if wait.until else 0.0)
        return time.monotonic() + seconds <= self._patient_until and not self._over.wait(seconds)
