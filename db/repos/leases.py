"""Which worker owns which execution, and until when: given and taken by compare-and-set.

Not ``FOR UPDATE SKIP LOCKED``, which SQLite has not: the one whose UPDATE finds the row as it was
owns it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from db.model.execution import LIVE, Execution, Status
from db.repos.base import Repository
from db.repos.execution_rows import first_of, in_time, news, selection
from db.schema import attempts
from db.schema import executions as table

_LONGEST = timedelta(minutes=15)  # a lease may be set to 10 minutes; clocks agree to seconds


class Leases(Repository):
    """Claimed, taken over, extended and given back; a fence tells the owners apart."""

    async def claim(self, execution_id: int, worker: str, lease_until: datetime) -> bool:
        """Give a queued execution to *worker*; False if another one was faster, or it is too late.

        The sweep that ends what waited for too long may not have come by yet.
        """
        now = self._now()
        change = update(table).where(
            table.c.id == execution_id, table.c.status == Status.QUEUED, in_time(now)
        )
        change = change.values(
            status=Status.RUNNING,
            worker=worker,
            lease_until=lease_until,
            started_at=now,
            fence=table.c.fence + 1,
            attempt=table.c.attempt + 1,
            not_before=None,
            queue_expires_at=None,
            exit_status=None,
            error_category=None,
            error_detail="",
            error_message="",
            error_hint="",
            resumed=0,
            **news(now),
        )
        return await self._session.change(change) == 1

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

    async def release(self, worker: str, now: datetime, only: Execution | None = None) -> None:
        """End all leases of *worker*, or *only* the one of that execution."""
        change = update(table).where(table.c.worker == worker, table.c.status.in_(LIVE))
        if only is not None:
            change = change.where(table.c.id == only.id, table.c.fence == only.fence)
        await self._session.change(change.values(lease_until=now))

    async def abandoned(self, now: datetime, limit: int) -> list[Execution]:
        """Return live executions whose lease is over, or was given by a clock that went wrong.

        Such a one may be alive, and the clock that is wrong *now*'s: see whether it is renewed.
        """
        is_odd = table.c.lease_until > now + _LONGEST
        is_left = or_(table.c.lease_until <= now, is_odd)
        query = selection().where(table.c.status.in_(LIVE), is_left)
        return await first_of(self._session, query.order_by(table.c.id), limit)

    async def cancelling(self, ids: Collection[int]) -> set[int]:
        """Return those of *ids* that a person wants stopped."""
        query = select(table.c.id).where(table.c.id.in_(ids), table.c.status == Status.CANCELLING)
        return {row["id"] for row in await self._session.rows(query)}
