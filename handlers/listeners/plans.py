"""What would run: shown without running anything, and looked at again where it was not in order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from db.model.catalog import Environment
from db.model.errors import InvalidInput
from db.model.execution import Check, Plan
from executor.rules.access import Verb
from executor.services import Services
from executor.services.asking import Preview
from executor.ssh.look import Look
from handlers import parsing
from handlers.listeners.lines import asked, typed_line
from handlers.parsing import Click, Command
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import preview as views
from handlers.views.ids import COMMAND, Action
from handlers.views.looked import looking_again

LookAt = Callable[[Environment, Plan], Awaitable[Look]]
_PATIENCE_S = 1.0  # until people are told that it takes a moment


def register(routes: Routes, services: Services, *, look_at: LookAt) -> None:
    """List every route of this module."""
    on = PlanListeners(services, look_at)
    routes.command("plan", on.plan, asks=Verb.PLAN)
    routes.click(Action.EXECUTION_CHECK, on.check_again, asks=Verb.SEE)


class PlanListeners:
    """Nothing here starts anything."""

    def __init__(self, services: Services, look_at: LookAt) -> None:
        self._services, self._look_at = services, look_at

    async def plan(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate plan job name=value …``."""
        if not command.words:
            raise InvalidInput(
                "The plan of what? The name of a job is missing.",
                hint=f"For example `{COMMAND} plan import-patients sistema=iclinic`; "
                f"`{COMMAND} jobs` lists them.",
            )
        job = await self._services.catalog.job(command.words[0])
        ask = typed_line(job, command)
        preview = await asked(self._services.launcher.preview, ask, reply)
        if preview is not None:
            await self._show(preview, reply)

    async def check_again(self, click: Click, reply: Reply) -> None:
        """Look at the host of a run anew; its card shows what is found."""
        execution = await self._services.preflights.again(parsing.number(click.value), click.by)
        if click.is_copy:
            await reply.say(looking_again(execution), replace=True)

    async def _show(self, preview: Preview, reply: Reply) -> None:
        asked = preview.execution
        looking = asyncio.ensure_future(self._look_at(preview.environment, asked.plan))
        try:
            done, _ = await asyncio.wait({looking}, timeout=_PATIENCE_S)
            if not done:
                await reply.say(views.looking(preview.environment))
            seen = await looking
        finally:
            looking.cancel()
        plan = replace(asked.plan, measured=seen.measured)
        checks = [*seen.checks, *await self._proof(preview, plan)]
        told = views.plan_note(replace(asked, plan=plan), checks, preview.waiting)
        await reply.say(told)

    async def _proof(self, preview: Preview, plan: Plan) -> list[Check]:
        check = await self._services.preflights.proof(preview.job, preview.environment, plan)
        return [check] if check else []
