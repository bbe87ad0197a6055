"""Encryption keys brought to a new machine: written to the file of the settings before those are read."""

import base64
import binascii
import os
import secrets
from pathlib import Path

from chatsite.configuration import generated_secrets

_SETTINGS = ("CHATSITE_ENCRYPTION_KEYS", "CHATSITE_ENCRYPTION_KEYS_FILE")
_LENGTH = 32


def bring(path: Path) -> None:
    """Put the keys of this file first in the data folder's file. Raises SystemExit with the reason."""
    if named := next((name for name in _SETTINGS if os.environ.get(name)), None):
        raise SystemExit(f"{named} is set and would win over --keys: give the keys there, or unset it.")
    try:
        given = _read(path)
    except (OSError, ValueError) as problem:
        raise SystemExit(f"{path} holds no encryption keys: {problem}.") from None
    if not given:
        raise SystemExit(f"{path} holds no encryption keys: it is empty.")
    target = generated_secrets.folder() / "encryption-keys"
    try:
        there = _read(target) if target.exists() else []
        _write(target, [*given, *(key for key in there if key not in given)])
    except (OSError, ValueError) as problem:
        raise SystemExit(f"{target} cannot be changed: {problem}.") from None


def _read(path: Path) -> list[str]:
    keys = [key.strip() for key in path.read_text(encoding="ascii").split(",") if key.strip()]
    for key in keys:
        try:
            length = len(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        except binascii.Error:
            length = 0
        if length != _LENGTH:
            raise ValueError("each is 32 bytes in URL-safe base64, with commas between")
    return keys


def _write(path: Path, keys: list[str]) -> None:
    """Write the file in one step: after an interruption it holds the old keys or the new ones."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(",".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
