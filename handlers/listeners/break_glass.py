"""Breaking the glass, by a line that says why."""

from executor.rules.access import Verb
from executor.services import Services
from handlers.listeners import wanted
from handlers.parsing import Command
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import runs as views


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    routes.command("override", BreakGlassListeners(services).override, asks=Verb.OVERRIDE)


class BreakGlassListeners:
    """The reporter tells everybody; the answer here is only a receipt."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def override(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate override #n reason…``."""
        number, reason = wanted(command), " ".join(command.words[1:])
        execution = await self._services.break_glass.override(number, command.by, reason)
        await reply.say(views.overridden(execution))
