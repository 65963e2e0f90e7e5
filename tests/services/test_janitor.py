"""What has to happen by itself happens, whatever becomes of the rest."""

from sqlalchemy import select, update

from db.model.execution import Status
from db.schema import executions
from executor.janitor import Janitor
from executor.leftovers import Leftovers
from executor.services import Ask, Ground, Services
from executor.tools import Tools
from tests.support.database import Clock
from tests.support.world import BRUNO, GOOD, PRODUCTION


async def test_what_cannot_be_done_keeps_nothing_else_undone(
    services: Services,
    ground: Ground,
    clock: Clock,
    tools: Tools,
) -> None:
    """Of a row that cannot be read any more nobody is reminded, but it expires all the same."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    asked = await services.launcher.launch(ask)
    row = executions.c.id == asked.id
    async with ground.db.begin() as repos:
        await repos.session.change(update(executions).where(row).values(plan={}))
    clock.advance(30 * 60)

    await Janitor(services.confirmations, services.queue, services.locks, Leftovers(tools)).sweep()

    async with ground.db.read() as repos:
        status = await repos.session.value(select(executions.c.status).where(row))
    assert status == Status.EXPIRED
