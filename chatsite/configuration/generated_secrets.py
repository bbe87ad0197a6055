"""Secrets that the site generates on its first start, one file each in the data folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def folder() -> Path:
    """Return the data folder: CHATSITE_DATA, else `data` beside manage.py."""
    return Path(os.environ.get("CHATSITE_DATA") or Path(__file__).resolve().parents[2] / "data").resolve()


def secret(name: str, length: int) -> str:
    """Return the secret in the file `name`, and generate it on the first call.

    It is `length` random bytes in URL-safe base64 without padding. Concurrent processes all get the same one. Raises
    OSError if the folder cannot be written.
    """
    path = folder() / name
    with suppress(FileNotFoundError):
        return _read(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _publish(path, secrets.token_urlsafe(length))
    return _read(path)


def _read(path: Path) -> str:
    text = path.read_text(encoding="ascii").strip()
    if not text:
        raise ValueError(f"{path} is empty: restore it from a backup, or delete it and lose what it protected")
    return text


def _publish(path: Path, text: str) -> None:
    """Write the file in one step, unless another process was first: a link fails where a rename would replace."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
