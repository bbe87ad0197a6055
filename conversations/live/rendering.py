"""HTML of replies under way: one thread renders, and no reply more often than its pages can take it.

Pages are the viewers that read HTML. Those in step get the same frames, each with a patch of the HTML that they have.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from conversations import markdown
from conversations.content.parts import LivePart, NumberedParts
from conversations.live.interfaces import is_behind
from conversations.live.reply import LiveReply, Rendering, Snapshot
from conversations.live.viewer_events import DeltaEvent, Shown
from conversations.live.viewers import Subscription

PAUSE_SECONDS = 0.2
"""Seconds between two renderings of one reply while many run."""
SHARE = 8
"""A rendering of t seconds is followed by a pause of this many times t."""
PATIENCE_SECONDS = 0.3
"""Seconds that text waits for its rendering to begin, and for others' meanwhile; then it is sent plain."""
MAX_WAITING = 8
"""Renderings that may be queued; text is sent plain at once if there are more."""
AGAIN_SECONDS = 0.1
"""Seconds after which a page is tried again that reads slowly, or has words without HTML."""

FanOut = Callable[[list[Subscription], DeltaEvent], None]


class Pages:
    """The rendering thread, and the way of replies to their pages; called on the loop."""

    def __init__(
        self, subscribed: Callable[[UUID], list[Subscription]], fan_out: FanOut, go_on: Callable[[LiveReply], None]
    ) -> None:
        self._subscribed, self._fan_out, self._go_on = subscribed, fan_out, go_on
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="markdown")
        self._in_line = 0

    def grew(
        self, loop: asyncio.AbstractEventLoop | None, reply: LiveReply, pieces: NumberedParts, *, busy: bool
    ) -> None:
        """Take these new pieces to the pages; once the reply is over, all that they lack.

        Meanwhile no more may come if `is_rendering`; `go_on` is called after that.
        """
        if not self._pages(reply):
            reply.page.forget(reply.page.last)
            return
        reply.page.grow(pieces)
        self._update(loop, reply, busy)

    def wait(self, reply: LiveReply) -> float:
        """Return the time until this reply's pages may be sent more: seconds."""
        wait = reply.page.wait()
        return wait if wait > 0 and self._pages(reply) else 0.0

    async def snapshot_for(
        self, loop: asyncio.AbstractEventLoop, subscription: Subscription, reply: LiveReply, said: Snapshot
    ) -> dict[str, markdown.Patch]:
        """Return `html` of all text so far, if there is any, for a late page; later pieces follow by themselves.

        A callback of the work itself notes what it has, so that this is noted before the next frame.
        """

        def rendered() -> Rendering:
            rendering = reply.render(said.text, PATIENCE_SECONDS, [markdown.EMPTY])
            subscription.shown[reply.id] = Shown(said.seq, len(said.text), rendering.version)
            return rendering

        if not said.text:
            subscription.shown[reply.id] = Shown(said.seq, 0, markdown.EMPTY)
            return {}
        subscription.shown[reply.id] = Shown(said.seq, len(said.text), None)
        rendering = await loop.run_in_executor(self._thread, rendered)
        self._keep(loop, reply, 0.0, busy=False)
        return {"html": rendering.patches[markdown.EMPTY]}

    def _pages(self, reply: LiveReply) -> list[Subscription]:
        return [page for page in self._subscribed(reply.conversation) if page.html]

    def _update(self, loop: asyncio.AbstractEventLoop | None, reply: LiveReply, busy: bool) -> None:
        feed = reply.page
        if feed.is_rendering:
            return
        is_over = loop is None or reply.when_flushed is not None
        ready = [] if is_over else [page for page in self._pages(reply) if self._is_ready(page, reply)]
        if loop is not None and self._is_wanted(reply, ready):
            self._render(loop, reply, ready, busy)
            return
        self._send(reply, feed.last, None)
        if loop is not None and not is_over:
            self._try_again(loop, reply, busy)

    def _try_again(self, loop: asyncio.AbstractEventLoop, reply: LiveReply, busy: bool) -> None:
        """Update the pages soon that still lack pieces or HTML, if there are any."""
        known = (shown for page in self._pages(reply) if (shown := self._shown(page, reply)))
        if reply.page or any(shown.is_raw for shown in known):
            self._keep(loop, reply, AGAIN_SECONDS, busy)

    def _keep(self, loop: asyncio.AbstractEventLoop, reply: LiveReply, wait: float, busy: bool) -> None:
        """Update this reply's pages after a time, unless that is scheduled already."""

        def update() -> None:
            reply.page.is_kept = False
            self._update(loop, reply, busy)

        if not reply.page.is_kept:
            reply.page.is_kept = True
            loop.call_later(wait, update)

    def _is_ready(self, page: Subscription, reply: LiveReply) -> bool:
        """Return whether this page is sent something now: it lacks pieces or HTML, and reads what it is sent."""
        shown = self._shown(page, reply)
        if shown is None or (reply.when_flushed is None and is_behind(page.viewer)):
            return False
        return shown.seq < reply.page.last or (shown.is_raw and page.buffered is None)

    def _shown(self, page: Subscription, reply: LiveReply) -> Shown | None:
        """Return what a page has of a reply; None if its snapshot is still being made."""
        shown = page.shown.get(reply.id)
        if shown is None:
            before = max(0, reply.page.first - 1)
            # One that comes later than the first piece and gets no snapshot misses a seq, and opens again.
            return None if before and page.buffered is not None else Shown(before, 0, markdown.EMPTY)
        return None if shown.version is None else shown

    # --- Rendering ---

    def _is_wanted(self, reply: LiveReply, ready: list[Subscription]) -> bool:
        """Return whether the pieces for these pages go out with HTML."""
        if not ready or self._in_line >= MAX_WAITING or time.monotonic() < reply.page.render_due:
            return False
        known = [shown for page in ready if (shown := self._shown(page, reply))]
        lacking = reply.page.between(min(shown.seq for shown in known), reply.page.last)
        if not any(shown.is_raw for shown in known) and not any(_has_text(piece) for _, _, piece in lacking):
            return False
        markdown.child.warm()
        return markdown.child.is_ready

    def _render(self, loop: asyncio.AbstractEventLoop, reply: LiveReply, ready: list[Subscription], busy: bool) -> None:
        """Render and send all text of a reply so far, or its words alone if that begins too late."""
        feed = reply.page
        last = feed.last
        bases = {shown.version for page in ready if (shown := self._shown(page, reply)) and shown.version}

        def rendered(done: "asyncio.Future[Rendering]") -> None:
            overdue.cancel()
            feed.is_rendering = False
            self._in_line -= 1
            rendering = None if done.cancelled() else done.result()
            if rendering is not None:
                pause = max(PAUSE_SECONDS if busy else 0.0, SHARE * rendering.seconds)
                feed.render_due = time.monotonic() + pause
            self._send(reply, last, rendering)
            self._try_again(loop, reply, busy)
            self._go_on(reply)

        feed.is_rendering = True
        self._in_line += 1
        work = self._thread.submit(reply.render, reply.text(), PATIENCE_SECONDS, list(bases))
        overdue = loop.call_later(PATIENCE_SECONDS, work.cancel)
        asyncio.wrap_future(work, loop=loop).add_done_callback(rendered)

    # --- Sending ---

    def _send(self, reply: LiveReply, last: int, rendering: Rendering | None) -> None:
        """Send the pieces up to `last` to all pages that are ready, those in step by the same frames."""
        in_step: defaultdict[tuple[Shown, bool], list[Subscription]] = defaultdict(list)
        for page in self._pages(reply):
            shown = self._shown(page, reply)
            if shown is None or not self._is_ready(page, reply):
                continue
            if shown.seq < last if rendering is None else shown.seq <= last and shown.version in rendering.patches:
                in_step[shown, page.brief].append(page)
        sizes = [self._send_to(reply, shown, pages, last, rendering) for (shown, _), pages in in_step.items()]
        if sizes:
            reply.page.spend(max(sizes))
        self._forget(reply)

    def _send_to(
        self, reply: LiveReply, shown: Shown, pages: list[Subscription], last: int, rendering: Rendering | None
    ) -> int:
        """Send pages in step what they lack up to `last`; returns the size of the frames: bytes."""
        missing = reply.page.between(shown.seq, last) or [(last + 1, last, LivePart())]
        html = rendering.patches[shown.version] if rendering and shown.version else None
        events = [
            DeltaEvent(reply.conversation, reply.id, seq, piece, html if seq == last else None, first, pages[0].brief)
            for first, seq, piece in missing
        ]
        for event in events:
            self._fan_out(pages, event)
        has_text = any(_has_text(piece) for _, _, piece in missing)
        now = Shown(
            last,
            shown.characters + sum(len(piece.text) for _, _, piece in missing),
            rendering.version if rendering else shown.version,
            rendering is None and (shown.is_raw or has_text),
        )
        for page in pages:
            page.shown[reply.id] = now
        return sum(len(event.websocket_frame or b"") for event in events)

    def _forget(self, reply: LiveReply) -> None:
        """Forget the pieces that all pages have."""
        shown = [page.shown.get(reply.id) or self._shown(page, reply) for page in self._pages(reply)]
        reply.page.forget(min((one.seq for one in shown if one), default=reply.page.last))


def _has_text(piece: LivePart) -> bool:
    return bool(piece.text) or (piece.part is not None and piece.part.kind == "text")
