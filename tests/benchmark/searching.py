"""Texts of a large history, half of them Chinese, with words as frequent as in life; and searches in it."""

import time
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any
from urllib.parse import quote

SEARCH_BAR = 0.1
"""Seconds: the p95 of all searches."""
WORDS, IDEOGRAPHS = 20_000, 3_500
SEARCHES = 200
_LUCK = Random(7)


@cache
def _english() -> list[str]:
    syllables = [a + b for a in "bcdfghjklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "al")]
    return list(
        dict.fromkeys("".join(_LUCK.choices(syllables, k=_LUCK.choice((1, 2, 2, 3, 3, 4)))) for _ in range(WORDS))
    )


@cache
def _chinese() -> list[str]:
    signs = [chr(0x4E00 + 5 * number) for number in range(IDEOGRAPHS)]
    shares = _shares(len(signs))
    return ["".join(_LUCK.choices(signs, cum_weights=shares, k=_LUCK.choice((1, 2, 2, 2, 3)))) for _ in range(WORDS)]


@cache
def _shares(count: int) -> list[float]:
    """Return sums of shares by Zipf's law."""
    return list(accumulate(1 / (rank + 2) for rank in range(count)))


def text(number: int) -> str:
    """Return the text of a message: every second pair of a question and its reply is Chinese."""
    length = int(min(6_000, _LUCK.lognormvariate(4.2 if number % 2 == 0 else 6.2, 0.8)))
    if number // 2 % 2:
        words = _LUCK.choices(_chinese(), cum_weights=_shares(WORDS), k=length // 3 + 2)
        return "".join(f"{word}，" if at % 9 == 8 else word for at, word in enumerate(words))
    english = _english()
    return " ".join(_LUCK.choices(english, cum_weights=_shares(len(english)), k=length // 6 + 2))


def queries() -> Iterator[str]:
    """Yield searches for frequent and rare words, for two at once, for phrases and for single ideographs."""
    luck = Random(11)
    for number in range(SEARCHES):
        words = (_english(), _chinese())[number % 2]
        first, second = (words[min(len(words) - 1, int(luck.paretovariate(0.35)))] for _ in range(2))
        yield (first, f"{first} {second}", f'"{first}"', f"{first} -{second}")[number // 2 % 4]


def write(conversation: Any, count: int) -> list[float]:
    """Return the seconds of processor time that each new message takes to be indexed, its commit included, sorted."""
    from django.db import transaction

    from conversations.models import Message
    from conversations.search import indexing

    fields = {"conversation": conversation, "role": "user", "status": "complete", "revision": 1}
    messages = [Message(text=text(number), **fields) for number in range(count)]
    Message.objects.bulk_create(messages)
    times = []
    for message in messages:
        begun = time.process_time()
        with transaction.atomic():
            indexing.add_messages([message])
        times.append(time.process_time() - begun)
    return sorted(times)


def measure(browser: Any, count: int) -> list[float]:
    """Return the seconds that each search took, sorted."""
    times = []
    browser.get("/api/v1/search?q=warm")
    for number, typed in enumerate(list(queries())[:count]):
        order = ("relevance", "newest")[number // 8 % 2]
        begun = time.perf_counter()
        answer = browser.get(f"/api/v1/search?sort={order}&q={quote(typed)}")
        times.append(time.perf_counter() - begun)
        assert answer.status_code == 200, (typed, answer.content)
    return sorted(times)
