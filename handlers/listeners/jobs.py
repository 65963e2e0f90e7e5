"""Jobs: listed and searched by all, created by admins."""

from db.model.errors import Conflict
from executor.rules.access import Verb
from executor.rules.definitions import job_draft
from executor.services import Services
from handlers.listeners import at_the_name
from handlers.parsing import Command, Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import catalog
from handlers.views import definition_forms as views
from handlers.views.blocks import Block
from handlers.views.ids import Action, Callback
from handlers.views.notes import window


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = JobListeners(services)
    routes.command("jobs", on.list, asks=Verb.SEE)
    routes.new("job", on.open, asks=Verb.DEFINE)
    routes.click(Action.JOB_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.JOB_NEW, on.open, asks=Verb.DEFINE)
    routes.submission(Callback.JOB_SUBMIT, on.submitted, asks=Verb.DEFINE)


class JobListeners:
    """A list and a form."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate jobs [words]``."""
        search = " ".join(request.words) if isinstance(request, Command) else ""
        jobs = await self._services.catalog.jobs(search=search)
        has_sources = bool(jobs or search or await self._services.catalog.sources())
        may_add = await self._services.access.may(Verb.DEFINE, request.by)
        await reply.say(catalog.jobs(jobs, search=search, has_sources=has_sources, may_add=may_add))

    async def open(self, request: Request, reply: Reply) -> None:
        """Open the form for a new job, for an admin."""
        await self._services.access.check(Verb.DEFINE, request.by)
        sources = await self._services.catalog.sources()
        if sources:
            await reply.open(views.job_modal(sources))
        else:
            await reply.say(views.no_source_yet())

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Create what was filled in."""
        raw = form.named
        source = await self._services.catalog.source(raw.pop(views.SOURCE, ""))
        draft = job_draft(raw, source.id)
        try:
            made = await self._services.catalog.create_job(draft, form.by)
        except Conflict as error:
            raise at_the_name(error) from error
        return window(views.job_created(made), "Created")
