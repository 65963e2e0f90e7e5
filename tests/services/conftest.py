"""Services over a real database, furnished."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from db.database import Database
from executor.services import Ground, Services, build
from executor.services.log_writer import LogWriter
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.tools import Tools
from tests.support.database import (  # noqa: F401 - fixtures
    Clock,
    clock,
    database,
    database_url,
    mariadb,
    migrated_file,
    sqlite_url,
)
from tests.support.on_host import gate  # noqa: F401 - a fixture
from tests.support.sshd import sshd  # noqa: F401 - a fixture
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


@pytest.fixture
async def tools(ground: Ground, services: Services) -> AsyncIterator[Tools]:
    """Give what runs work with."""
    hosts = Hosts(read_secret=lambda reference: reference, connect_timeout_s=5)
    yield Tools(
        queue=services.queue,
        records=services.records,
        preflights=services.preflights,
        voids=services.voids,
        writer=LogWriter(ground),
        hosts=hosts,
        resolver=Resolver(hosts),
        read_secret=lambda reference: reference,
        clock=ground.clock,
    )
    await hosts.close()


@pytest.fixture
def key(tmp_path: Path) -> str:
    """Make a private key."""
    path = tmp_path / "id_ed25519"
    path.touch(mode=0o600)
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(path)
    return str(path)
