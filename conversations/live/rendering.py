"""HTML of replies under way: one thread renders, and no reply more often than its viewers can take it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from conversations import markdown
from conversations.content.parts import LivePart, NumberedParts
from conversations.live.reply import LiveReply, Rendering
from conversations.live.viewer_events import DeltaEvent
from conversations.live.viewers import Subscription

PAUSE_SECONDS = 0.2
"""Seconds between two renderings of one reply while many run."""
SHARE = 8
"""A rendering of t seconds is followed by a pause of this many times t."""
PATIENCE_SECONDS = 0.3
"""Seconds that text waits for its rendering to begin, and for others' meanwhile; then it is sent plain."""
MAX_WAITING = 8
"""Renderings that may be queued; text is sent plain at once if there are more."""
MAX_CHARACTERS_A_SECOND = 250_000
"""Characters of an open block's HTML a second per viewer: each rendering sends the block again."""


class Renderer:
    """The rendering thread and its queue; called on the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="markdown")
        self._in_line = 0

    def is_wanted(self, reply: LiveReply, subscriptions: list[Subscription], pieces: NumberedParts) -> bool:
        """Return whether these pieces go out with HTML."""
        if self._in_line >= MAX_WAITING or time.monotonic() < reply.render_due:
            return False
        if reply.when_flushed is not None or not any(_has_text(piece) for _, piece in pieces):
            return False  # the end brings the whole HTML
        if not any(subscription.html for subscription in subscriptions):
            return False
        markdown.child.warm()
        return markdown.child.is_ready

    def render(
        self, loop: asyncio.AbstractEventLoop, reply: LiveReply, busy: bool, then: Callable[[Rendering | None], None]
    ) -> None:
        """Render all text of a reply so far, then call `then`; sets the time of the next rendering.

        `then` gets None if the rendering has not begun in time, because others' take too long.
        """

        def rendered(done: "asyncio.Future[Rendering]") -> None:
            overdue.cancel()
            reply.rendering = False
            self._in_line -= 1
            if done.cancelled():
                then(None)
                return
            rendering = done.result()
            sending = len(rendering.live) / MAX_CHARACTERS_A_SECOND
            pause = max(PAUSE_SECONDS if busy else 0.0, SHARE * rendering.seconds, sending)
            reply.render_due = time.monotonic() + pause
            then(rendering)

        reply.rendering = True
        self._in_line += 1
        work = self._thread.submit(reply.render, reply.text(), PATIENCE_SECONDS)
        overdue = loop.call_later(PATIENCE_SECONDS, work.cancel)
        asyncio.wrap_future(work, loop=loop).add_done_callback(rendered)

    async def render_for(
        self, loop: asyncio.AbstractEventLoop, subscription: Subscription, reply: LiveReply, text: str
    ) -> Rendering:
        """Return the HTML of `text` for a late subscriber.

        A callback of the work itself sets the count of blocks, so that it is set before the next frame.
        """
        work = loop.run_in_executor(self._thread, reply.render, text, PATIENCE_SECONDS)
        work.add_done_callback(lambda done: subscription.blocks.__setitem__(reply.id, len(done.result().done)))
        return await work


def by_audience(
    event: DeltaEvent, subscriptions: list[Subscription], rendering: Rendering | None
) -> Iterator[tuple[DeltaEvent, list[Subscription]]]:
    """Yield each distinct event with its subscribers: those with HTML get the blocks closed since their last one."""
    if rendering is None:
        yield event, subscriptions
        return
    yield event, [subscription for subscription in subscriptions if not subscription.html]
    rich = [subscription for subscription in subscriptions if subscription.html]
    for known in {subscription.blocks.get(event.message, 0) for subscription in rich}:
        audience = [subscription for subscription in rich if subscription.blocks.get(event.message, 0) == known]
        html = rendering.done[known:], rendering.live
        yield DeltaEvent(event.conversation, event.message, event.seq, event.piece, html), audience
    for subscription in rich:
        subscription.blocks[event.message] = len(rendering.done)


def _has_text(piece: LivePart) -> bool:
    return bool(piece.text) or (piece.part is not None and piece.part.kind == "text")
