"""Titles by the model that the administrator names; a question's first words stand until one comes, or if none does."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from conversations.errors import Refused
from conversations.generation.outcomes import closing
from conversations.generation.side_calls import side_call
from conversations.generation.side_calls.side_call import SideCall
from conversations.live import events, hub
from conversations.models import Conversation, Installation, Message, ReadMark, UsageRecord, User
from conversations.models.message import Role
from conversations.search import indexing
from conversations.text import MAX_ANSWER_LENGTH, generated_title
from conversations.usage import model_access
from conversations.usage.billing import BillingContext
from conversations.workers import database_threads
from conversations.workers.thread_pool import Full, ThreadPool
from providers.client.route import Route
from providers.errors import VendorError
from providers.pool.route_search import Waiting
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


def ask_on_commit(question: Message, asker: User, text: str) -> None:
    """Ask for a title instead of the question's first words, if the site has a model for titles."""
    if model := Installation.title_model_of_site():
        about = question.conversation
        wish = _Wish(model, about.pk, question.pk, asker.pk, about.team_id, text, about.title)
        transaction.on_commit(partial(_submit, wish))


def _submit(wish: _Wish) -> None:
    try:
        _threads.submit_for(wish.asker, partial(_ask, wish))
    except Full:
        _logger.info("Too many titles wait for %s; the first words stand.", wish.asker)


def _ask(wish: _Wish) -> None:
    try:
        asking = database_threads.submit_change(_prepared, wish).result()
        if isinstance(asking, SideCall):
            asking.run(SECONDS, MAX_ANSWER_LENGTH)
            database_threads.submit_change(_conclude, wish, asking).result()
        elif isinstance(asking, Waiting) and wish.tries < MAX_TRIES:
            hub.call_later(AGAIN_SECONDS, partial(_submit, replace(wish, tries=wish.tries + 1)))
    except VendorError as error:
        _logger.info("There is no way to ask for a title now: %s", error.code)
    except Exception:  # the thread's outermost frame
        _logger.exception("A title could not be asked for or stored; the first words stand.")


def _prepared(wish: _Wish) -> SideCall | Waiting | None:
    """Return the call to make, or the wait for a key; None if it is not wanted, allowed or paid."""
    asker = User.objects.filter(pk=wish.asker, is_active=True).first()
    model = model_access.model_for(asker, wish.team, wish.model) if asker else None
    if model is None or closing.is_set() or not _still_wanted(wish).exists():
        return None
    purpose = UsageRecord.Purpose.TITLE
    payer = BillingContext(uuid4(), wish.conversation, wish.asker, wish.team, model.pk, model.name, purpose)
    with suppress(Refused):
        return side_call.prepared(payer, partial(_prompt, wish))
    return None


def _prompt(wish: _Wish, route: Route) -> Prompt:
    turn = Turn("user", (Part("text", f"{BEFORE}{wish.text[:MAX_QUESTION]}{AFTER}"),))
    return Prompt(route.vendor_id, (turn,), parameters={"max_tokens": MAX_TOKENS, "thinking": "off"})


def _conclude(wish: _Wish, asking: SideCall) -> None:
    """Record the call, and store the title that it brought."""
    if asking.conclude() and (title := generated_title(asking.words)):
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
