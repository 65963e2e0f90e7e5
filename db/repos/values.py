"""Table ``execution_parameters``: which executions were for patient 44320."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select

from db.model.execution import Execution
from db.repos.base import Repository
from db.repos.executions import execution_of, newest
from db.schema import execution_parameters as table
from db.schema import executions


class Values(Repository):
    """What executions were asked for with; of personal values only a keyed digest is compared."""

    async def had(
        self,
        name: str,
        values: Collection[str],
        digests: Collection[str],
        *,
        environment_id: int | None,
        before: int | None,
        limit: int,
    ) -> list[Execution]:
        """Return executions whose parameter *name* had one of *values*, or one of *digests*.

        At most *limit*, newest first, with numbers below *before*.
        """
        is_open = and_(table.c.digest == "", table.c.value.in_(values))
        query = (
            newest(environment_id, before, limit)
            .join(table, table.c.execution_id == executions.c.id)
            .where(table.c.name == name, or_(table.c.digest.in_(digests), is_open))
        )
        return [execution_of(row) for row in await self._session.rows(query)]

    async def was_personal(self, name: str) -> bool:
        """Return whether any execution had a personal value of the parameter of that *name*."""
        query = select(table.c.name).where(table.c.name == name, table.c.digest != "").limit(1)
        return await self._session.row(query) is not None

    async def has_name(self, name: str) -> bool:
        """Return whether any execution had a parameter of that *name*."""
        query = select(table.c.name).where(table.c.name == name).limit(1)
        return await self._session.row(query) is not None
