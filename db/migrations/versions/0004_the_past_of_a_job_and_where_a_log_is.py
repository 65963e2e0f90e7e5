"""The past of a job, and where a log is."""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table('cards', schema=None) as batch_op:
        batch_op.add_column(sa.Column('log_permalink', sa.String(length=1024), server_default='', nullable=False))

    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.create_index('ix_migration_executions_job_id_environment_id_status_id', ['job_id', 'environment_id', 'status', 'id'], unique=False)


def downgrade() -> None:
    """Bring the schema back."""
    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.drop_index('ix_migration_executions_job_id_environment_id_status_id')

    with op.batch_alter_table('cards', schema=None) as batch_op:
        batch_op.drop_column('log_permalink')
