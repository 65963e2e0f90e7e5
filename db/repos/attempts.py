"""Table ``migration_attempts``: each try over SSH, and how far its output is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from db.model.categories import Category
from db.model.execution import Attempt
from db.repos.base import Repository, fill
from db.schema import attempts as table


class Attempts(Repository):
    """One row a try; lines and offsets are written in the same transaction."""

    async def add(self, execution_id: int, number: int, fence: int) -> None:
        """Begin try *number*; its lines go on counting where the last try's ended."""
        last = func.coalesce(func.max(table.c.last_line), 0)
        line = await self._session.value(select(last).where(table.c.execution_id == execution_id))
        await self._session.change(
            insert(table).values(
                execution_id=execution_id,
                number=number,
                fence=fence,
                last_line=line,
                progress_words="",
                result={},
                created_at=self._now(),
            )
        )

    async def get(self, execution_id: int, number: int) -> Attempt:
        """Return the try; it exists from the claim on."""
        row = await self._session.row(
            select(table).where(table.c.execution_id == execution_id, table.c.number == number)
        )
        assert row is not None, "a claim writes its attempt"  # noqa: S101
        return _attempt(row)

    async def of(self, execution_id: int) -> list[Attempt]:
        """Return all tries of an execution, the first one first."""
        query = select(table).where(table.c.execution_id == execution_id)
        return [_attempt(row) for row in await self._session.rows(query.order_by(table.c.number))]

    async def unremoved(self, since: datetime, limit: int) -> list[Attempt]:
        """Return tries that ended after *since* and whose directory may still be on the host."""
        query = select(table).where(
            table.c.removed_at.is_(None),
            table.c.finished_at > since,
            table.c.start_requested_at.is_not(None),
        )
        rows = await self._session.rows(query.order_by(table.c.finished_at).limit(limit))
        return [_attempt(row) for row in rows]

    async def removed(self, execution_id: int, number: int) -> None:
        """Note that its directory is not on the host any more."""
        change = update(table).where(table.c.execution_id == execution_id, table.c.number == number)
        await self._session.change(change.values(removed_at=self._now()))

    async def change(self, execution_id: int, number: int, *, fence: int, **values: Any) -> bool:
        """Set *values* if the fence is still ours; say whether it was."""
        change = update(table).where(
            table.c.execution_id == execution_id,
            table.c.number == number,
            table.c.fence == fence,
        )
        return await self._session.change(change.values(values)) == 1

    async def advance(self, marks: Sequence[Mapping[str, Any]]) -> int:
        """Store how far the output of several tries is; return how many still had our fence.

        Each of *marks*: execution_id, attempt, fence, and the columns of ``_MARKS``. Rows are
        locked in the order of their numbers, so that two writers cannot block each other.
        """
        change = (
            update(table)
            .where(
                table.c.execution_id == bindparam("of_execution"),
                table.c.number == bindparam("of_attempt"),
                table.c.fence == bindparam("of_fence"),
            )
            .values({name: bindparam(f"to_{name}") for name in _MARKS})
        )
        rows = [
            {
                "of_execution": mark["execution_id"],
                "of_attempt": mark["attempt"],
                "of_fence": mark["fence"],
                **{f"to_{name}": mark[name] for name in _MARKS},
            }
            for mark in sorted(marks, key=lambda mark: (mark["execution_id"], mark["attempt"]))
        ]
        return await self._session.change_many(change, rows)


_MARKS = (
    "out_offset",
    "err_offset",
    "last_line",
    "warnings",
    "progress_done",
    "progress_total",
    "progress_words",
    "result",
)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    category = row["error_category"]
    return fill(Attempt, row, error_category=Category(category) if category else None)
