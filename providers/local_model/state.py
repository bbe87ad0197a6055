"""The progress of the small model, in a file of the data folder, so that every process reports the same."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from providers.local_model import child, place

Stage = Literal["unavailable", "waiting", "fetching", "ready", "running", "failed"]

EXPECTED_BYTES = 126_700_000  # both wheels on Linux; what pip announces replaces it while fetching


@dataclass(frozen=True, slots=True)
class LocalModelState:
    """A stage, the bytes downloaded and to download, and a sentence that explains `unavailable` or `failed`."""

    stage: Stage
    done: int = 0
    total: int = EXPECTED_BYTES
    reason: str = ""


def state(data_dir: Path, environment: Path = place.HERE) -> LocalModelState:
    """Return the state to show now. The file counts only where no direct check decides."""
    written = _read(data_dir)
    if place.is_installed(environment):
        return LocalModelState("running" if child.answers() else "ready", written.total, written.total)
    if written.stage in ("unavailable", "failed"):
        return written
    if written.stage == "fetching" and place.is_being_fetched(environment):
        return written
    return LocalModelState("waiting", 0, written.total)


def write(data_dir: Path, now: LocalModelState) -> None:
    """Replace the file in one step, so that a reader never sees half a state."""
    descriptor, name = tempfile.mkstemp(prefix="local-model-", dir=data_dir)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(now), file)
    os.replace(name, _file(data_dir))


def _read(data_dir: Path) -> LocalModelState:
    try:
        return LocalModelState(**json.loads(_file(data_dir).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):  # no file yet, or one of another version
        return LocalModelState("waiting")


def _file(data_dir: Path) -> Path:
    return data_dir / "local-model.json"
