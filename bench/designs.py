"""The two designs of the system that Ferry replaces, on Ferry's own table.

It wrote a row and a commit a line at first; later it kept lines for each run until there were 50
or a second had passed. Both are given what Ferry gives itself: the same drivers, the same modes.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.database import async_url
from db.schema import log_lines

BATCH = 50
INTERVAL_S = 1.0
Row = dict[str, Any]


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    """Open the database at *url*."""
    engine = create_async_engine(async_url(url), pool_size=10)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")

    try:
        yield engine
    finally:
        await engine.dispose()


async def write(engine: AsyncEngine, rows: Sequence[Row]) -> None:
    """Store *rows* in a transaction of their own."""
    async with engine.begin() as connection:
        await connection.execute(insert(log_lines), rows)


async def write_all(engine: AsyncEngine, rows: Sequence[Row], batch: int) -> None:
    """Store *rows*, *batch* at a time."""
    for start in range(0, len(rows), batch):
        await write(engine, rows[start : start + batch])


class Buffer:
    """The 50-lines design, one for each run: ``add`` returns when there is room again."""

    def __init__(self, engine: AsyncEngine, lock: asyncio.Lock | None) -> None:
        self._engine = engine
        self._lock = lock  # SQLite has one writer: its busy handler would only poll
        self._rows: list[Row] = []
        self._flushed = asyncio.get_running_loop().time()

    async def add(self, rows: Sequence[Row]) -> int:
        """Keep *rows*; return how many were stored now."""
        self._rows += rows
        now = asyncio.get_running_loop().time()
        if len(self._rows) < BATCH and now - self._flushed < INTERVAL_S:
            return 0
        taken, self._rows, self._flushed = self._rows, [], now
        if self._lock is None:
            await write(self._engine, taken)
        else:
            async with self._lock:
                await write(self._engine, taken)
        return len(taken)
