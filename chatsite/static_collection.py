"""Static files, collected for serving only when one of them changed."""

import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.utils.module_loading import import_string


def collect_if_changed() -> bool:
    """Bring STATIC_ROOT up to date and say whether there was anything to do."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint, encoding="ascii")
    return True


def _fingerprint() -> str:
    """Names, sizes and times of every source, and of the code that turns them into what is served."""
    digest = hashlib.sha256()
    for path in sorted({_storage_module(), *_sources()}):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for finder in get_finders():
        for path, storage in finder.list([]):
            yield Path(storage.path(path))


def _storage_module() -> Path:
    return Path(inspect.getfile(import_string(settings.STORAGES["staticfiles"]["BACKEND"])))
