"""What ran, runs and waits, to look at and to reckon with: nothing here changes a row."""

from collections.abc import Collection

from sqlalchemy import select

from db.model.execution import LIVE, Execution, Status
from db.repos.base import Repository
from db.repos.execution_rows import executions_of, selection
from db.schema import executions as table

#: Ends that say whether the script works.
_TELLING = (Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.LOST)


class History(Repository):
    """Executions by what became of them."""

    async def active(self, environment_id: int | None) -> list[Execution]:
        """Return what waits or runs, oldest first."""
        states = [Status.AWAITING_CONFIRMATION, Status.QUEUED, *LIVE]
        query = selection().where(table.c.status.in_(states))
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        found = executions_of(await self._session.rows(query))
        # Asked for in order, SQLite would walk through all of history for the few that are active.
        return sorted(found, key=lambda one: one.id)

    async def recent(
        self, environment_id: int | None, before: int | None, limit: int
    ) -> list[Execution]:
        """Return at most *limit* executions, newest first, with numbers below *before*."""
        query = selection().order_by(table.c.id.desc()).limit(limit)
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        if before is not None:
            query = query.where(table.c.id < before)
        return executions_of(await self._session.rows(query))

    async def ended(
        self, job_id: int, job_version: int, environment_id: int, limit: int
    ) -> list[Execution]:
        """Return the last runs of that version there that succeeded or failed, last one first.

        At most *limit* of each way to end.
        """
        found: list[Execution] = []
        # Asked for all at once, SQLite would walk through the history of the job.
        for status in _TELLING:
            query = (
                selection()
                .where(table.c.job_id == job_id, table.c.environment_id == environment_id)
                .where(table.c.status == status, table.c.job_version == job_version)
                .order_by(table.c.id.desc())
                .limit(limit)
            )
            found += executions_of(await self._session.rows(query))
        return sorted(found, key=lambda one: (one.finished_at or one.created_at, one.id))[::-1]

    async def durations(self, job_id: int, environment_id: int, limit: int) -> list[float]:
        """Return the seconds that the last *limit* successes took, newest first."""
        query = (
            select(table.c.started_at, table.c.finished_at)
            .where(table.c.job_id == job_id, table.c.environment_id == environment_id)
            .where(table.c.status == Status.SUCCEEDED)
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        rows = await self._session.rows(query)
        return [(row["finished_at"] - row["started_at"]).total_seconds() for row in rows]

    async def job_names(self, numbers: Collection[int]) -> dict[str, str]:
        """Return the name of the job of each execution, by its number as text."""
        query = select(table.c.id, table.c.job_name).where(table.c.id.in_(numbers))
        return {str(row["id"]): row["job_name"] for row in await self._session.rows(query)}
