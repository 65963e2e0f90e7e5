"""Runs by their values: found by an index that is in the order of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

_TABLE = 'execution_parameters'


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.drop_index('ix_execution_parameters_name_digest')
        batch_op.drop_index('ix_execution_parameters_name_value', mysql_length={'value': 100}, mariadb_length={'value': 100})
        batch_op.add_column(sa.Column('sought', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('environment_id', sa.Integer(), nullable=True))
    op.execute(
        "UPDATE execution_parameters SET "
        "sought = CASE WHEN digest = '' THEN SUBSTR(value, 1, 100) ELSE digest END, "
        "environment_id = (SELECT environment_id FROM migration_executions WHERE id = execution_id)"
    )
    # Without a default: what an older Ferry would write now is refused, not left where nobody finds it.
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.alter_column('sought', existing_type=sa.String(length=100), nullable=False)
        batch_op.alter_column('environment_id', existing_type=sa.Integer(), nullable=False)
        batch_op.create_index('ix_execution_parameters_name_sought_environment_id_execution_id', ['name', 'sought', 'environment_id', 'execution_id'], unique=False)
        batch_op.create_index('ix_execution_parameters_name_sought_execution_id', ['name', 'sought', 'execution_id'], unique=False)


def downgrade() -> None:
    """Bring the schema back."""
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        batch_op.drop_index('ix_execution_parameters_name_sought_execution_id')
        batch_op.drop_index('ix_execution_parameters_name_sought_environment_id_execution_id')
        batch_op.drop_column('environment_id')
        batch_op.drop_column('sought')
        batch_op.create_index('ix_execution_parameters_name_value', ['name', 'value'], unique=False, mysql_length={'value': 100}, mariadb_length={'value': 100})
        batch_op.create_index('ix_execution_parameters_name_digest', ['name', 'digest'], unique=False)
