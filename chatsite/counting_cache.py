"""The cache, which holds how often somebody has tried: in the database, so that no guess is forgotten."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connection, transaction


class CountingCache(DatabaseCache):
    """Django's reads a number and writes the next; two processes at once would count as one."""

    _table: str

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Wait for whoever counts the same; ValueError where there is nothing to count on."""
        with transaction.atomic():
            self._hold(self.make_and_validate_key(key, version=version))
            return super().incr(key, delta, version)

    def _hold(self, key: Any) -> None:
        """SQLite holds the whole database from a transaction's beginning."""
        if connection.features.has_select_for_update:
            table = connection.ops.quote_name(self._table)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} WHERE cache_key = %s FOR UPDATE", [key])  # noqa: S608  # our name
