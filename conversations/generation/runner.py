"""One reply from its first to its last delta: steps that one reader drives for all replies of the process."""

import logging
import time
from collections.abc import Collection, Generator, Iterator
from functools import partial
from uuid import UUID

from django.conf import settings

from conversations import markdown
from conversations.content.parts import LivePart, parts_to_continue, text_of, with_thought_apart
from conversations.content.segments import rendered
from conversations.generation import prompts
from conversations.generation.attempt import Attempt, attempt
from conversations.generation.checkpoints import writer
from conversations.generation.folding import making
from conversations.generation.folding.fitting import fitted, most_for
from conversations.generation.folding.making import Folding
from conversations.generation.folding.planning import Plan, plan_for
from conversations.generation.looking_up import LookedUp, looked_up_for
from conversations.generation.outcomes import Outcome, closing, outcome_of_error, outcome_of_restart, outcome_of_stop
from conversations.generation.queue import Places, queue
from conversations.generation.tool_rounds import offered, tools_for
from conversations.live import LiveReply, events, hub
from conversations.models import Message, User
from conversations.models.message import Status
from conversations.usage import budgets, model_access
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import folds_at, prompt_tokens
from conversations.workers import database_threads
from conversations.workers.thread_pool import ThreadPool
from providers import clock
from providers.client.route import Route
from providers.errors import VendorError
from providers.models import ApiKey
from providers.pool.route_search import RouteSearch, Waiting
from providers.prepared_queries import Prepared
from providers.transport.body.socket_reader import SocketReader
from providers.transport.body.waits import BLOCKING, Wait
from providers.types import Part, Prompt

DATABASE_SECONDS, AGAIN_SECONDS = 60.0, 0.5
RENDER_SECONDS, LAST_RENDER_SECONDS = 10.0, 0.3
"""Seconds that an ending reply waits to be rendered: usually, and when the server ends."""
RENDER_WORK_SECONDS = 5.0
"""Seconds of processor time for that rendering."""
TOO_LONG = 1.6
"""Windows that a prompt is taken for which a vendor found too long."""

_logger = logging.getLogger(__name__)
_threads = ThreadPool("reply", settings.CHATSITE_MAX_STREAMS, kept=0)
"""Threads for the steps that block: before the vendor's status, and behind the last word."""
_reader = SocketReader(_threads.submit, hub.one_round, hub.pause_between_reads)
_places = Places(settings.CHATSITE_MAX_STREAMS)


def start(reply: Message) -> None:
    """Begin to write this reply, or let it wait for the one above its question to end; returns at once."""
    live = LiveReply(reply.id, reply.conversation_id, reply.attempt)
    live.row, live.must_fold = reply, reply.folds
    hub.register(live)
    markdown.child.warm()
    _ask(live)


def wake_waiting() -> None:
    """Try again to begin the first waiting reply of each line."""
    for live in queue.due():
        _ask(live)


def _ask(live: LiveReply) -> None:
    if live.ask():
        _reader.run(run(live))


def is_closing() -> bool:
    """Return whether the server is about to end, so that no reply begins."""
    return closing.is_set()


def stop(live: LiveReply) -> None:
    """Stop a reply at once; one that had not begun ends here."""
    live.stop()
    _end_if_waiting(live, Outcome(Status.STOPPED))


def stop_wherever(replies: Collection[UUID]) -> None:
    """Stop these replies in whichever process writes them."""
    here = {key: live for key in replies if (live := hub.replies.get(key))}
    for live in here.values():
        stop(live)
    if elsewhere := set(replies) - set(here):
        hub.peers.ask_to_stop(elsewhere)


def interrupt_all() -> None:
    """Interrupt all replies because the server ends; their text is kept."""
    closing.set()
    for live in list(hub.replies.values()):
        live.stop()
        _end_if_waiting(live, outcome_of_restart(live))


def hang_up_on_withdrawn_keys() -> None:
    """End calls with a disabled or deleted key; their replies continue with another one if they can."""
    calling = [(live, live.key) for live in list(hub.replies.values()) if live.key]
    if not calling:
        return
    used = {key for _, key in calling}
    wanted = set(ApiKey.objects.filter(pk__in=used, enabled=True).values_list("pk", flat=True))
    for live in [live for live, key in calling if key not in wanted]:
        live.withdraw()


def _end_if_waiting(live: LiveReply, outcome: Outcome) -> None:
    """End a waiting reply without rendering, because this may run on the loop; its first view renders it."""
    if live.claim():
        _end(live, outcome, None if list(live.fed) else "")


def _end(live: LiveReply, outcome: Outcome, html: str | None) -> None:
    queue.dequeue(live)
    hub.end(live, partial(writer.end, live, outcome, html))


def _rendered(live: LiveReply) -> str | None:
    """Return the HTML of the whole reply, or None if there is no time for it."""
    try:
        seconds = LAST_RENDER_SECONDS if closing.is_set() else RENDER_SECONDS
        parts = with_thought_apart(live.fed.as_json())
        return rendered(text_of(parts), parts, seconds, RENDER_WORK_SECONDS)
    except markdown.Away:
        return None


def run(live: LiveReply) -> Iterator[Wait]:
    """Write one reply to its end, whatever fails, unless it has to wait again."""
    calls = queue.calls
    try:
        live.begin_check()
        if not live.claim():
            return
        with _places.of(live) as has_place:
            outcome = (yield from _write(live)) if has_place else _wait(live, _places.wait, calls)
        if has_place and (waiting := queue.first_of(_places.wait.line)):
            _ask(waiting)
    except Exception:
        _logger.exception("A reply ended by a fault of our own.")
        outcome = outcome_of_error(live, "unavailable", "Something went wrong on this site; the log has the details.")
        if live.search is not None:
            database_threads.submit_change(live.search.release)
    if outcome is not None:
        yield BLOCKING
        _end(live, outcome, _rendered(live))


def _write(live: LiveReply) -> Generator[Wait, None, Outcome | None]:
    """Make attempts until one brings words or no route is left; returns None if the reply has to wait."""
    outcome: Outcome | None = None
    while outcome is None:
        if live.stopped:
            return outcome_of_stop(live)
        calls = queue.calls
        try:
            step = _prepared(live)
        except VendorError as error:
            return outcome_of_error(live, error.code, error.text)
        except database_threads.AWAY:
            if not live.stopped:
                raise
            return outcome_of_stop(live)
        if isinstance(step, Waiting):
            return _wait(live, step, calls)
        if isinstance(step, Folding):
            _sum_up(live, step)
            continue
        outcome = yield from attempt(live, step)
    return outcome


def _sum_up(live: LiveReply, folding: Folding) -> None:
    """Make the call for a summary of what is above, announced to the viewers."""
    live.waiting = {"code": "folding"}
    events.message_waiting(live.conversation, live.id, "folding", None)
    live.attach(folding.call, None)
    folding.run()


def _prepared(live: LiveReply) -> Attempt | Folding | Waiting:
    """Return the next step, retried while the database is away: the question is stored and can wait."""
    until = time.monotonic() + DATABASE_SECONDS
    while True:
        try:
            return database_threads.submit_preparation(_next_step, live).result()
        except database_threads.AWAY:
            if time.monotonic() > until or live.stopped:
                raise
            _logger.warning("The database does not answer; reply %s tries again.", live.id)
            live.pause(AGAIN_SECONDS)


def _next_step(live: LiveReply) -> Attempt | Folding | Waiting:
    """Return the call to make, for a summary or the reply, or the wait before it; raises VendorError."""
    reply = _row(live)
    if (above := _above(reply)) is not None and _UNDER_WAY(above):
        return Waiting("queued", line=frozenset([above]))
    carried = _carry_over(live, reply.continues)
    payer = BillingContext.of(reply)
    live.search = search = live.search or _search(live, reply, payer)
    found: LookedUp | None = None
    while isinstance(step := _next_route(live, search, payer), Route):
        given = LookedUp() if step.makes_only_pictures else (found := found or looked_up_for(reply))
        fits = _fitted(live, reply, step, given.told)
        if not isinstance(fits, Prompt):
            search.release()
            return fits
        tools = tools_for(reply, step, fits)
        prompt = offered(fits) if tools else fits
        task = Attempt(step, prompt, payer, carried, None if carried else given.sources, tools)
        if budgets.reserve_for_key(payer, step, task.prompt):
            return task
        search.skip_key(step)
    return step


def _search(live: LiveReply, reply: Message, payer: BillingContext) -> RouteSearch:
    def reads_quotes() -> bool:
        return payer.user is not None and User.objects.filter(pk=payer.user, is_staff=True).exists()

    return RouteSearch(reply.model_id, partial(_keys, payer), live.id, reads_quotes)


def _next_route(live: LiveReply, search: RouteSearch, payer: BillingContext) -> Route | Waiting:
    """Return the next route, or a wait for it. Raises VendorError, which says if the site's keys were left out."""
    try:
        return search.next(partial(queue.is_turn_of, live))
    except VendorError as error:
        if payer.model and (because := model_access.why_alone(payer.model, payer.user, payer.team)):
            error.because, error.about = because, {}
        raise


def _above(reply: Message) -> UUID | None:
    """Return the reply above its question, or None if there is none or it had ended before the question."""
    question = reply.parent
    if question is None or question.parent_id is None:
        return None
    known = question._state.fields_cache.get("parent")
    if known is not None and known.is_reply:
        return question.parent_id if known.is_under_way else None
    return Message.objects.reply_above(question.parent_id)


_UNDER_WAY = Prepared(lambda reply: Message.objects.under_way().filter(pk=reply).only("pk"))


def _row(live: LiveReply) -> Message:
    """Return the row from creation, or re-read it when the reply has waited in the queue."""
    row, live.row = live.row, None
    return row or Message.objects.select_related("conversation__team", "parent", "continues").get(pk=live.id)


def _keys(payer: BillingContext) -> list[ApiKey]:
    return model_access.keys_that_serve(payer.model, payer.user, payer.team) if payer.model else []


def _fitted(live: LiveReply, reply: Message, route: Route, looked_up: Part | None) -> Prompt | Folding | Waiting:
    """Return the prompt within the model's context window, or what comes first if what is above is folded."""
    prompt = _prompt(live, reply, route, looked_up)
    window, share = _window(live, reply, prompt), folds_at(reply.conversation.team)

    def plan() -> Plan | None:
        """Return what to fold as it is now: another reply's summary may just have come."""
        now = _prompt(live, reply, route, looked_up)
        most = most_for(now, window, share)
        return None if most is None else plan_for(reply, now, most)

    if not live.is_folded and most_for(prompt, window, share) is not None:
        step = making.begun(reply, plan, window)
        live.is_folded = not isinstance(step, Waiting)
        if step is not None:
            return step
        prompt = _prompt(live, reply, route, looked_up)
    prompt, live.folded = fitted(prompt, window, share)
    return prompt


def _prompt(live: LiveReply, reply: Message, route: Route, looked_up: Part | None) -> Prompt:
    """Return the whole prompt; an error frees the route."""
    assert live.search is not None
    try:
        return prompts.prompt_for(reply, route, looked_up)
    except VendorError:
        live.search.release()
        raise


def _window(live: LiveReply, reply: Message, prompt: Prompt) -> int | None:
    """Return the model's context window, if it is known; after a vendor found a prompt too long, a smaller one."""
    known = reply.model.context_window if reply.model else None
    if live.must_fold and live.window is None:
        live.window = round(min(prompt_tokens(prompt), known or prompt_tokens(prompt)) / TOO_LONG)
    return live.window or known


def _carry_over(live: LiveReply, earlier: Message | None) -> tuple[LivePart, ...]:
    """Return the earlier reply's parts for a continuing reply, and feed them to the hub the first time."""
    carried = tuple(parts_to_continue([Part.from_json(part) for part in earlier.parts])) if earlier else ()
    if live.search is None:
        for piece in carried:
            hub.feed(live, piece)
            live.fed.add(piece)
    return carried


def _wait(live: LiveReply, wait: Waiting, calls: int) -> Outcome | None:
    """Wait in the queue without a thread and announce why; `calls` is the queue's count before the attempt."""
    reason = {"code": wait.code, **({"until": wait.until} if wait.until else {})}
    queue.enqueue(live, wait.line, wait.until)
    if live.waiting != reason:
        live.waiting = reason
        events.message_waiting(live.conversation, live.id, wait.code, wait.until)
    if not live.put_back():
        return outcome_of_stop(live)
    if wait.until:
        hub.call_later((wait.until - clock.now()).total_seconds(), wake_waiting)
    elif queue.calls != calls:
        _ask(live)
    return None


def tell_of_the_end(reply: UUID) -> None:
    """Wake the replies that wait for this one, here and in other processes."""
    wake_waiting()
    hub.peers.tell_of_the_end(reply)
