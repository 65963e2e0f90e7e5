"""Ferry's services on a real database, and a playground to tell."""

from collections.abc import AsyncIterator

import pytest

from db.database import Database
from playground.server import PlaygroundSlack
from tests.support.database import database_url, mariadb, migrated_file, sqlite_url
from tests.support.outbox import playground
from tests.support.reporting import Ferry, wall_clock

__all__ = ["database_url", "mariadb", "migrated_file", "sqlite_url"]


@pytest.fixture
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Start a fresh playground."""
    async with playground() as slack:
        yield slack


@pytest.fixture
async def ferry(sqlite_url: str) -> AsyncIterator[Ferry]:
    """Give services with a job and environments, on SQLite."""
    database = Database(sqlite_url, clock=wall_clock)
    ferry = Ferry(database)
    await ferry.open()
    yield ferry
    await database.close()
