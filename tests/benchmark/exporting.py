"""Exports of a long conversation in every form."""

import time
from typing import Any

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
        size = sum(map(len, answer.streaming_content))
        seconds = time.perf_counter() - begun
        print(f"the long conversation as {name}: {seconds:.1f} s, {size / 10**6:.1f} MB", flush=True)
        slow += [f"the export as {name}"] if seconds > BAR else []
    return slow
