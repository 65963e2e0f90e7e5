"""Table ``execution_parameters``: which executions were for patient 44320."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, select

from db.model.execution import Execution
from db.repos.base import Repository
from db.repos.execution_rows import executions_of, selection, sought
from db.schema import BY_VALUE, BY_VALUE_THERE, executions
from db.schema import execution_parameters as table


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
        query = select(table.c.execution_id).where(table.c.name == name)
        index = BY_VALUE if environment_id is None else BY_VALUE_THERE
        # MariaDB would intersect both indexes, and sort all that had it.
        query = query.with_hint(table, f"FORCE INDEX ({index})")
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        if before is not None:
            query = query.where(table.c.execution_id < before)
        query = query.order_by(table.c.execution_id.desc()).limit(limit)
        is_open = table.c.digest == ""
        ways = [and_(is_open, table.c.value == one, _sought(one)) for one in values]
        ways += [and_(table.c.digest == one, _sought(one)) for one in digests]
        found: set[int] = set()
        # One after the other: together, they would be a walk through all that had one of them.
        for way in ways:
            found.update(row["execution_id"] for row in await self._session.rows(query.where(way)))
        numbers = sorted(found, reverse=True)[:limit]
        if not numbers:
            return []
        rows = await self._session.rows(selection().where(executions.c.id.in_(numbers)))
        return sorted(executions_of(rows), key=lambda one: -one.id)

    async def has_name(self, name: str) -> bool:
        """Return whether any execution had a parameter of that *name*."""
        query = select(table.c.name).where(table.c.name == name).limit(1)
        return await self._session.row(query) is not None


def _sought(value: str) -> ColumnElement[bool]:
    return table.c.sought == sought(value)
