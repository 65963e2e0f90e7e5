"""What a repository may do with a transaction: run statements, one at a time, to their end."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Row = Mapping[str, Any]


async def unhurried(work: Awaitable[T]) -> T:
    """Return what *work* returns; a cancel waits until it has ended.

    A connection that is left in the middle of a statement poisons the pool (aiomysql), or its
    thread goes on behind our back (aiosqlite).
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Session:
    """The statements of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"

    async def rows(self, statement: Executable) -> Sequence[Row]:
        """Return all rows of *statement*."""
        result = await unhurried(self._connection.execute(statement))
        return cast("Sequence[Row]", result.mappings().all())

    async def row(self, statement: Executable) -> Row | None:
        """Return the first row of *statement*, or None."""
        result = await unhurried(self._connection.execute(statement))
        return cast("Row | None", result.mappings().first())

    async def value(self, statement: Executable) -> Any:
        """Return the first column of the first row, or None."""
        return (await unhurried(self._connection.execute(statement))).scalar()

    async def change(self, statement: Executable) -> int:
        """Run an UPDATE, DELETE or INSERT; return how many rows it found."""
        return int((await unhurried(self._connection.execute(statement))).rowcount)

    async def insert(self, statement: Executable) -> int:
        """Run an INSERT of one row; return the id that the database gave it."""
        result = await unhurried(self._connection.execute(statement))
        return int(cast("tuple[int]", result.inserted_primary_key)[0])

    async def change_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run *statement* once for each of *rows*; return how many rows it found in all."""
        if not rows:
            return 0
        return int((await unhurried(self._connection.execute(statement, list(rows)))).rowcount)

    async def raw_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Hand *sql* and plain tuples straight to the driver: for the hot table only."""
        await unhurried(self._connection.exec_driver_sql(sql, rows))
