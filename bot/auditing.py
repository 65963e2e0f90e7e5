"""``ferry audit``: the log of what happened, read, exported and verified at Ferry's machine."""

import getpass
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime

from bot.offline import services_of
from bot.settings import Settings
from db.model.audit import AuditFilter
from db.model.people import Person
from executor.rules.audit_filter import audit_filter
from executor.rules.chain import Noted, Verdict, json_line
from handlers.views.audit import line


def operator() -> Person:
    """Return whoever sits at Ferry's machine."""
    return Person(f"cli:{getpass.getuser()}")


async def verdict(settings: Settings, noted: Noted | None) -> Verdict:
    """Return whether the log is as it was written."""
    async with services_of(settings) as services:
        return await services.audit.verify(noted)


async def listed(settings: Settings, words: Sequence[str], count: int) -> list[str]:
    """Return the last *count* events that *words* ask for, a line each, newest first."""
    async with services_of(settings) as services:
        names = {one.name for one in await services.catalog.environments()}
        wanted = audit_filter(words, environments=names, verbs=await services.audit.verbs())
        past = await services.audit.page(wanted, operator(), limit=count)
    return [line(event, past.jobs) for event in past.events] or ["No event fits."]


async def exported(
    settings: Settings, after: int, since: datetime | None, until: datetime | None
) -> AsyncGenerator[str]:
    """Yield the events with numbers above *after* as JSON lines, oldest first; it is noted."""
    wanted = AuditFilter(after_id=after, since=since, until=until)
    async with services_of(settings) as services:
        _, events = await services.audit.export(wanted, operator())
        async with aclosing(events) as found:
            async for event in found:
                yield json_line(event)
