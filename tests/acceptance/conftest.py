from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.house import House, furnished
from tests.support.database import (  # noqa: F401 - fixtures
    database_url,
    mariadb,
    migrated_file,
    sqlite_url,
)
from tests.support.sshd import Sshd, sshd  # noqa: F401 - a fixture


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ferry(tmp_path_factory: pytest.TempPathFactory, sshd: Sshd) -> AsyncIterator[House]:  # noqa: F811
    """Keep one furnished Ferry running for all tests of a module."""
    home: Path = tmp_path_factory.mktemp("ferry")
    async with furnished(home, sshd.host) as made:
        yield made
