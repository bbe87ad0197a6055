"""What thousands of tests would each do again although it comes out the same every time."""

from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise

# Only a migration changes these.
_STAYING = {"django_content_type", "auth_permission"}
_look = WhiteNoise.update_files_dictionary
_seen: dict[tuple[str, int], dict[str, Any]] = {}


def take() -> None:
    """From now on, in this process."""
    TransactionTestCase._fixture_teardown = _remove_rows
    WhiteNoise.update_files_dictionary = _look_once


def spare_the_disk() -> None:
    """The database of these tests need not survive a loss of power, so no commit waits for the disk."""
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


def _remove_rows(_: TransactionTestCase) -> None:
    """Django's own way makes all content types and permissions anew, and on PostgreSQL the files of all tables."""
    try:
        _remove_all_but_staying()
    except OperationalError:  # a thread of the site was still writing, and PostgreSQL ended one of the two
        _remove_all_but_staying()


def _remove_all_but_staying() -> None:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    from tests.flushing import unlocked  # it needs the apps to be there

    with transaction.atomic(), connection.cursor() as cursor, unlocked(cursor):
        for name in set(names) - _STAYING:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")


def _look_once(site: WhiteNoise, root: str, prefix: str) -> None:
    """Each test client is a server, and a server looks at every static file before its first answer."""
    manifest = Path(root, "staticfiles.json")
    key = (root, manifest.stat().st_mtime_ns if manifest.exists() else 0)
    if key not in _seen:
        _look(site, root, prefix)
        _seen[key] = dict(site.files)
    site.files.update(_seen[key])
