"""The collection of static files, done only when one of them has changed."""

import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.utils.module_loading import import_string


def collect_if_changed() -> bool:
    """Collect the static files into STATIC_ROOT if one has changed, and return whether one had."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == fingerprint:
        return False
    _remove_copies()
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint, encoding="ascii")
    return True


def _remove_copies() -> None:
    """Remove the copies under plain names: Django copies no source that is older than its last copy.

    An unpacked release has such times. Files under hashed names stay, for pages that are open.
    """
    for finder in get_finders():
        for path, _ in finder.list([]):
            (Path(settings.STATIC_ROOT) / path).unlink(missing_ok=True)


def _fingerprint() -> str:
    """Return a digest of names, sizes and times of every source, and of the code that processes them."""
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
