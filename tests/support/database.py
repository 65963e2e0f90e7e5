"""Fixtures that give a migrated database: the same test on SQLite and on MariaDB.

A ``conftest.py`` imports what its tests ask for, with what that asks for in
turn: ``database_url`` (fresh and migrated), ``database`` (opened, on the test's ``clock``),
``mariadb`` (the server) and ``sqlite_url`` (for what need not run on both). However many
conftests import them, there is one server a session.
"""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from db.database import Database
from db.migrations import upgrade
from tests.support.mariadb import MariaDB, private_server

_SERVER = pytest.StashKey[MariaDB]()
_MIGRATED = "ferry_test"
BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("mariadb", id="mariadb", marks=pytest.mark.mariadb),
]


class Clock:
    """Time as the test tells it; microseconds are there to be lost."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, seconds: float) -> datetime:
        """Let time pass; return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still until it is told."""
    return Clock()


@pytest.fixture(scope="session")
def mariadb(request: pytest.FixtureRequest) -> MariaDB:
    """Start a private MariaDB server, one for all tests; whoever stops it starts it again."""
    stash = request.config.stash
    if _SERVER not in stash:
        running = contextlib.ExitStack()
        stash[_SERVER] = running.enter_context(private_server())
        request.config.add_cleanup(running.close)
        _migrate(stash[_SERVER].create(_MIGRATED))
    return stash[_SERVER]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "ferry.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated SQLite file with no rows."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'ferry.db')}"


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a migrated database with no rows: once SQLite, once MariaDB."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server: MariaDB = request.getfixturevalue("mariadb")
    server.empty(_MIGRATED)
    return server.url(_MIGRATED)


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    """Open a migrated, empty database, and close it again."""
    opened = Database(database_url, clock=clock)
    yield opened
    await opened.close()


async def ping(database: Database) -> None:
    """Return when the database answers; raises Unavailable otherwise."""
    async with database.read() as repos:
        await repos.session.rows(text("SELECT 1"))


async def do(database: Database, statement: str) -> None:
    """Execute *statement*, of no repository's."""
    async with database.begin() as repos:
        await repos.session.change(text(statement))


async def waiting(database: Database, table: str = "migration_executions") -> int:
    """Return how many statements on *table* MariaDB has under way, which wait for others."""
    query = text(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query'"
        " AND info LIKE :of AND id <> CONNECTION_ID()"
    ).bindparams(of=f"%{table}%")
    async with database.read() as repos:
        return int(await repos.session.value(query))


@contextlib.asynccontextmanager
async def no_executions(database: Database) -> AsyncIterator[None]:
    """Have the table away, as in the hands of somebody who repairs it: no outage, but no use."""
    await do(database, "ALTER TABLE migration_executions RENAME TO elsewhere")
    try:
        yield
    finally:
        await do(database, "ALTER TABLE elsewhere RENAME TO migration_executions")


def _migrate(url: str) -> None:
    # In its own thread: a test's event loop may be running in this one.
    failure: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(upgrade(url))
        except BaseException as error:  # noqa: BLE001 - raised again below
            failure.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
