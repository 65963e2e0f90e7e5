"""A host that hangs up with a reason while a run's output is asked for harms no script."""

from pathlib import Path

import pytest

from db.model.execution import Status
from executor.services import Services
from executor.tools import Tools
from tests.support.on_host import HELD, follows, launch, once_over, place, worker
from tests.support.rude_host import REASONS, serving
from tests.support.waiting import until


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: which one it is does not matter here."""
    return sqlite_url


@pytest.mark.parametrize("reason", REASONS)
async def test_a_script_outlives_a_host_that_hangs_up(
    services: Services, tools: Tools, tmp_path: Path, reason: int
) -> None:
    """It goes on, is followed again, and its end is told as it was."""
    async with serving(tmp_path / "home") as rude:
        await place(services, rude.host)
        held = HELD.format(gate="gate")
        asked = await launch(services, rude.host, f"echo before; {held}; echo after; exit 3")
        async with worker(tools, "w1"):
            await follows(services, asked)
        rude.reason, rude.hang_ups = reason, 4  # more often than it is asked at once
        async with worker(tools, "w2"):
            await until(lambda: not rude.hang_ups, "it hung up as often as it should")
            (rude.sample.home / "gate").touch()
            over = await once_over(services, asked)
        lines = [line.text for line in await services.history.tail(asked.id, 9)]

    assert (over.status, over.exit_status, over.attempt) == (Status.FAILED, 3, 1)
    assert lines == ["before", "after"]
