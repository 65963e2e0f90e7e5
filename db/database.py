"""Transactions: the one way to the rows, on SQLite and on MariaDB.

``begin()`` commits at the end of its block or rolls back; nobody else commits. A cancelled task
never leaves a connection in the middle of a statement: ``unhurried`` lets the statement end first.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import URL, event, exc, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from db.model.errors import Unavailable
from db.outages import is_elsewhere
from db.repos import Repos
from db.session import Session, unhurried

_POOL_SIZE = 10
#: Longer than any lock is waited for; a server that is stopped in mid-air never answers.
_LIMIT_S = 30.0
_BUSY_S = 5.0  # how long SQLite waits for another process
#: A server may be set up to cut what does not fit, and to wait for locks longer than people do.
_MARIADB_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
    " innodb_lock_wait_timeout = 10"
    # A bot that is frozen in the middle of a transaction must not keep its locks; MySQL lacks this.
    " /*M!100300 , idle_transaction_timeout = 10 */"
)


def async_url(url: str) -> URL:
    """Return *url* with the asynchronous driver that Ferry uses for its kind of database.

    ``sqlite:///ferry.db`` and ``mysql://user:password@host/ferry`` are enough; ValueError for
    anything that is neither SQLite nor MariaDB/MySQL.
    """
    # Nothing of *url* is repeated: what cannot be read may hold a password anywhere.
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise ValueError(
            "It is not a database URL; write sqlite:///ferry.db or mysql://user:password@host/ferry"
        ) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if parsed.database in {None, "", ":memory:"} or parsed.host:
            raise ValueError("The URL names no file to keep the data in; use sqlite:///ferry.db")
        return parsed.set(drivername="sqlite+aiosqlite")
    if kind in {"mysql", "mariadb"}:
        parsed = parsed.set(drivername=f"{kind}+aiomysql")
        return parsed.update_query_dict({"charset": "utf8mb4"})
    raise ValueError(
        "Only SQLite and MariaDB/MySQL are supported; use sqlite:///ferry.db or mysql://…"
    )


class Database:
    """An engine and its transactions; what takes more than *limit_s* seconds is given up.

    *audit_key*: what the chain of audit events is made with.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime],
        audit_key: bytes = b"",
        limit_s: float = _LIMIT_S,
    ) -> None:
        self.url = async_url(url)
        self._clock, self._audit_key = clock, audit_key
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Its statements end by themselves; a thread cannot be given up.
            self._limit_s: float | None = None
            self._engine = _sqlite(self.url, busy_s=min(limit_s, _BUSY_S))
            # SQLite has one writer; waiting here is fair and cheap, its busy handler is neither.
            self._writer: AbstractAsyncContextManager[None] = asyncio.Lock()
        else:
            self._limit_s = limit_s
            self._engine = _mariadb(self.url)
            self._writer = nullcontext()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Repos]:
        """Open a transaction for reading and writing; commit at the end of the block.

        Raises Unavailable when the database does not answer or lets a lock wait run out.
        """
        async with self._writer, self._transaction(self._engine) as session:
            repos = Repos(session, self._clock, audit_key=self._audit_key)
            yield repos
            await repos.audit.write()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Repos]:
        """Open a transaction for reading: on SQLite it waits for no writer."""
        engine = self._engine.execution_options(ferry_read=True)
        async with self._transaction(engine) as session:
            yield Repos(session, self._clock, audit_key=self._audit_key)

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[Session]:
        connection = engine.connect()
        session = Session(connection, limit_s=self._limit_s)
        try:
            await session.answer(connection.start())
            yield session
            await _commit(session, connection)
        finally:
            with suppress(TimeoutError):
                await unhurried(_close(connection), self._limit_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


async def _commit(session: Session, connection: AsyncConnection) -> None:
    try:
        await session.answer(connection.commit())
    except BaseException as error:
        # SQLAlchemy takes a transaction whose COMMIT failed for closed, and would give the
        # connection to the next one with the transaction still open.
        await session.answer(connection.invalidate(error))
        if not isinstance(error, Unavailable):
            raise
        raise Unavailable(
            "Ferry's database went away while it stored a change: it may be stored or not.",
            hint="Look how it stands before you try again.",
        ) from error


async def _close(connection: AsyncConnection) -> None:
    # A connection that was never opened has nothing to give back; one that died while it was
    # rolled back is thrown away, which is what a server does with its transaction, too.
    if connection.sync_connection is None:
        return
    try:
        await connection.rollback()  # of a transaction that failed: after a commit it asks nothing
    except (exc.SQLAlchemyError, OSError):
        with suppress(exc.SQLAlchemyError, OSError):
            await connection.invalidate()
    with suppress(exc.SQLAlchemyError, OSError):
        await connection.close()


def _mariadb(url: URL) -> AsyncEngine:
    # READ COMMITTED: the gap locks of the default level let a claim stall inserts.
    engine = create_async_engine(
        url,
        hide_parameters=True,  # what people and scripts said does not belong in an error's text
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_reset_on_return=None,  # see _close: a ROLLBACK after each COMMIT is a way for nothing
        pool_size=_POOL_SIZE,
        connect_args={"connect_timeout": 5, "init_command": _MARIADB_SESSION},
    )

    @event.listens_for(engine.sync_engine, "handle_error")
    def _leave(context: ExceptionContext) -> None:
        # After a failover the old server still answers, pings too. All connections in the pool
        # are opened anew, and the name of the host asked for anew with them.
        if is_elsewhere(context.sqlalchemy_exception):
            context.is_disconnect = True

    return engine


def _sqlite(url: URL, *, busy_s: float) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=_POOL_SIZE, pool_reset_on_return=None, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, see below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(busy_s * 1000)}")
        # FULL: a host's copy of a run is removed once it is stored here, power cut or not.
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that reads first and writes later must hold the lock from the start.
        reads = connection.get_execution_options().get("ferry_read")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
