"""The queue over ``migration_executions``: claim, lease, take over, by compare-and-set.

Not ``FOR UPDATE SKIP LOCKED``, which SQLite has not: the one whose UPDATE finds the row as it was
owns it. The environment's row is locked first, so that two workers cannot both count a free place.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update

from db.model.execution import LIVE, Execution, Status
from db.repos.base import Repository
from db.repos.environments import Environments
from db.repos.executions import execution_of, news, selection
from db.schema import attempts
from db.schema import executions as table


class Queue(Repository):
    """Who runs what next."""

    async def waiting(self) -> list[tuple[int, int]]:
        """Return (environment id, number of its oldest queued execution), oldest first."""
        oldest = func.min(table.c.id).label("oldest")
        query = (
            select(table.c.environment_id, oldest)
            .where(table.c.status == Status.QUEUED)
            .group_by(table.c.environment_id)
            .order_by(oldest)
        )
        return [(row["environment_id"], row["oldest"]) for row in await self._session.rows(query)]

    async def has_room(self, environment_id: int) -> bool:
        """Say whether one more may run there; holds the environment until the transaction ends."""
        environments = Environments(self._session, self._now)
        environment = await environments.lock(environment_id)
        running = select(func.count()).where(
            table.c.environment_id == environment_id, table.c.status.in_(LIVE)
        )
        return int(await self._session.value(running)) < environment.concurrency

    async def claim(self, execution_id: int, worker: str, lease_until: datetime) -> bool:
        """Give a queued execution to *worker*; False if another one was faster."""
        change = update(table).where(table.c.id == execution_id, table.c.status == Status.QUEUED)
        now = self._now()
        change = change.values(
            status=Status.RUNNING,
            worker=worker,
            lease_until=lease_until,
            started_at=now,
            fence=table.c.fence + 1,
            attempt=table.c.attempt + 1,
            **news(now),
        )
        return await self._session.change(change) == 1

    async def abandoned(self, now: datetime, limit: int) -> list[Execution]:
        """Return live executions whose lease is over."""
        query = selection().where(table.c.status.in_(LIVE), table.c.lease_until <= now)
        rows = await self._session.rows(query.order_by(table.c.id).limit(limit))
        return [execution_of(row) for row in rows]

    async def take_over(self, old: Execution, worker: str, lease_until: datetime) -> bool:
        """Give a live execution to *worker* under a new fence; False if its owner came back.

        A worker that picks up what it had left itself is not told as a restart.
        """
        change = update(table).where(
            table.c.id == old.id, table.c.fence == old.fence, table.c.status.in_(LIVE)
        )
        change = change.where(table.c.lease_until == old.lease_until).values(
            worker=worker,
            lease_until=lease_until,
            fence=table.c.fence + 1,
            resumed=table.c.resumed + int(worker != old.worker),
            **news(self._now()),
        )
        if await self._session.change(change) != 1:
            return False
        fenced = update(attempts).where(
            attempts.c.execution_id == old.id, attempts.c.number == old.attempt
        )
        await self._session.change(fenced.values(fence=old.fence + 1))
        return True

    async def renew(self, worker: str, ids: Collection[int], lease_until: datetime) -> set[int]:
        """Extend the leases of *worker*; return the numbers that it still owns."""
        mine = (table.c.id.in_(ids), table.c.worker == worker, table.c.status.in_(LIVE))
        await self._session.change(update(table).where(*mine).values(lease_until=lease_until))
        return {row["id"] for row in await self._session.rows(select(table.c.id).where(*mine))}

    async def release(self, worker: str, now: datetime) -> None:
        """End all leases of *worker*."""
        mine = (table.c.worker == worker, table.c.status.in_(LIVE))
        await self._session.change(update(table).where(*mine).values(lease_until=now))

    async def cancelling(self, ids: Collection[int]) -> set[int]:
        """Return those of *ids* that a person wants stopped."""
        query = select(table.c.id).where(table.c.id.in_(ids), table.c.status == Status.CANCELLING)
        return {row["id"] for row in await self._session.rows(query)}
