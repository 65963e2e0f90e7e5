"""The tables of the first road."""

import sqlalchemy as sa
from alembic import op
from db.types import UtcDateTime
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    op.create_table('environments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('ssh_host', sa.String(length=255), nullable=False),
    sa.Column('ssh_port', sa.Integer(), nullable=False),
    sa.Column('ssh_user', sa.String(length=64), nullable=False),
    sa.Column('ssh_key_path', sa.String(length=1024), server_default='', nullable=False),
    sa.Column('ssh_passphrase_ref', sa.String(length=1024), server_default='', nullable=False),
    sa.Column('proxy_jump', sa.String(length=255), server_default='', nullable=False),
    sa.Column('proxy_jump_host_key', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('host_key', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('node_path', sa.String(length=1024), server_default='', nullable=False),
    sa.Column('shell_setup', sa.String(length=4096), server_default='', nullable=False),
    sa.Column('timeout_s', sa.Integer(), nullable=False),
    sa.Column('grace_s', sa.Integer(), nullable=False),
    sa.Column('concurrency', sa.Integer(), nullable=False),
    sa.Column('confirmation', sa.String(length=16), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_environments')),
    sa.UniqueConstraint('name', name=op.f('uq_environments_name')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('migration_sources',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('description', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('defaults', sa.JSON(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_migration_sources')),
    sa.UniqueConstraint('name', name=op.f('uq_migration_sources_name')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('migration_sources', schema=None) as batch_op:
        batch_op.create_index('ix_migration_sources_is_active_name', ['is_active', 'name'], unique=False)

    op.create_table('channel_bindings',
    sa.Column('channel_id', sa.String(length=32), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('bound_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['environments.id'], name=op.f('fk_channel_bindings_environment_id')),
    sa.PrimaryKeyConstraint('channel_id', name=op.f('pk_channel_bindings')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('channel_bindings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_channel_bindings_environment_id'), ['environment_id'], unique=False)

    op.create_table('migration_jobs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=32), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['migration_sources.id'], name=op.f('fk_migration_jobs_source_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_migration_jobs')),
    sa.UniqueConstraint('name', name=op.f('uq_migration_jobs_name')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('migration_jobs', schema=None) as batch_op:
        batch_op.create_index('ix_migration_jobs_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_migration_jobs_is_active_name', ['is_active', 'name'], unique=False)
        batch_op.create_index('ix_migration_jobs_source_id_is_active', ['source_id', 'is_active'], unique=False)

    op.create_table('migration_executions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('idempotency_key', sa.String(length=255), nullable=True),
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('job_name', sa.String(length=63), nullable=False),
    sa.Column('job_version', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('environment_name', sa.String(length=63), nullable=False),
    sa.Column('environment_kind', sa.String(length=16), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('team_id', sa.String(length=32), server_default='', nullable=False),
    sa.Column('channel_id', sa.String(length=32), server_default='', nullable=False),
    sa.Column('requested_by', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('parameters', sa.JSON(), nullable=False),
    sa.Column('plan', sa.JSON(), nullable=False),
    sa.Column('plan_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('answered_by', sa.String(length=32), server_default='', nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('queued_at', UtcDateTime(), nullable=True),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('cancelled_by', sa.String(length=32), server_default='', nullable=False),
    sa.Column('worker', sa.String(length=64), server_default='', nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('fence', sa.Integer(), server_default='0', nullable=False),
    sa.Column('attempt', sa.Integer(), server_default='0', nullable=False),
    sa.Column('exit_status', sa.Integer(), nullable=True),
    sa.Column('error_category', sa.String(length=32), nullable=True),
    sa.Column('error_detail', sa.String(length=64), server_default='', nullable=False),
    sa.Column('error_message', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('error_hint', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('receipt', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('reconnecting_since', UtcDateTime(), nullable=True),
    sa.Column('resumed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('version', sa.Integer(), server_default='0', nullable=False),
    sa.Column('untold', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['environments.id'], name=op.f('fk_migration_executions_environment_id')),
    sa.ForeignKeyConstraint(['job_id'], ['migration_jobs.id'], name=op.f('fk_migration_executions_job_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_migration_executions')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_migration_executions_idempotency_key')),
    sa.UniqueConstraint('key', name=op.f('uq_migration_executions_key')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB',
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.create_index('ix_migration_executions_environment_id_id', ['environment_id', 'id'], unique=False)
        batch_op.create_index('ix_migration_executions_environment_id_started_at_id', ['environment_id', 'started_at', 'id'], unique=False)
        batch_op.create_index('ix_migration_executions_environment_id_status_id', ['environment_id', 'status', 'id'], unique=False)
        batch_op.create_index('ix_migration_executions_job_id_id', ['job_id', 'id'], unique=False)
        batch_op.create_index('ix_migration_executions_status_id', ['status', 'id'], unique=False)
        batch_op.create_index('ix_migration_executions_untold_id', ['untold', 'id'], unique=False)

    op.create_table('migration_job_versions',
    sa.Column('job_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('script', sa.String(length=1024), nullable=False),
    sa.Column('interpreter', sa.String(length=1024), server_default='', nullable=False),
    sa.Column('directory', sa.String(length=1024), server_default='', nullable=False),
    sa.Column('description', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('parameters', sa.JSON(), nullable=False),
    sa.Column('timeout_s', sa.Integer(), nullable=True),
    sa.Column('progress_pattern', sa.String(length=255), server_default='', nullable=False),
    sa.Column('edited_by', sa.String(length=32), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['migration_jobs.id'], name=op.f('fk_migration_job_versions_job_id')),
    sa.PrimaryKeyConstraint('job_id', 'version', name=op.f('pk_migration_job_versions')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('card_posts',
    sa.Column('execution_id', sa.Integer(), nullable=False),
    sa.Column('post_key', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_card_posts_execution_id')),
    sa.PrimaryKeyConstraint('execution_id', 'post_key', name=op.f('pk_card_posts')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('cards',
    sa.Column('execution_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.String(length=32), server_default='', nullable=False),
    sa.Column('ts', sa.String(length=32), server_default='', nullable=False),
    sa.Column('told_version', sa.Integer(), server_default='-1', nullable=False),
    sa.Column('told_hash', sa.String(length=64), server_default='', nullable=False),
    sa.Column('silenced_why', sa.String(length=255), server_default='', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_cards_execution_id')),
    sa.PrimaryKeyConstraint('execution_id', name=op.f('pk_cards')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('confirmations',
    sa.Column('execution_id', sa.Integer(), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('answer', sa.String(length=16), nullable=False),
    sa.Column('plan_hash', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_confirmations_execution_id')),
    sa.PrimaryKeyConstraint('execution_id', 'person', name=op.f('pk_confirmations')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('execution_parameters',
    sa.Column('execution_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_execution_parameters_execution_id')),
    sa.PrimaryKeyConstraint('execution_id', 'name', name=op.f('pk_execution_parameters')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('execution_parameters', schema=None) as batch_op:
        batch_op.create_index('ix_execution_parameters_name_value', ['name', 'value'], unique=False, mysql_length={'value': 100}, mariadb_length={'value': 100})

    op.create_table('migration_attempts',
    sa.Column('execution_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('start_requested_at', UtcDateTime(), nullable=True),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('fence', sa.Integer(), server_default='0', nullable=False),
    sa.Column('out_offset', sa.BigInteger(), nullable=False),
    sa.Column('err_offset', sa.BigInteger(), nullable=False),
    sa.Column('last_line', sa.Integer(), server_default='0', nullable=False),
    sa.Column('warnings', sa.Integer(), server_default='0', nullable=False),
    sa.Column('progress_done', sa.Float(), nullable=True),
    sa.Column('progress_total', sa.Float(), nullable=True),
    sa.Column('progress_words', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('exit_status', sa.Integer(), nullable=True),
    sa.Column('error_category', sa.String(length=32), nullable=True),
    sa.Column('error_detail', sa.String(length=64), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['execution_id'], ['migration_executions.id'], name=op.f('fk_migration_attempts_execution_id')),
    sa.PrimaryKeyConstraint('execution_id', 'number', name=op.f('pk_migration_attempts')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('migration_logs',
    sa.Column('execution_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('line_no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('stream', sa.String(length=4), nullable=False),
    sa.Column('log_level', sa.String(length=8), nullable=False),
    sa.Column('logged_at', UtcDateTime(), nullable=False),
    sa.Column('text', sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql'), nullable=False),
    sa.PrimaryKeyConstraint('execution_id', 'line_no', name=op.f('pk_migration_logs')),
    mariadb_charset='utf8mb4',
    mariadb_collate='utf8mb4_bin',
    mariadb_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB',
    sqlite_with_rowid=False
    )


def downgrade() -> None:
    """Bring the schema back."""
    op.drop_table('migration_logs')
    op.drop_table('migration_attempts')
    with op.batch_alter_table('execution_parameters', schema=None) as batch_op:
        batch_op.drop_index('ix_execution_parameters_name_value', mysql_length={'value': 100}, mariadb_length={'value': 100})

    op.drop_table('execution_parameters')
    op.drop_table('confirmations')
    op.drop_table('cards')
    op.drop_table('card_posts')
    op.drop_table('migration_job_versions')
    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.drop_index('ix_migration_executions_untold_id')
        batch_op.drop_index('ix_migration_executions_status_id')
        batch_op.drop_index('ix_migration_executions_job_id_id')
        batch_op.drop_index('ix_migration_executions_environment_id_status_id')
        batch_op.drop_index('ix_migration_executions_environment_id_started_at_id')
        batch_op.drop_index('ix_migration_executions_environment_id_id')

    op.drop_table('migration_executions')
    with op.batch_alter_table('migration_jobs', schema=None) as batch_op:
        batch_op.drop_index('ix_migration_jobs_source_id_is_active')
        batch_op.drop_index('ix_migration_jobs_is_active_name')
        batch_op.drop_index('ix_migration_jobs_created_at')

    op.drop_table('migration_jobs')
    with op.batch_alter_table('channel_bindings', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_channel_bindings_environment_id'))

    op.drop_table('channel_bindings')
    with op.batch_alter_table('migration_sources', schema=None) as batch_op:
        batch_op.drop_index('ix_migration_sources_is_active_name')

    op.drop_table('migration_sources')
    op.drop_table('environments')
