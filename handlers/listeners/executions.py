"""What runs and what ran: status, history, log, cancel."""

from collections.abc import Callable
from datetime import datetime

from db.model.catalog import Environment
from executor.rules.access import Verb
from executor.services import Found, Services
from handlers import parsing
from handlers.listeners import wanted
from handlers.parsing import Click, Command, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import runs as views
from handlers.views.card import execution_card
from handlers.views.ids import Action, older
from handlers.views.message import Told
from handlers.views.personal import revealed

TAIL = 60  # most may be marks of progress, which no card shows


def register(routes: Routes, services: Services, *, clock: Callable[[], datetime]) -> None:
    """List every route of this module."""
    on = ExecutionListeners(services, clock)
    routes.command("status", on.status, asks=Verb.SEE)
    routes.command("history", on.history, asks=Verb.SEE)
    routes.command("log", on.log, asks=Verb.SEE)
    routes.command("cancel", on.cancel, asks=Verb.CANCEL_OWN)
    routes.click(Action.EXECUTION_STATUS, on.list_active, asks=Verb.SEE)
    routes.click(Action.EXECUTION_HISTORY, on.newest, asks=Verb.SEE)
    routes.click(Action.EXECUTION_OLDER, on.older, asks=Verb.SEE)
    routes.click(Action.EXECUTION_SHOW, on.show, asks=Verb.SEE)
    routes.click(Action.EXECUTION_LOG, on.show_log, asks=Verb.SEE)
    routes.click(Action.EXECUTION_CANCEL, on.press_cancel, asks=Verb.CANCEL_OWN)
    routes.click(Action.EXECUTION_REVEAL, on.reveal, asks=Verb.REVEAL)


class ExecutionListeners:
    """Reads history; the only change is a cancel."""

    def __init__(self, services: Services, clock: Callable[[], datetime]) -> None:
        self._services, self._clock = services, clock

    async def status(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate status [#n]``."""
        if command.words:
            await self._show(parsing.number(command.words[0]), command, reply)
        else:
            await self.list_active(command, reply)

    async def list_active(self, request: Request, reply: Reply) -> None:
        """Say what runs and waits: in the channel's environment, or everywhere without one."""
        where = await self._services.bindings.environment_of(request.channel_id)
        running = await self._services.history.active(environment_id=where.id if where else None)
        name = where.name if where else ""
        await reply.say(views.active(running, now=self._clock(), where=name))

    async def history(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate history [name=value]``."""
        if not command.words:
            await self._page(command, reply, before=None, replace=False)
            return
        name, typed = parsing.sought(command.words)
        where = await self._services.bindings.environment_of(command.channel_id)
        found = await self._services.personal.find(
            name,
            typed,
            command.by,
            environment_id=where.id if where else None,
            limit=views.HISTORY + 1,
        )
        await reply.say(self._found(found, where, is_first=True))

    async def newest(self, click: Click, reply: Reply) -> None:
        """Turn to the newest page."""
        await self._page(click, reply, before=None, replace=click.is_copy)

    async def older(self, click: Click, reply: Reply) -> None:
        """Turn to the next page."""
        before, name, like = parsing.older(click.value)
        if not name:
            await self._page(click, reply, before=before, replace=click.is_copy)
            return
        where = await self._services.bindings.environment_of(click.channel_id)
        found = await self._services.personal.older(
            like,
            name,
            environment_id=where.id if where else None,
            before=before,
            limit=views.HISTORY + 1,
        )
        await reply.say(self._found(found, where, is_first=False), replace=click.is_copy)

    async def show(self, click: Click, reply: Reply) -> None:
        """Show the whole of one run."""
        await self._show(parsing.number(click.value), click, reply)

    async def reveal(self, click: Click, reply: Reply) -> None:
        """Show the personal values of a run to whoever may see them, and to nobody else."""
        number = parsing.number(click.value)
        values = await self._services.personal.reveal(number, click.by)
        execution = await self._services.history.execution(number)
        await reply.say(revealed(execution, values), lasting=False)

    async def log(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate log #n``."""
        await self._log(wanted(command), command, reply)

    async def show_log(self, click: Click, reply: Reply) -> None:
        """Show the last lines of the run of a card."""
        await self._log(parsing.number(click.value), click, reply)

    async def cancel(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate cancel #n``."""
        execution = await self._services.controls.cancel(wanted(command), command.by)
        await reply.say(views.cancelling(execution))

    async def press_cancel(self, click: Click, reply: Reply) -> None:
        """Cancel the run of a card, which then tells it; a copy of the card does not."""
        execution = await self._services.controls.cancel(parsing.number(click.value), click.by)
        if click.is_copy:
            await reply.say(views.cancelling(execution), replace=True)

    async def _show(self, execution_id: int, request: Request, reply: Reply) -> None:
        history = self._services.history
        execution = await history.shown(execution_id, request.by)
        card = execution_card(
            execution,
            tail=await history.tail(execution_id, TAIL, attempt=execution.attempt),
            forecast=await self._services.forecasts.of(execution),
            now=self._clock(),
            proves=await history.proves(execution),
            overrode=await history.overrode(execution),
        )
        await reply.say(card)

    async def _log(self, execution_id: int, request: Request, reply: Reply) -> None:
        execution = await self._services.history.shown(execution_id, request.by)
        lines = await self._services.history.tail(execution_id, views.LOG_LOOK)
        (item,) = await self._services.news.items([execution_id])
        told = views.log(execution, lines, now=self._clock(), log_permalink=item.card.log_permalink)
        await reply.say(told)

    async def _page(
        self, request: Request, reply: Reply, *, before: int | None, replace: bool
    ) -> None:
        where = await self._services.bindings.environment_of(request.channel_id)
        past = await self._services.history.recent(
            environment_id=where.id if where else None, before=before, limit=views.HISTORY + 1
        )
        shown = past[: views.HISTORY]
        page = views.history(
            shown,
            now=self._clock(),
            is_first=before is None,
            older=older(shown[-1].id) if len(past) > len(shown) else None,
            where=where.name if where else "",
        )
        await reply.say(page, replace=replace)

    def _found(self, found: Found, where: Environment | None, *, is_first: bool) -> Told:
        """Return a page of the runs that had a value; what is behind it is asked for like it."""
        all_, shown = found.executions, found.executions[: views.HISTORY]
        return views.history(
            shown,
            now=self._clock(),
            is_first=is_first,
            older=older(shown[-1].id, found.name, shown[-1].id) if len(all_) > len(shown) else None,
            where=where.name if where else "",
            sought=f"{found.name} = {found.shown}",
        )
