"""The answer to a run that waits for one: the card shows it; only a refusal is told apart."""

from executor.services import Services
from handlers import parsing
from handlers.parsing import Click
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.ids import Action


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = ConfirmationListeners(services)
    routes.click(Action.EXECUTION_CONFIRM, on.confirm)
    routes.click(Action.EXECUTION_DISCARD, on.discard)


class ConfirmationListeners:
    """Two buttons; which click counts is decided by the service."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def confirm(self, click: Click, _reply: Reply) -> None:
        """Let the plan that was shown run."""
        execution_id, plan_hash = parsing.answer(click.value)
        await self._services.confirmations.confirm(execution_id, click.by, plan_hash)

    async def discard(self, click: Click, _reply: Reply) -> None:
        """Let it not run."""
        execution_id, _plan_hash = parsing.answer(click.value)
        await self._services.confirmations.discard(execution_id, click.by)
