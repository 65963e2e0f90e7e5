"""Alembic's entry: runs the migrations on the URL that ``runner`` put into the configuration.

Of two processes that start at once, the second waits for the first. On SQLite a migration happens
wholly or not at all; MariaDB commits each CREATE and ALTER by itself.
"""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, event, pool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.model.errors import Unavailable
from db.schema import metadata
from db.types import UtcDateTime

_LOCK = "ferry_migrations"
_WAIT_S = 60


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from db.types import UtcDateTime")
        return "UtcDateTime()"
    return False


def _run(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=_render,
        render_as_batch=is_sqlite,
        compare_type=True,
        transactional_ddl=is_sqlite,
    )
    if not is_sqlite:
        # Held until the connection is closed, which is after the version is committed.
        is_ours = connection.execute(text(f"SELECT GET_LOCK('{_LOCK}', {_WAIT_S})")).scalar()
        if is_ours != 1:
            raise Unavailable(
                "Another Ferry has been migrating this database for a minute.",
                hint="Start this one again once that is done.",
            )
    with context.begin_transaction():
        context.run_migrations()


def _own_transactions(engine: AsyncEngine) -> None:
    """Let BEGIN take SQLite's write lock, and CREATE and ALTER be part of the transaction."""

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _online() -> None:
    url = context.config.attributes["url"]
    is_sqlite = url.get_backend_name() == "sqlite"
    wait = {"timeout": _WAIT_S} if is_sqlite else {"connect_timeout": 5}
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args=wait)
    if is_sqlite:
        _own_transactions(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


asyncio.run(_online())
