"""Message catalogues: .po files are stored, .mo files are compiled here, because newcomers lack gettext's msgfmt."""

import hashlib
import os
from pathlib import Path

from chatsite.bootstrap.environment import BASE


def compile_changed(folder: Path = BASE / "chatsite" / "locale") -> list[Path]:
    """Compile the catalogues under `folder` that changed since the last time, and return them.

    Contents are compared, not times: archives keep the times of their files, so an upgrade may bring older ones.
    """
    changed = [source for source in sorted(folder.glob("**/*.po")) if not _is_compiled(source)]
    for source in changed:
        _compile(source)
    return changed


def _is_compiled(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return compiled.exists() and _digest(source).encode() in compiled.read_bytes()


def _compile(source: Path) -> None:
    import polib  # in .venv only: the bootstrap imports this module before packages are installed

    draft = source.with_suffix(f".mo.{os.getpid()}")
    catalogue = polib.pofile(str(source))
    catalogue.metadata["X-Source-Digest"] = _digest(source)
    catalogue.save_as_mofile(str(draft))
    draft.replace(source.with_suffix(".mo"))


def _digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()
