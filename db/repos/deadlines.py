"""What of ``migration_executions`` was not answered or begun in time, a portion at a time."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from db.model.execution import Status
from db.repos.base import Repository
from db.repos.execution_rows import first_of, news, selection
from db.schema import executions as table


class Deadlines(Repository):
    """Each question is for the first numbers above *after*, in order, *limit* of them at most."""

    async def unanswered(self, now: datetime, after: int, limit: int) -> list[int]:
        """Return those whose confirmation was not given in time."""
        return await self._first(
            Status.AWAITING_CONFIRMATION, table.c.expires_at <= now, after, limit
        )

    async def overdue(self, now: datetime, after: int, limit: int) -> list[int]:
        """Return those that have waited in the queue for longer than they may."""
        return await self._first(Status.QUEUED, table.c.queue_expires_at <= now, after, limit)

    async def unreminded(self, until: datetime, after: int, limit: int) -> list[int]:
        """Return those with time to confirm till *until* at most that nobody was reminded of."""
        query = selection().where(
            table.c.status == Status.AWAITING_CONFIRMATION,
            table.c.reminded_at.is_(None),
            table.c.expires_at <= until,
            table.c.id > after,
        )
        found = await first_of(self._session, query.order_by(table.c.id), limit)
        return [one.id for one in found]

    async def remind(self, execution_id: int, now: datetime) -> bool:
        """Note that it was reminded of; False if it was before, or was answered."""
        change = update(table).where(
            table.c.id == execution_id,
            table.c.status == Status.AWAITING_CONFIRMATION,
            table.c.reminded_at.is_(None),
        )
        values = {"reminded_at": now, **news(self._now())}
        return await self._session.change(change.values(values)) == 1

    async def _first(
        self, status: Status, is_late: ColumnElement[bool], after: int, limit: int
    ) -> list[int]:
        query = select(table.c.id).where(table.c.status == status, is_late, table.c.id > after)
        rows = await self._session.rows(query.order_by(table.c.id).limit(limit))
        return [row["id"] for row in rows]
