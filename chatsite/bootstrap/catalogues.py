"""Message catalogues: .po files are stored, .mo files are compiled here, because newcomers lack gettext's msgfmt."""

import os
from pathlib import Path

from chatsite.bootstrap.environment import BASE


def compile_changed(folder: Path = BASE / "chatsite" / "locale") -> list[Path]:
    """Compile the catalogues under `folder` that changed since the last time, and return them."""
    changed = [source for source in sorted(folder.glob("**/*.po")) if _is_newer(source, source.with_suffix(".mo"))]
    for source in changed:
        _compile(source)
    return changed


def _is_newer(source: Path, compiled: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime_ns <= source.stat().st_mtime_ns


def _compile(source: Path) -> None:
    import polib  # in .venv only: the bootstrap imports this module before packages are installed

    draft = source.with_suffix(f".mo.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(draft))
    draft.replace(source.with_suffix(".mo"))
