"""Tables ``environment_locks`` and ``freeze_windows``: what is closed, and what was."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from db.model.locks import FreezeDraft, FreezeWindow, Lock
from db.repos.base import Repository, fill
from db.schema import environment_locks as table
from db.schema import freeze_windows


class Locks(Repository):
    """At most one of an environment is not opened; who writes here holds the environment."""

    async def add(
        self, environment_id: int, locked_by: str, reason: str, until: datetime | None
    ) -> Lock:
        """Return the new lock; it is to be told."""
        new = insert(table).values(
            environment_id=environment_id,
            locked_by=locked_by,
            reason=reason,
            until=until,
            untold=True,
            created_at=self._now(),
        )
        return await self._get(await self._session.insert(new))

    async def change(self, lock: Lock, **values: Any) -> Lock:
        """Set *values* of a lock, which is to be told again; return it."""
        change = update(table).where(table.c.id == lock.id).values(untold=True, **values)
        await self._session.change(change)
        return await self._get(lock.id)

    async def of(self, environment_id: int) -> Lock | None:
        """Return the environment's lock that is not opened; its end may have passed."""
        query = select(table).where(
            table.c.environment_id == environment_id, table.c.opened_at.is_(None)
        )
        row = await self._session.row(query)
        return fill(Lock, row) if row else None

    async def all(self) -> list[Lock]:
        """Return every lock that is not opened; the end of some may have passed."""
        query = select(table).where(table.c.opened_at.is_(None)).order_by(table.c.id)
        return [fill(Lock, row) for row in await self._session.rows(query)]

    async def history(self, environment_id: int) -> list[Lock]:
        """Return every lock that there was, the first one first."""
        query = select(table).where(table.c.environment_id == environment_id).order_by(table.c.id)
        return [fill(Lock, row) for row in await self._session.rows(query)]

    async def untold(self) -> list[Lock]:
        """Return the locks that the channels of their environments were not told of as they are."""
        query = select(table).where(table.c.untold).order_by(table.c.id)
        return [fill(Lock, row) for row in await self._session.rows(query)]

    async def told(self, lock: Lock) -> None:
        """Remember that *lock* was told as it is here; what changed since then is still to tell."""
        same = [table.c.id == lock.id, table.c.reason == lock.reason]
        same += [_same(table.c.until, lock.until), _same(table.c.opened_at, lock.opened_at)]
        await self._session.change(update(table).where(*same).values(untold=False))

    async def _get(self, lock_id: int) -> Lock:
        row = await self._session.row(select(table).where(table.c.id == lock_id))
        assert row is not None, "locks are never deleted"  # noqa: S101
        return fill(Lock, row)


class Freezes(Repository):
    """Windows that come back; one that is dropped is gone, the audit log keeps it."""

    async def add(self, environment_id: int, draft: FreezeDraft, made_by: str) -> FreezeWindow:
        """Return the new window."""
        values = asdict(draft) | {"environment_id": environment_id, "made_by": made_by}
        values["created_at"] = self._now()
        new = await self._session.insert(insert(freeze_windows).values(values))
        return FreezeWindow(id=new, **values)

    async def get(self, window_id: int) -> FreezeWindow | None:
        """Return the window of that number."""
        row = await self._session.row(
            select(freeze_windows).where(freeze_windows.c.id == window_id)
        )
        return fill(FreezeWindow, row) if row else None

    async def of(self, environment_id: int | None = None) -> list[FreezeWindow]:
        """Return the windows (of one environment), the oldest first."""
        query = select(freeze_windows).order_by(freeze_windows.c.id)
        if environment_id is not None:
            query = query.where(freeze_windows.c.environment_id == environment_id)
        return [fill(FreezeWindow, row) for row in await self._session.rows(query)]

    async def drop(self, window_id: int) -> bool:
        """Delete the window; False if it is gone already."""
        gone = delete(freeze_windows).where(freeze_windows.c.id == window_id)
        return await self._session.change(gone) > 0


def _same(column: Any, value: datetime | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value  # type: ignore[no-any-return]
