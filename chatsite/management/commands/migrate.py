"""`migrate`: Django's command, which fills an empty database with one step instead of a hundred."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython

_PARTIAL = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune", "run_syncdb")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        connection.prepare_database()
        if not any(options[name] for name in _PARTIAL) and not connection.introspection.table_names():
            fill(connection)
        super().handle(*args, **options)


def fill(connection: Any) -> None:
    """Create the tables as they are after the last migration, in one transaction, and record all migrations.

    Of the operations in Python those run that are not elidable: the others change rows, and there are none.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor.loader.project_state()
    with connection.schema_editor() as editor:
        for model in state.apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for statement in editor.deferred_sql:  # indexes and foreign keys, which the operations below may need
            editor.execute(statement)
        editor.deferred_sql.clear()
        for migration, _ in plan:
            for operation in migration.operations:
                if isinstance(operation, RunPython) and not operation.elidable:
                    operation.database_forwards(migration.app_label, editor, state, state)
        executor.recorder.ensure_schema()
        for migration, _ in plan:
            executor.record_migration(migration)  # type: ignore[call-arg, arg-type]  # the stubs are of another Django
