"""The words in which two texts differ.

The shortest script of changes, by the greedy algorithm of E. Myers. Source: "An O(ND) Difference Algorithm and Its
Variations", Algorithmica 1, 1986.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MOST_CHANGES = 800
"""Changes beyond which lines are compared and no longer words: each one costs more than the last."""
SHORTEST_COMMON = 8
"""Characters of common words between two changes below which they belong to the change."""
SHOWN_AROUND = 80
"""Characters of common text that are shown before and behind a change."""
_WORD = re.compile(r"\s+|[^\W\u2e80-\u9fff\uac00-\ud7af]+|.", re.DOTALL)
_LINE = re.compile(r".+\n?|\n")


class Run(NamedTuple):
    """A stretch of text: in both texts, or "removed" from the first, or "added" in the second."""

    kind: str
    text: str


def differences(before: str, after: str, most: int = MOST_CHANGES) -> list[Run]:
    """Return the runs of both texts in order, with common text cut; none of equal texts."""
    if before == after:
        return []
    for token in (_WORD, _LINE):
        first, second = token.findall(before), token.findall(after)
        pairs = _common(first, second, most)
        if pairs is not None:
            return _shortened(_joined(_runs(first, second, pairs)))
    return [Run("removed", before), Run("added", after)]


def _common(first: Sequence[str], second: Sequence[str], most: int) -> list[tuple[int, int]] | None:
    """Return the places of the common tokens, or None if there are too many changes."""
    furthest, trace = {1: 0}, []
    for changes in range(most + 1):
        trace.append(furthest.copy())
        for diagonal in range(-changes, changes + 1, 2):
            is_down = diagonal == -changes or (diagonal != changes and furthest[diagonal - 1] < furthest[diagonal + 1])
            at = furthest[diagonal + 1] if is_down else furthest[diagonal - 1] + 1
            while at < len(first) and at - diagonal < len(second) and first[at] == second[at - diagonal]:
                at += 1
            furthest[diagonal] = at
            if at >= len(first) and at - diagonal >= len(second):
                return list(_walked_back(trace, len(first), len(second)))[::-1]
    return None


def _walked_back(trace: list[dict[int, int]], at: int, beside: int) -> Iterator[tuple[int, int]]:
    for changes in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[changes], at - beside
        is_down = diagonal == -changes or (diagonal != changes and furthest[diagonal - 1] < furthest[diagonal + 1])
        before = diagonal + 1 if is_down else diagonal - 1
        start = furthest[before]
        while at > start + (not is_down) and beside > start - before + is_down and at > 0 and beside > 0:
            at, beside = at - 1, beside - 1
            yield at, beside
        at, beside = start, start - before


def _runs(first: Sequence[str], second: Sequence[str], pairs: list[tuple[int, int]]) -> Iterator[Run]:
    at = beside = 0
    for one, other in [*pairs, (len(first), len(second))]:
        yield Run("removed", "".join(first[at:one]))
        yield Run("added", "".join(second[beside:other]))
        yield Run("common", "".join(first[one : one + 1]))
        at, beside = one + 1, other + 1


def _joined(runs: Iterator[Run]) -> list[Run]:
    """Return the runs with short common text between two changes made part of them."""
    merged = [
        Run(kind, "".join(run.text for run in group))
        for kind, group in itertools.groupby((run for run in runs if run.text), key=lambda run: run.kind)
    ]
    told: list[Run] = []
    removed = added = ""
    for place, run in enumerate(merged):
        is_between = 0 < place < len(merged) - 1
        if run.kind == "common" and not (is_between and len(run.text.strip()) < SHORTEST_COMMON):
            told += [Run("removed", removed), Run("added", added), run]
            removed = added = ""
        else:
            removed += run.text if run.kind != "added" else ""
            added += run.text if run.kind != "removed" else ""
    return [run for run in [*told, Run("removed", removed), Run("added", added)] if run.text]


def _shortened(runs: list[Run]) -> list[Run]:
    last = len(runs) - 1
    return [
        run if run.kind != "common" else Run("common", _near(run.text, is_first=place == 0, is_last=place == last))
        for place, run in enumerate(runs)
    ]


def _near(text: str, *, is_first: bool, is_last: bool) -> str:
    begin, end = (0 if is_first else SHOWN_AROUND), (0 if is_last else SHOWN_AROUND)
    if len(text) <= begin + end + 1:
        return text
    return f"{text[:begin]}…{text[len(text) - end :]}"
