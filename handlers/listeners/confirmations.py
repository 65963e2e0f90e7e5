"""The answer to a run that waits for one: the card shows it; only a refusal is told apart."""

from db.model.execution import Execution
from executor.rules.access import Verb
from executor.services import Services
from handlers import parsing
from handlers.parsing import Click
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.ids import Action
from handlers.views.runs import answered


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = ConfirmationListeners(services)
    # Who may say yes is a matter of the environment's policy: the service knows it.
    routes.click(Action.EXECUTION_CONFIRM, on.confirm, asks=Verb.SEE)
    routes.click(Action.EXECUTION_DISCARD, on.discard, asks=Verb.CANCEL_OWN)


class ConfirmationListeners:
    """Two buttons; which click counts is decided by the service."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def confirm(self, click: Click, reply: Reply) -> None:
        """Let the plan that was shown run."""
        number, plan_hash = parsing.answer(click.value)
        execution = await self._services.confirmations.confirm(number, click.by, plan_hash)
        await _receipt(execution, click, reply)

    async def discard(self, click: Click, reply: Reply) -> None:
        """Let it not run."""
        number, _plan_hash = parsing.answer(click.value)
        execution = await self._services.confirmations.discard(number, click.by)
        await _receipt(execution, click, reply)


async def _receipt(execution: Execution, click: Click, reply: Reply) -> None:
    """Tell what happened where no card does: on a copy of it."""
    if click.is_copy:
        await reply.say(answered(execution), replace=True)
