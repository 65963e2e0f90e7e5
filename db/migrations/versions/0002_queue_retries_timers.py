"""The queue, retries and timers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from db.types import UtcDateTime

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table('environments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('queue_timeout_s', sa.Integer(), server_default='43200', nullable=False))
        batch_op.add_column(sa.Column('connect_timeout_s', sa.Integer(), nullable=True))

    with op.batch_alter_table('migration_attempts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_output_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('stop_reason', sa.String(length=16), server_default='', nullable=False))
        batch_op.add_column(sa.Column('error_message', sa.String(length=2048), server_default='', nullable=False))
        batch_op.add_column(sa.Column('removed_at', UtcDateTime(), nullable=True))
        batch_op.create_index('ix_migration_attempts_removed_at_finished_at', ['removed_at', 'finished_at'], unique=False)

    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('queue_expires_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('priority', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('not_before', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('concurrency_key', sa.String(length=255), server_default='', nullable=False))
        batch_op.add_column(sa.Column('job_concurrency', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('max_attempts', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('silent_since', UtcDateTime(), nullable=True))

    with op.batch_alter_table('migration_job_versions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('concurrency', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('concurrency_key', sa.String(length=255), server_default='', nullable=False))
        batch_op.add_column(sa.Column('retry_attempts', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('retry_delay_s', sa.Integer(), server_default='30', nullable=False))
        batch_op.add_column(sa.Column('retry_categories', sa.String(length=1024), server_default='', nullable=False))
        batch_op.add_column(sa.Column('silence_s', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('silence_action', sa.String(length=8), server_default='', nullable=False))


def downgrade() -> None:
    """Bring the schema back."""
    with op.batch_alter_table('migration_job_versions', schema=None) as batch_op:
        batch_op.drop_column('silence_action')
        batch_op.drop_column('silence_s')
        batch_op.drop_column('retry_categories')
        batch_op.drop_column('retry_delay_s')
        batch_op.drop_column('retry_attempts')
        batch_op.drop_column('concurrency_key')
        batch_op.drop_column('concurrency')

    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.drop_column('silent_since')
        batch_op.drop_column('max_attempts')
        batch_op.drop_column('job_concurrency')
        batch_op.drop_column('concurrency_key')
        batch_op.drop_column('not_before')
        batch_op.drop_column('priority')
        batch_op.drop_column('queue_expires_at')

    with op.batch_alter_table('migration_attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_migration_attempts_removed_at_finished_at')
        batch_op.drop_column('removed_at')
        batch_op.drop_column('error_message')
        batch_op.drop_column('stop_reason')
        batch_op.drop_column('last_output_at')

    with op.batch_alter_table('environments', schema=None) as batch_op:
        batch_op.drop_column('connect_timeout_s')
        batch_op.drop_column('queue_timeout_s')
