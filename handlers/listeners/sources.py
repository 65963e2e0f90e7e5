"""Sources: listed for all, created by admins."""

from db.model.errors import Conflict
from executor.rules.access import Verb
from executor.rules.definitions import source_draft
from executor.services import Services
from handlers.listeners import at_the_name
from handlers.parsing import Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import catalog
from handlers.views import definition_forms as views
from handlers.views.blocks import Block
from handlers.views.ids import Action, Callback
from handlers.views.notes import window


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = SourceListeners(services)
    routes.command("sources", on.list, asks=Verb.SEE)
    routes.new("source", on.open, asks=Verb.DEFINE)
    routes.click(Action.SOURCE_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.SOURCE_NEW, on.open, asks=Verb.DEFINE)
    routes.submission(Callback.SOURCE_SUBMIT, on.submitted, asks=Verb.DEFINE)


class SourceListeners:
    """A list and a form."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate sources``."""
        known = await self._services.catalog.sources()
        may_add = await self._services.access.may(Verb.DEFINE, request.by)
        await reply.say(catalog.sources(known, may_add=may_add))

    async def open(self, request: Request, reply: Reply) -> None:
        """Open the form for a new source, for an admin."""
        await self._services.access.check(Verb.DEFINE, request.by)
        await reply.open(views.source_modal())

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Create what was filled in."""
        draft = source_draft(form.named)
        try:
            made = await self._services.catalog.create_source(draft, form.by)
        except Conflict as error:
            raise at_the_name(error) from error
        return window(views.source_created(made), "Created")
