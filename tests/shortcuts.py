"""Shortcuts for work that thousands of tests would repeat with the same result."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise

from tests.made_once import migrated

# Only a migration changes these.
_STAYING = {"django_content_type", "auth_permission"}
_look = WhiteNoise.update_files_dictionary
_seen: dict[tuple[str, int], dict[str, Any]] = {}


def take() -> None:
    """Take the shortcuts in this process from now on."""
    TransactionTestCase._fixture_teardown = _remove_rows
    WhiteNoise.update_files_dictionary = _look_once
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the site's own takes 0.15 s


def spare_the_disk() -> None:
    """Let no commit wait for the disk: the test database need not survive a loss of power."""
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


def begin_migrated() -> None:
    """Copy a migrated database to the place of the tests' own."""
    if connection.vendor == "sqlite":
        shutil.copy(migrated(), connection.settings_dict["TEST"]["NAME"])


def _remove_rows(_: TransactionTestCase) -> None:
    """Delete the rows of all tables but those that never change.

    Django's own way creates all content types and permissions again, and on PostgreSQL the files of all tables.
    """
    try:
        _remove_all_but_staying()
    except DatabaseError:  # a deadlock with a thread of the site, which PostgreSQL broke
        _table_names.cache_clear()
        _remove_all_but_staying()


def _remove_all_but_staying() -> None:
    from tests.flushing import unlocked  # it needs the apps to be there

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_which_have_rows(_table_names()))
        filled = [name for (name,) in cursor.fetchall()]
        with unlocked(cursor):
            for name in filled:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")


@cache
def _table_names() -> tuple[str, ...]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(names) - _STAYING))


@cache
def _which_have_rows(names: tuple[str, ...]) -> str:
    """Return one query for all tables: most of them are empty."""
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})" for name in names
    )


def _look_once(site: WhiteNoise, root: str, prefix: str) -> None:
    """Store the list of static files, which each test client would read before its first answer."""
    manifest = Path(root, "staticfiles.json")
    key = (root, manifest.stat().st_mtime_ns if manifest.exists() else 0)
    if key not in _seen:
        _look(site, root, prefix)
        _seen[key] = dict(site.files)
    site.files.update(_seen[key])
