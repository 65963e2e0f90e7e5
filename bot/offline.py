"""What the command line reads without Slack: the last runs, a log."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from bot.clock import utc_now
from bot.key_file import read_keys
from bot.settings import Settings
from db.database import Database
from db.migrations import upgrade
from db.model.execution import Execution
from executor.services import Ground, Services
from executor.services import build as build_services
from executor.services.history import as_text


@asynccontextmanager
async def services_of(settings: Settings) -> AsyncIterator[Services]:
    """Open the services over the configured database, for one command."""
    await upgrade(settings.database_url)
    keys = read_keys(settings.key_file)
    db = Database(settings.database_url, clock=utc_now, audit_key=keys.audit)
    try:
        yield build_services(Ground(db=db, clock=utc_now, admins=settings.admins, keys=keys))
    finally:
        await db.close()


async def recent(settings: Settings, count: int) -> list[str]:
    """Return the last *count* runs, a line each, newest first."""
    async with services_of(settings) as services:
        found = await services.history.recent(limit=count)
    return [_line(execution) for execution in found] or ["Nothing ran yet."]


async def log_of(settings: Settings, number: int) -> AsyncIterator[str]:
    """Yield the log of run *number*; NotFound if there is none."""
    async with services_of(settings) as services:
        await services.history.execution(number)
        async with aclosing(services.history.log(number)) as log:
            async for text in as_text(log):
                yield text


def _line(execution: Execution) -> str:
    when = f"{execution.created_at:%Y-%m-%d %H:%M}"
    category = f" {execution.error_category}" if execution.error_category else ""
    return (
        f"#{execution.id}  {when}  {execution.status}{category}  "
        f"{execution.job_name} → {execution.environment_name}  by {execution.requested_by}"
    )
