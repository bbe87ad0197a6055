"""PostgreSQL as Django speaks it, directly or behind a pooler of transactions (PgBouncer).

Such a pooler gives every transaction another session. A setting or a prepared statement of one is absent in the next,
or belongs to another client. So nothing is prepared there, and no cursor outlives its transaction. Each transaction
sets its own limits, and every statement runs in one. A direct connection has its limits from its start, at no cost.
"""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from chatsite.postgres.limits import LIMITS

_IN_TRANSACTION = ";".join(f"SET LOCAL {name}='{value}'" for name, value in LIMITS.items())
_MARK = "chatsite.session"
_REFUSED = "unsupported startup parameter"
_RETRY_SECONDS = 1.0
"""Seconds between two closings of all connections: until another server takes over, every write fails."""
_known: dict[str, bool] = {}
_left: dict[str, float] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection, which detects once per process whether a pooler stands between.

    When another server has taken over, and this one only reads, the connections are closed.
    """

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        return _Errors(self)

    def leave_server(self) -> None:
        """Close all connections, those in use once they are returned; later ones are new."""
        if self.pool and monotonic() > _left.get(self.alias, 0.0) + _RETRY_SECONDS:
            _left[self.alias] = monotonic()
            self.pool.drain()

    @property
    def is_pooled(self) -> bool:
        """Return whether a pooler of transactions stands between; False before the first connection."""
        return _known.get(self.alias, False)

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.alias not in _known:
            with self.wrap_database_errors:  # a failure of this first connection is one like any other
                _known[self.alias] = _is_pooled(params)
        if self.is_pooled:
            params |= {"options": "", "prepare_threshold": None}
            self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.is_pooled and _within_limits not in self.execute_wrappers:
            self.execute_wrappers.insert(0, _within_limits)
        return super().get_new_connection(conn_params)

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if self.is_pooled and not autocommit:
            with self.wrap_database_errors:
                self.connection.execute(_IN_TRANSACTION)


class _Errors(DatabaseErrorWrapper):
    """Django's translation of errors, which also reports a server that refuses to write."""

    wrapper: DatabaseWrapper

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            self.wrapper.leave_server()
        super().__exit__(kind, error, trace)


def _within_limits(
    execute: Callable[..., Any], statement: str, values: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run a statement outside a transaction in a transaction of its own."""
    connection = context["connection"]
    if connection.in_atomic_block:
        return execute(statement, values, many, context)
    with transaction.atomic(using=connection.alias):
        return execute(statement, values, many, context)


def _is_pooled(params: dict[str, Any]) -> bool:
    """Return whether a pooler refuses, or ignores, a setting of ours on a new connection."""
    marked = params | {"options": f"{params.get('options', '')} -c {_MARK}=own", "autocommit": True}
    try:
        with psycopg.connect(**marked) as connection:
            found = connection.execute(f"SELECT current_setting('{_MARK}', true)").fetchone()
    except psycopg.OperationalError as problem:
        if _REFUSED in str(problem):
            return True
        raise
    return found != ("own",)
