"""A process of a site that publishes its own replies and mirrors those of the next process, without anything else.

Runs as a process. It reads what it does from a line of its input, says when it follows all, reads from a second line
when to begin, prints how many packets it has sent, reads how many it should hear, and prints as one line of JSON
how many it has heard, and the milliseconds of each.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count
from typing import Any
from uuid import UUID

import django

PATIENCE = 10.0
"""Seconds in which packets still arrive after the last was sent."""
RATE = 50
"""Deltas a second of one reply; a packet carries what has come since the last, in the beats of the site's own hub."""
DELTA = "word "


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    wanted = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_run(**wanted))), flush=True)


async def _run(url: str, own: list[list[str]], mirrored: list[list[str]], seconds: float) -> dict[str, Any]:
    from conversations.cluster.redis_bus import Bus

    ears = _Ears(mirrored)
    bus = Bus(
        url,
        wanted=lambda: [bus.channel("conversation", conversation) for _, conversation in mirrored],
        hear=ears.hear,
        missed=lambda since: None,
        lost=lambda since: b"",
    )
    bus.start()
    for _, conversation in mirrored:
        await bus.following(bus.channel("conversation", conversation))
    print("ready", flush=True)
    begin = float(await asyncio.to_thread(sys.stdin.readline))
    print(await _publish(bus, own, begin, begin + seconds), flush=True)
    expected = int(await asyncio.to_thread(sys.stdin.readline))
    until = time.monotonic() + PATIENCE
    while ears.heard < expected and time.monotonic() < until:
        await asyncio.sleep(0.05)
    await bus.close()
    return {"heard": ears.heard, "times": ears.times}


class _Ears:
    """The mirrors of other processes' replies; a text begins with the time at which it was published."""

    def __init__(self, replies: list[list[str]]) -> None:
        from conversations.cluster.mirror import MirroredReply

        self._mirrors = {UUID(reply): MirroredReply(UUID(reply), UUID(talk)) for reply, talk in replies}
        self.heard, self.times = 0, list[float]()

    def hear(self, content: bytes) -> None:
        from conversations.cluster import messages

        told = messages.from_bytes(content)
        if isinstance(told, messages.ReplyDelta):
            mirror = self._mirrors[told.reply]
            mirror.hear(told.pieces)
            for _, piece in mirror.take_pending():
                self.heard += 1
                self.times.append(1000 * (time.monotonic() - float(piece.text.split(" ", 1)[0])))


async def _publish(bus: Any, own: list[list[str]], begin: float, until: float) -> int:
    """Publish a packet of each reply in each beat, with the words since the beat before, and return their number."""
    from conversations.cluster import messages
    from conversations.content.parts import LivePart
    from conversations.live.beat import Beat

    await asyncio.sleep(max(0.0, begin - time.monotonic()))
    replies = [(UUID(reply), UUID(talk), bus.channel("conversation", talk)) for reply, talk in own]
    beat, sent, last = Beat(), 0, time.monotonic()
    for seq in count(1):
        wait = max(1 / RATE, beat.wait(len(own)))
        due = time.monotonic() + wait
        await asyncio.sleep(wait)
        beat.mark_sent(due)
        now = time.monotonic()
        words, last = DELTA * round((now - last) * RATE), now
        if now >= until:
            return sent
        for reply, talk, channel in replies:
            piece = LivePart(f"{time.monotonic():.4f} {words}")
            bus.publish(channel, messages.to_bytes(messages.ReplyDelta(reply, talk, [(seq, piece)])))
            sent += 1
    raise AssertionError


if __name__ == "__main__":
    main()
