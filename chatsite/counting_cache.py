"""The cache, which counts attempts: in the database, so that a restart forgets none."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connection, transaction


class CountingCache(DatabaseCache):
    """Django's database cache, with a lock around increments.

    Django's own reads a number and writes the next: two processes at once would count as one.
    """

    _table: str

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a count after waiting for concurrent increments. Raises ValueError if the key is absent."""
        with transaction.atomic():
            self._hold(self.make_and_validate_key(key, version=version))
            return super().incr(key, delta, version)

    def _hold(self, key: Any) -> None:
        """Lock the row of a key. SQLite locks the whole database from a transaction's beginning."""
        if connection.features.has_select_for_update:
            table = connection.ops.quote_name(self._table)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} WHERE cache_key = %s FOR UPDATE", [key])  # noqa: S608  # our name
