"""Plans that are measured, confirmations by others, grants, locks, audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from db.types import UtcDateTime

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

_COLUMNS = ('execution_id', 'person', 'plan_hash', 'answer', 'reason', 'created_at')


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table('audit_events',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=255), server_default='', nullable=False),
    sa.Column('environment', sa.String(length=63), server_default='', nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('audit_events', schema=None) as batch_op:
        batch_op.create_index('ix_audit_events_actor_id', ['actor', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_environment_id', ['environment', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_subject_id', ['subject', 'id'], unique=False)
        batch_op.create_index('ix_audit_events_verb_id', ['verb', 'id'], unique=False)

    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last_id', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('key_check', sa.String(length=16), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('grants',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('subject', sa.String(length=32), server_default='', nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('granted_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants')),
    sa.UniqueConstraint('kind', 'subject', 'environment_id', name=op.f('uq_grants_kind_subject_environment_id')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('second_factors',
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('secret', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('enrolled_at', UtcDateTime(), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('locked_until', UtcDateTime(), nullable=True),
    sa.Column('remembered_until', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('person', name=op.f('pk_second_factors')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('environment_locks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('locked_by', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('until', UtcDateTime(), nullable=True),
    sa.Column('opened_by', sa.String(length=32), nullable=True),
    sa.Column('opened_at', UtcDateTime(), nullable=True),
    sa.Column('untold', sa.Boolean(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['environments.id'], name=op.f('fk_environment_locks_environment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_environment_locks')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('environment_locks', schema=None) as batch_op:
        batch_op.create_index('ix_environment_locks_environment_id_opened_at', ['environment_id', 'opened_at'], unique=False)

    op.create_table('freeze_windows',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('cron', sa.String(length=255), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('made_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['environments.id'], name=op.f('fk_freeze_windows_environment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_freeze_windows')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('freeze_windows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_freeze_windows_environment_id'), ['environment_id'], unique=False)

    with op.batch_alter_table('environments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('confirmations', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('confirm_group', sa.String(length=32), server_default='', nullable=False))
        batch_op.add_column(sa.Column('asks_reason', sa.Boolean(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('second_factor', sa.Boolean(), server_default=sa.text('0'), nullable=False))

    with op.batch_alter_table('execution_parameters', schema=None) as batch_op:
        batch_op.add_column(sa.Column('digest', sa.String(length=64), server_default='', nullable=False))
        batch_op.create_index('ix_execution_parameters_name_digest', ['name', 'digest'], unique=False)

    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('voided_plan', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('checks', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('checked_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('confirmation', sa.String(length=16), server_default='', nullable=False))
        batch_op.add_column(sa.Column('confirmations', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('confirm_group', sa.String(length=32), server_default='', nullable=False))
        batch_op.add_column(sa.Column('confirmed_by', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('reminded_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('overridden_by', sa.String(length=32), server_default='', nullable=False))
        batch_op.add_column(sa.Column('override_reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=True))

    with op.batch_alter_table('migration_job_versions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proven_in', sa.String(length=63), server_default='', nullable=False))

    op.execute("INSERT INTO audit_head (id, last_id, hash, key_check) VALUES (1, 0, '', '')")
    _key_confirmations('execution_id', 'person', 'plan_hash')


def downgrade() -> None:
    """Bring the schema back."""
    _key_confirmations('execution_id', 'person')
    with op.batch_alter_table('migration_job_versions', schema=None) as batch_op:
        batch_op.drop_column('proven_in')

    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.drop_column('override_reason')
        batch_op.drop_column('overridden_by')
        batch_op.drop_column('reminded_at')
        batch_op.drop_column('confirmed_by')
        batch_op.drop_column('confirm_group')
        batch_op.drop_column('confirmations')
        batch_op.drop_column('confirmation')
        batch_op.drop_column('checked_at')
        batch_op.drop_column('checks')
        batch_op.drop_column('voided_plan')

    with op.batch_alter_table('execution_parameters', schema=None) as batch_op:
        batch_op.drop_index('ix_execution_parameters_name_digest')
        batch_op.drop_column('digest')

    with op.batch_alter_table('environments', schema=None) as batch_op:
        batch_op.drop_column('second_factor')
        batch_op.drop_column('asks_reason')
        batch_op.drop_column('confirm_group')
        batch_op.drop_column('confirmations')

    op.drop_table('freeze_windows')
    op.drop_table('environment_locks')
    op.drop_table('second_factors')
    op.drop_table('grants')
    op.drop_table('audit_head')
    op.drop_table('audit_events')


def _key_confirmations(*key: str) -> None:
    """Make the table anew: SQLite cannot change a primary key, MariaDB holds on to its foreign key."""
    old = sa.table('confirmations', *map(sa.column, _COLUMNS))
    rows = [dict(row) for row in op.get_bind().execute(sa.select(old)).mappings()]
    op.drop_table('confirmations')
    op.create_table(
        'confirmations',
        sa.Column('execution_id', sa.Integer(), nullable=False),
        sa.Column('person', sa.String(length=32), nullable=False),
        sa.Column('plan_hash', sa.String(length=64), nullable=False),
        sa.Column('answer', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
        sa.Column('created_at', UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_confirmations_execution_id')),
        sa.PrimaryKeyConstraint(*key, name=op.f('pk_confirmations')),
        mariadb_charset='utf8mb4',
        mariadb_collate='utf8mb4_bin',
        mariadb_engine='InnoDB',
        mysql_charset='utf8mb4',
        mysql_collate='utf8mb4_bin',
        mysql_engine='InnoDB',
    )
    if rows:
        op.get_bind().execute(sa.insert(old), rows)
