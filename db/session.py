"""What a repository may do with a transaction: run statements, one at a time, to their end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from sqlalchemy import Column, CursorResult, Executable, text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.model.errors import Unavailable
from db.outages import is_outage, is_taken

T = TypeVar("T")
Row = Mapping[str, Any]


class Taken(Exception):
    """A unique value is there already; the transaction goes on without the refused row."""


async def unhurried(work: Awaitable[T], limit_s: float | None) -> T:
    """Return what *work* returns; cancels wait until it has ended, *limit_s* seconds at most.

    A connection that is left in the middle of a statement poisons the pool (aiomysql), or its
    thread goes on behind our back (aiosqlite). Raises TimeoutError after *limit_s*; None: never.
    """

    async def bounded() -> T:
        async with asyncio.timeout(limit_s):
            return await work

    task = asyncio.ensure_future(bounded())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # a second cancel waits as well
                await asyncio.wait([task])
        raise


class Session:
    """The statements of one transaction."""

    def __init__(self, connection: AsyncConnection, *, limit_s: float | None) -> None:
        self._connection = connection
        self._limit_s = limit_s
        self.is_sqlite = connection.engine.dialect.name == "sqlite"

    async def answer(self, work: Awaitable[T]) -> T:
        """Return what *work*, something asked of the database, returns.

        Raises Unavailable when the database does not answer, Taken for a value that is there.
        """
        try:
            return await unhurried(work, self._limit_s)
        except Exception as error:
            if is_outage(error):
                raise Unavailable(
                    "Ferry's database does not answer right now; nothing was changed.",
                    hint="Try again in a minute.",
                ) from error
            if is_taken(error):
                raise Taken(str(error)) from error
            raise

    async def rows(self, statement: Executable) -> Sequence[Row]:
        """Return all rows of *statement*."""
        return cast("Sequence[Row]", (await self._execute(statement)).mappings().all())

    async def row(self, statement: Executable) -> Row | None:
        """Return the first row of *statement*, or None."""
        return cast("Row | None", (await self._execute(statement)).mappings().first())

    async def value(self, statement: Executable) -> Any:
        """Return the first column of the first row, or None."""
        return (await self._execute(statement)).scalar()

    async def change(self, statement: Executable) -> int:
        """Run an UPDATE, DELETE or INSERT; return how many rows it found."""
        return int((await self._execute(statement)).rowcount)

    async def insert(self, statement: Executable) -> int:
        """Run an INSERT of one row; return the id that the database gave it."""
        return int(cast("tuple[int]", (await self._execute(statement)).inserted_primary_key)[0])

    async def change_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run *statement* once for each of *rows*; return how many rows it found in all."""
        return int((await self._execute(statement, list(rows))).rowcount) if rows else 0

    def binder(self, column: Column[Any]) -> Callable[[Any], Any]:
        """Return what makes a value of *column* one that ``raw`` can hand over."""
        dialect = self._connection.dialect
        return column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is

    async def raw(self, sql: str, values: tuple[Any, ...]) -> int:
        """Hand *sql*, in the driver's dialect, straight to it; return how many rows it found."""
        return int((await self.answer(self._connection.exec_driver_sql(sql, values))).rowcount)

    async def raw_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Hand *sql* and plain tuples straight to the driver: for the hot table only."""
        await self.answer(self._connection.exec_driver_sql(sql, rows))

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Run *work*; if the database refuses it, undo it alone, and return False.

        Unavailable and Taken are no refusals: they are raised.
        """
        await self._execute(text("SAVEPOINT attempt"))
        try:
            await work()
        except (Unavailable, Taken):
            raise
        except Exception:  # noqa: BLE001 - also what the driver cannot even send
            await self._execute(text("ROLLBACK TO SAVEPOINT attempt"))
            return False
        await self._execute(text("RELEASE SAVEPOINT attempt"))
        return True

    async def _execute(
        self, statement: Executable, rows: list[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        work = self._connection.execute(statement, rows)
        return cast("CursorResult[Any]", await self.answer(work))


def _as_it_is(value: Any) -> Any:
    return value
