"""Progress of many digits: MariaDB's FLOAT tells six of them, and refuses what is very large."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_TABLE = 'migration_attempts'
_COLUMNS = ('progress_done', 'progress_total')


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        for name in _COLUMNS:
            batch_op.alter_column(name, existing_type=sa.Float(), type_=sa.Double(), existing_nullable=True)


def downgrade() -> None:
    """Bring the schema back."""
    with op.batch_alter_table(_TABLE, schema=None) as batch_op:
        for name in _COLUMNS:
            batch_op.alter_column(name, existing_type=sa.Double(), type_=sa.Float(), existing_nullable=True)
