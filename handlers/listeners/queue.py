"""What waits, and who goes first."""

from collections.abc import Callable
from datetime import datetime

from executor.rules.access import Verb
from executor.services import Services
from handlers import parsing
from handlers.listeners import wanted
from handlers.parsing import Click, Command, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import queue as views
from handlers.views.ids import Action


def register(
    routes: Routes,
    services: Services,
    *,
    clock: Callable[[], datetime],
) -> None:
    """List every route of this module."""
    on = QueueListeners(services, clock)
    routes.command("queue", on.list, asks=Verb.SEE)
    routes.command("front", on.front, asks=Verb.MOVE_TO_FRONT)
    routes.click(Action.EXECUTION_QUEUE, on.list, asks=Verb.SEE)
    routes.click(Action.EXECUTION_FRONT, on.press_front, asks=Verb.MOVE_TO_FRONT)


class QueueListeners:
    """A list in its order, and the one way to change that."""

    def __init__(
        self,
        services: Services,
        clock: Callable[[], datetime],
    ) -> None:
        self._services, self._clock = services, clock

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate queue``: of the channel's environment, or of all without one."""
        await self._show(request, reply, replace=False)

    async def front(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate front #n``."""
        moved = await self._services.controls.move_to_front(wanted(command), command.by)
        await reply.say(views.moved(moved))

    async def press_front(self, click: Click, reply: Reply) -> None:
        """Move the run of a row, and show the new order."""
        await self._services.controls.move_to_front(parsing.number(click.value), click.by)
        await self._show(click, reply, replace=click.is_copy)

    async def _show(self, request: Request, reply: Reply, *, replace: bool) -> None:
        where = await self._services.bindings.environment_of(request.channel_id)
        place = where.id if where else None
        waiting, count = await self._services.forecasts.line(place, views.MOST)
        active = [] if waiting else await self._services.history.active(environment_id=place)
        told = views.queue(
            waiting,
            count,
            now=self._clock(),
            where=where.name if where else "",
            active=active,
            may_move=await self._services.access.may(Verb.MOVE_TO_FRONT, request.by),
        )
        await reply.say(told, replace=replace)
