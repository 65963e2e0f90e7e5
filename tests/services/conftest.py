"""Services over a real database, furnished."""

import pytest

from db.database import Database
from executor.services import Ground, Services, build
from tests.support.database import (  # noqa: F401 - fixtures
    Clock,
    clock,
    database,
    database_url,
    mariadb,
    migrated_file,
    sqlite_url,
)
from tests.support.world import ANA, furnish


@pytest.fixture
async def ground(database: Database, clock: Clock) -> Ground:  # noqa: F811 - a fixture by name
    """Give what services stand on; Ana is the admin."""
    return Ground(db=database, clock=clock, admins=frozenset({ANA.user_id}))


@pytest.fixture
async def services(ground: Ground) -> Services:
    """Give the services over a furnished database."""
    built = build(ground)
    await furnish(built)
    return built
