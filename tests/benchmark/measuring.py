"""The result of one run and its calculation: times, the target's CPU and memory, and losses."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmark.viewer import Viewer

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ShortReplies:
    """Short replies a second, and of each the milliseconds of processor time and from question to end."""

    rate: float
    cpu: float
    p50: float
    p95: float
    lost: list[str]


@dataclass(frozen=True, slots=True)
class Result:
    """Times in milliseconds, `cpu` per thousand deltas of the vendor, `megabytes` per stream.

    `end` is from the vendor's last write to the end at a viewer. `lost` names data that did not arrive.
    """

    first_token: float
    first_token_p95: float
    p50: float
    p95: float
    p99: float
    end_p50: float
    end_p95: float
    ping_p95: float
    cpu: float
    megabytes: float
    lost: list[str]


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time that these processes have used so far, threads included."""
    stats = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / _TICKS


def megabytes(*pids: int) -> float:
    """Return the resident memory of these processes."""
    statuses = [Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids]
    return sum(int(status.partition("VmRSS:")[2].split()[0]) for status in statuses) / 1024


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def latencies(viewer: Viewer, begin: float, end: float) -> list[float]:
    """Return the times from the vendor's write to this viewer's read: milliseconds.

    They cover all deltas written from `begin` to `end`.
    """
    return [
        1000 * (arrived - written)
        for arrived, frame in viewer.deltas
        for written in (int(stamp) / 1_000_000 for stamp in json.loads(frame).get("text", "").split())
        if begin <= written < end
    ]


def arrivals(viewer: Viewer, begin: float, end: float) -> int:
    """Return the number of the vendor's deltas that reached this viewer from `begin` to `end`."""
    return sum(
        len(json.loads(frame).get("text", "").split()) for arrived, frame in viewer.deltas if begin <= arrived < end
    )


def losses(viewer: Viewer, finished: dict[str, Any], said: str | None) -> list[str]:
    """Return the faults in this viewer's copy of one reply, whose text should have this SHA-256."""
    frames = [json.loads(frame) for _, frame in viewer.deltas]
    text = "".join(frame.get("text", "") for frame in frames)
    wrong = {
        "a gap": [seq for frame in frames for seq in _seqs(frame)] != list(range(1, finished["seq"] + 1)),
        "not the vendor's text": hashlib.sha256(text.encode()).hexdigest() != said,
        # a page is not told a long text again
        "not the text that is kept": text != finished["message"].get("text", text),
        "not complete": finished["message"]["status"] != "complete",
    }
    return [name for name, is_so in wrong.items() if is_so]


def _seqs(frame: dict[str, Any]) -> range:
    """Return the seqs of the pieces in a delta: one that only renders what is there has none."""
    return range(frame.get("first", frame["seq"]), frame["seq"] + 1)
