"""Titles by the model that the administrator names; a question's first words stand until one comes, or if none does."""

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from conversations.generation.outcomes import closing
from conversations.live import events, hub
from conversations.models import Conversation, Installation, Message, ReadMark, UsageRecord, User
from conversations.models.message import Role
from conversations.search import indexing
from conversations.text import MAX_ANSWER_LENGTH, generated_title
from conversations.usage import budgets, ledger, model_access
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import Meter
from conversations.usage.ledger import Call
from conversations.workers import database_threads
from conversations.workers.thread_pool import Full, ThreadPool
from providers.client.route import Route, remember
from providers.client.stream import Stream
from providers.encryption.sealing import Locked
from providers.errors import KeyWithdrawn, VendorError, VendorTimeout
from providers.pool.route_search import RouteSearch, Waiting
from providers.types import Part, Prompt, Turn

SECONDS = 5.0
"""Seconds after which a title is no longer waited for."""
MAX_TOKENS = 30
MAX_QUESTION = 2_000
"""Characters of the question that are sent."""
MAX_TRIES, AGAIN_SECONDS = 3, 20.0
"""Tries, and the seconds between them, while all keys are busy with replies."""
MAX_WAITING = 5
"""Titles of one person that may wait."""
BEFORE, AFTER = (
    "Write a title of at most eight words for a conversation that begins with this message:\n\n",
    "\n\nDo not answer the message. Write the title alone, in the language of the message, without quotation marks.",
)

_logger = logging.getLogger(__name__)
_threads = ThreadPool("title", 4, each=lambda _: 1, waiting=MAX_WAITING, kept=0)
_streams: set[Stream] = set()


@dataclass(frozen=True, slots=True)
class _Wish:
    """A title that is wanted: for which question, by which model, and the words that stand until then."""

    model: UUID
    conversation: UUID
    question: UUID
    asker: UUID
    team: UUID | None
    text: str
    first_words: str
    tries: int = 1


@dataclass(slots=True)
class _Asking:
    """A call for a title, with its payer and the search that found its route."""

    route: Route
    prompt: Prompt
    payer: BillingContext
    search: RouteSearch
    words: str = ""
    stream: Stream | None = None
    error: VendorError | None = None
    meter: Meter = field(init=False)
    begun: float = field(default_factory=time.monotonic)
    first_at: float | None = None

    def __post_init__(self) -> None:
        self.meter = Meter(self.prompt)

    def call(self) -> Call:
        """Return the call as the ledger records it."""
        stream = self.stream
        hung_up = stream is not None and stream.stopped
        ours = "stopped" if closing.is_set() else VendorTimeout.code
        outcome = self.error.code if self.error else ours if hung_up else "complete"
        used = self.meter.read(
            stream.usage if stream else None, self.error is None and bool(stream and stream.has_left)
        )
        return Call(
            self.route,
            outcome,
            used.usage,
            used.is_estimated,
            None if self.first_at is None else round(1000 * (self.first_at - self.begun)),
            round(1000 * (time.monotonic() - self.begun)),
            parameters=self.prompt.parameters,
        )


def ask_on_commit(question: Message, asker: User, text: str) -> None:
    """Ask for a title instead of the question's first words, if the site has a model for titles."""
    if model := Installation.title_model_of_site():
        about = question.conversation
        wish = _Wish(model, about.pk, question.pk, asker.pk, about.team_id, text, about.title)
        transaction.on_commit(partial(_submit, wish))


def stop_all() -> None:
    """Hang up all calls for titles because the server ends."""
    for stream in list(_streams):
        stream.stop()


def _submit(wish: _Wish) -> None:
    try:
        _threads.submit_for(wish.asker, partial(_ask, wish))
    except Full:
        _logger.info("Too many titles wait for %s; the first words stand.", wish.asker)


def _ask(wish: _Wish) -> None:
    try:
        asking = database_threads.submit_change(_prepared, wish).result()
        if isinstance(asking, _Asking):
            _call(asking)
            database_threads.submit_change(_conclude, wish, asking).result()
        elif isinstance(asking, Waiting) and wish.tries < MAX_TRIES:
            hub.call_later(AGAIN_SECONDS, partial(_submit, replace(wish, tries=wish.tries + 1)))
    except VendorError as error:
        _logger.info("There is no way to ask for a title now: %s", error.code)
    except Exception:  # the thread's outermost frame
        _logger.exception("A title could not be asked for or stored; the first words stand.")


def _prepared(wish: _Wish) -> _Asking | Waiting | None:
    """Return the call to make, or the wait for a key; None if it is not wanted, allowed or paid."""
    asker = User.objects.filter(pk=wish.asker, is_active=True).first()
    model = model_access.model_for(asker, wish.team, wish.model) if asker else None
    if model is None or closing.is_set() or not _still_wanted(wish).exists():
        return None
    holder = uuid4()
    purpose = UsageRecord.Purpose.TITLE
    payer = BillingContext(holder, wish.conversation, wish.asker, wish.team, model.pk, model.name, purpose)
    keys = partial(model_access.keys_that_serve, model.pk, wish.asker, wish.team)
    search = RouteSearch(model.pk, keys, holder)
    step = search.next()
    if isinstance(step, Waiting):
        return step
    turn = Turn("user", (Part("text", f"{BEFORE}{wish.text[:MAX_QUESTION]}{AFTER}"),))
    prompt = Prompt(step.vendor_id, (turn,), parameters={"max_tokens": MAX_TOKENS, "thinking": "off"})
    # A probe decides when people's replies may use a route again: that is not left to a call that may be hung up.
    if search.probes or not budgets.reserve_call(payer, step, prompt):
        search.release()
        return None
    return _Asking(step, prompt, payer, search)


def _call(asking: _Asking) -> None:
    try:
        with asking.route.stream(asking.prompt) as asking.stream:
            _read(asking, asking.stream)
    except VendorError as failure:
        asking.error = failure
    except Locked as locked:
        asking.error = KeyWithdrawn(because=str(locked))


def _read(asking: _Asking, stream: Stream) -> None:
    """Read the words until the time or the room for them is over, or the server ends."""
    in_time = threading.Timer(SECONDS, stream.stop)
    in_time.daemon = True
    in_time.start()
    _streams.add(stream)
    try:
        if closing.is_set():
            stream.stop()
        for delta in stream:
            asking.first_at = asking.first_at or time.monotonic()
            asking.meter.count(delta)
            asking.words += delta.text
            if len(asking.words) > MAX_ANSWER_LENGTH:  # the call is hung up
                break
    finally:
        _streams.discard(stream)
        in_time.cancel()


def _conclude(wish: _Wish, asking: _Asking) -> None:
    """Record the call, and store the title that it brought."""
    ledger.record(asking.payer, asking.call())
    budgets.close(asking.payer.reply)
    stream = asking.stream
    if asking.error is not None:
        asking.search.failed(asking.route, asking.error)
    asking.search.release()
    if stream is not None:
        remember(asking.route, stream.quirks, stream.sentences)
    is_whole = asking.error is None and stream is not None and not stream.stopped
    is_refusal = stream is not None and stream.finish is not None and stream.finish.reason == "blocked"
    if is_whole and not is_refusal and (title := generated_title(asking.words)):
        _store(wish, title)


def _still_wanted(wish: _Wish) -> "QuerySet[Conversation]":
    """Return the conversation if nobody has renamed it, deleted it or stopped all replies to the question."""
    replies = Message.objects.filter(parent=wish.question, role=Role.ASSISTANT)
    if not replies.filter(stop_requested=False).exists():
        return Conversation.objects.none()
    return Conversation.objects.filter(pk=wish.conversation, title=wish.first_words, deleted_at=None)


def _store(wish: _Wish, title: str) -> None:
    """Store a title, which is nobody's words: nothing moves up and nothing becomes unread."""
    with transaction.atomic():
        rows = _still_wanted(wish).select_related("owner", "team", "project", "model")
        conversation = rows.select_for_update(of=("self",)).first()
        if conversation is None or conversation.title == title:
            return
        revision = conversation.advance(1, moves_up=False, title=title)
        ReadMark.objects.keep_up(conversation)
        indexing.set_title(conversation)
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
