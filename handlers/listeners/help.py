"""What Ferry can do: the help, and the Home tab."""

from collections.abc import Callable
from datetime import datetime

from executor.rules.access import Verb
from executor.services import Services
from handlers.parsing import Request
from handlers.replies import Reply
from handlers.routes import HELP, Routes
from handlers.views import help as views
from handlers.views.confirming import must_say_yes
from handlers.views.ids import Action
from handlers.views.runs import row

ROWS = 10


def register(routes: Routes, services: Services, *, clock: Callable[[], datetime]) -> None:
    """List every route of this module."""
    on = HelpListeners(services, clock)
    routes.command(HELP, on.help, asks=Verb.SEE)
    routes.click(Action.HELP_SHOW, on.help, asks=Verb.SEE)
    routes.click(Action.HOME_REFRESH, on.home, asks=Verb.SEE)
    routes.event("app_home_opened", on.home, asks=Verb.SEE)


class HelpListeners:
    """The same few buttons everywhere."""

    def __init__(self, services: Services, clock: Callable[[], datetime]) -> None:
        self._services, self._clock = services, clock

    async def help(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate help``, and ``/migrate`` alone: with what that person may do."""
        roles = await self._services.access.admit(Verb.SEE, request.by, request.channel_id)
        await reply.say(views.help_note(roles))

    async def home(self, request: Request, reply: Reply) -> None:
        """Show what waits for the person, what runs and what ran last as their Home tab."""
        now = self._clock()
        running = await self._services.history.active()
        recent = await self._services.history.recent(limit=ROWS)
        ended = [one for one in recent if one.status.is_over]  # the others stand above
        standings = await self._services.locks.standings(request.by)
        asked = await self._services.confirmations.asked_of(request.by)
        theirs = {one.execution.id for one in asked if one.is_theirs}
        others = {one.execution.id: must_say_yes(one.answerers) for one in asked}
        await reply.publish(
            views.home(
                [
                    row(one, now=now, more=others.get(one.id, ""))
                    for one in [one for one in running if one.id not in theirs][:ROWS]
                ],
                [row(one, now=now) for one in ended],
                waits=[row(one, now=now) for one in running if one.id in theirs][:ROWS],
                closed=[one.closed for one in standings if one.closed],
                has_jobs=bool(await self._services.catalog.jobs(limit=1)),
            )
        )
