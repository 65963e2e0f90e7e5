"""Table ``migration_attempts``: each try over SSH, and how far its output is stored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from db.model.categories import Category
from db.model.execution import Attempt
from db.repos.base import Repository, fill
from db.schema import attempts as table
from db.schema import executions
from db.session import Row


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

    async def unremoved(self, environment_id: int, since: datetime, limit: int) -> Sequence[Row]:
        """Return tries there that ended after *since* and whose directory may still be there.

        Each with ``execution_id``, its ``key``, ``number`` and ``finished_at``, first ends first.
        """
        query = (
            select(table.c.execution_id, executions.c.key, table.c.number, table.c.finished_at)
            .join(executions, executions.c.id == table.c.execution_id)
            .where(
                executions.c.environment_id == environment_id,
                table.c.removed_at.is_(None),
                table.c.finished_at > since,
                table.c.start_requested_at.is_not(None),
            )
        )
        return await self._session.rows(query.order_by(table.c.finished_at).limit(limit))

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

        Each of *marks*, one a try: execution_id, attempt, fence, and the columns of ``_MARKS``. All
        in one statement; rows are locked in the order of their numbers, so that two writers cannot
        block each other.
        """
        if not marks:
            return 0
        values: list[Any] = []
        bind = [(name, self._session.binder(table.c[name])) for name in _MARKS]
        for mark in sorted(marks, key=lambda mark: (mark["execution_id"], mark["attempt"])):
            values += (mark["execution_id"], mark["attempt"], mark["fence"])
            values += [of(mark[name]) for name, of in bind]
        sql = _sqlite_advance if self._session.is_sqlite else _mariadb_advance
        return await self._session.raw(sql(len(marks)), tuple(values))

    async def owned(self, marks: Sequence[Mapping[str, Any]]) -> set[tuple[int, int, int]]:
        """Return (execution id, number, fence) of those of *marks* that still have our fence."""
        asked = {(mark["execution_id"], mark["attempt"], mark["fence"]) for mark in marks}
        query = select(table.c.execution_id, table.c.number, table.c.fence)
        rows = await self._session.rows(
            query.where(table.c.execution_id.in_({mark["execution_id"] for mark in marks}))
        )
        return asked & {(row["execution_id"], row["number"], row["fence"]) for row in rows}

    async def last_lines(self, ids: Collection[int]) -> dict[tuple[int, int], int]:
        """Return the number of the last stored line by (execution id, number of the try)."""
        query = select(table.c.execution_id, table.c.number, table.c.last_line)
        rows = await self._session.rows(query.where(table.c.execution_id.in_(ids)))
        return {(row["execution_id"], row["number"]): row["last_line"] for row in rows}


_FENCED = ("execution_id", "number", "fence")
_MARKS = (  # columns that a `Batch` has a field for
    "out_offset",
    "err_offset",
    "last_line",
    "warnings",
    "progress_done",
    "progress_total",
    "progress_words",
    "result",
    "last_output_at",
)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    category = row["error_category"]
    return fill(Attempt, row, error_category=Category(category) if category else None)


# SQLAlchemy would compile such a statement anew each time, which takes longer than it runs.
def _sqlite_advance(count: int) -> str:
    row = f"({', '.join('?' * len(_FENCED + _MARKS))})"
    pairs = [f"{name} = column{n}" for n, name in enumerate(_FENCED + _MARKS, 1)]
    fenced, marks = pairs[: len(_FENCED)], pairs[len(_FENCED) :]
    return (
        f"UPDATE {table.name} SET {', '.join(marks)}"  # noqa: S608 - constants
        f" FROM (VALUES {', '.join([row] * count)}) WHERE {' AND '.join(fenced)}"
    )


def _mariadb_advance(count: int) -> str:
    names = _FENCED + _MARKS
    first = ", ".join(f"%s AS {name}" for name in names)
    others = f" UNION ALL SELECT {', '.join(['%s'] * len(names))}" * (count - 1)
    # STRAIGHT_JOIN: the tries are looked up, and locked, one after the other as they stand in m.
    return (
        f"UPDATE (SELECT {first}{others}) AS m STRAIGHT_JOIN {table.name} AS a"  # noqa: S608
        f" ON {' AND '.join(f'a.{name} = m.{name}' for name in _FENCED)}"
        f" SET {', '.join(f'a.{name} = m.{name}' for name in _MARKS)}"
    )
