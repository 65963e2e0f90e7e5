"""How often it was asked again: each time is told, also twice in one attempt."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema up."""
    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('voids', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    """Bring the schema back."""
    with op.batch_alter_table('migration_executions', schema=None) as batch_op:
        batch_op.drop_column('voids')
