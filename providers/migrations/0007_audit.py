"""The audit log and its locks: the database itself refuses to change or remove a row, in raw SQL too.

SQLite drops a table's triggers when a later migration recreates the table. Such a migration must create them again. On
PostgreSQL an empty table may be truncated, as `restore` does.
"""

import django.db.models.deletion
import providers.clock
from django.conf import settings
from django.db import migrations, models


LOCKS = {
    'sqlite': [
        """
        CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON providers_auditentry
        BEGIN SELECT RAISE(ABORT, 'The audit log only grows.'); END
        """,
        """
        CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON providers_auditentry
        BEGIN SELECT RAISE(ABORT, 'The audit log only grows.'); END
        """,
        """
        CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON providers_auditentry
        WHEN NEW.id IN (SELECT id FROM providers_auditentry)
        BEGIN SELECT RAISE(ABORT, 'The audit log only grows.'); END
        """,
    ],
    'postgresql': [
        """
        CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'TRUNCATE' OR EXISTS (SELECT FROM providers_auditentry) THEN
                RAISE EXCEPTION 'The audit log only grows.' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON providers_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_only_grows()
        """,
        """
        CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON providers_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
        """,
    ],
}
UNLOCKS = {
    'sqlite': [
        'DROP TRIGGER audit_is_not_changed',
        'DROP TRIGGER audit_is_not_removed',
        'DROP TRIGGER audit_is_not_replaced',
    ],
    'postgresql': [
        'DROP TRIGGER audit_is_not_changed ON providers_auditentry',
        'DROP TRIGGER audit_is_not_emptied ON providers_auditentry',
        'DROP FUNCTION audit_only_grows()',
    ],
}


def lock(_apps, schema_editor):
    for statement in LOCKS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unlock(_apps, schema_editor):
    for statement in UNLOCKS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0006_prices_and_owners'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_index=True, default=providers.clock.now, editable=False, verbose_name='when')),
                ('actor_name', models.CharField(max_length=160, verbose_name='who')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='address')),
                ('act', models.CharField(choices=[('added', 'added'), ('changed', 'changed'), ('removed', 'removed'), ('tested', 'tested'), ('sealed', 'sealed anew')], max_length=10, verbose_name='act')),
                ('subject_type', models.CharField(max_length=100, verbose_name='kind')),
                ('subject', models.CharField(blank=True, max_length=64, verbose_name='id')),
                ('subject_name', models.CharField(blank=True, max_length=200, verbose_name='what')),
                ('before', models.JSONField(blank=True, default=dict, verbose_name='before')),
                ('after', models.JSONField(blank=True, default=dict, verbose_name='after')),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'entry',
                'verbose_name_plural': 'audit log',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['subject_type', 'subject'], name='providers_a_subject_282a34_idx')],
            },
        ),
        migrations.RunPython(lock, unlock),
    ]
