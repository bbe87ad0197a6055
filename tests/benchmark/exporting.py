"""Exports of a long conversation in every form."""

import time
from typing import Any

from asgiref.sync import async_to_sync

BAR = 10.0
"""Seconds of each form."""


def measure(browser: Any, conversation: Any) -> list[str]:
    """Print the time and the size of each form, and return those that take too long."""
    from conversations.exports.conversation_file import FORMATS

    slow = []
    for name in FORMATS:
        begun = time.perf_counter()
        answer = browser.get(f"/api/v1/conversations/{conversation.pk}/export?format={name}")
        assert answer.status_code == 200, (name, answer)
        size = async_to_sync(_size)(answer)
        seconds = time.perf_counter() - begun
        print(f"the long conversation as {name}: {seconds:.1f} s, {size / 10**6:.1f} MB", flush=True)
        slow += [f"the export as {name}"] if seconds > BAR else []
    return slow


async def _size(answer: Any) -> int:
    return sum([len(piece) async for piece in answer.streaming_content])
