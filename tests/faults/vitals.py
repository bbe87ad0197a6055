"""The resources of a process: open files, threads and memory, from Linux' /proc."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic


@dataclass(frozen=True, slots=True)
class Vitals:
    """`files` without connections kept to a vendor for the next call; `memory` in MB; `at` in monotonic seconds.

    `kinds` counts the files by name, sockets as one.
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
    kept = _connections_to(folder, vendor_port)
    files = [file for file in _open_files(folder) if file not in kept]
    memory = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS:"))
    threads = len(list((folder / "task").iterdir()))
    kinds = Counter(Path(file).name.partition(":")[0] for file in files)
    return Vitals(len(files), kinds, threads, int(memory.split()[1]) / 1024, monotonic())


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


def _connections_to(folder: Path, port: int) -> set[str]:
    """Return the connections to a port as files are named: `socket:[inode]`."""
    rows = [line.split() for line in (folder / "net" / "tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if int(row[2].rpartition(":")[2], 16) == port}
