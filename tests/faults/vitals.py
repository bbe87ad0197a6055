"""The resources of a process: open files, threads and memory, from Linux' /proc."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_RESET = "reset"
"""A connection that its other end has reset is in no list: one to a vendor, kept until the next call looks at it."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """`files` without connections kept to a vendor for the next call; `memory` in MB; `at` in monotonic seconds.

    `kinds` counts the files by name, and connections by the port at their other end.
    """

    files: int
    kinds: Mapping[str, int]
    threads: int
    memory: float
    at: float

    def is_level_with(self, other: "Vitals", files: int, threads: int) -> bool:
        """Return whether it differs from `other` by at most these numbers."""
        return abs(self.files - other.files) <= files and abs(self.threads - other.threads) <= threads


def vitals(process: int, vendor_port: int) -> Vitals:
    """Return the resources that a process uses now."""
    folder = Path(f"/proc/{process}")
    ends = _ends(folder)
    names = [ends.get(file, _RESET if file.startswith("socket:") else Path(file).name) for file in _open_files(folder)]
    kinds = Counter(name.partition(":")[0] for name in names if name not in (_RESET, f"to {vendor_port}"))
    memory = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    threads = len(list((folder / "task").iterdir()))
    return Vitals(kinds.total(), kinds, threads, int(memory.split()[1]) / 1024, monotonic())


def growth(samples: Sequence[Vitals]) -> float:
    """Return the slope of a straight line through all samples: MB an hour."""
    middle = sum(sample.at for sample in samples) / len(samples)
    mean = sum(sample.memory for sample in samples) / len(samples)
    spread = sum((sample.at - middle) ** 2 for sample in samples)
    return 3600 * sum((sample.at - middle) * (sample.memory - mean) for sample in samples) / spread if spread else 0.0


def _open_files(folder: Path) -> list[str]:
    found = []
    for file in (folder / "fd").iterdir():
        try:
            found.append(str(file.readlink()))
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def _ends(folder: Path) -> dict[str, str]:
    """Return the other end of each socket, by its name among open files, `socket:[inode]`."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in (folder / "net" / name).read_text().splitlines()[1:]]
    ends = {f"socket:[{row[9]}]": f"to {int(row[2].rpartition(':')[2], 16)}" for row in rows}
    local = [line.split() for line in (folder / "net" / "unix").read_text().splitlines()[1:]]
    return ends | {f"socket:[{row[6]}]": "within the machine" for row in local}
