"""Ferry without Slack: services, log writer and worker, wired as ``ferry serve`` wires them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import Bot
from bot.settings import Settings
from bot.wiring import build
from db.model.execution import Attempt, Execution, Status
from executor.services import Ask, Services
from tests.acceptance.furnishing import furnish
from tests.support.sshd import Host
from tests.support.world import ANA, BRUNO

ROOMY = 50  #: runs at once in an environment: the most there may be
_LOOK_S = 0.1


@asynccontextmanager
async def engine(url: str, host: Host, *, slots: int = 1) -> AsyncIterator[Bot]:
    """Give the furnished parts of a bot on the migrated database at *url*; its writer runs."""
    with TemporaryDirectory() as home:
        given = Settings.model_construct(
            database_url=url,
            key_file=Path(home) / "ferry.key",
            worker_slots=slots,
            admins=frozenset({ANA.user_id}),
        )
        bot = build(given)
    writing = asyncio.create_task(bot.writer.run(), name="log-writer")
    try:
        await furnish(bot.services, host)
        yield bot
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await bot.hosts.close()
        await bot.ground.db.close()


@asynccontextmanager
async def working(bot: Bot) -> AsyncIterator[None]:
    """Let the worker of *bot* run."""
    task = asyncio.create_task(bot.worker.run(), name="worker")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def launch(services: Services, job: str, channel: str, **values: str) -> Execution:
    """Ask for a run of *job*."""
    ask = Ask(job=job, channel_id=channel, by=BRUNO, values=values)
    return await services.launcher.launch(ask)


async def end(services: Services, execution: Execution) -> Attempt:
    """Return the one attempt of *execution* once it has succeeded; RuntimeError if it failed."""
    found = execution
    while not found.status.is_over:
        await asyncio.sleep(_LOOK_S)
        found = await services.history.execution(execution.id)
    if found.status is not Status.SUCCEEDED:
        raise RuntimeError(f"#{found.id} {found.status}: {found.error_message}")
    return (await services.queue.brief(found)).attempt
