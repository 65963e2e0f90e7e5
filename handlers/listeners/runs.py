"""Asking for a run: by a line, or again from a card. The form is in ``run_forms``."""

from executor.rules.access import Verb
from executor.services import Ask, Duplicate, Locked, Services, Unbound
from handlers import parsing
from handlers.listeners.lines import asked, typed_line
from handlers.listeners.run_forms import RunForms
from handlers.parsing import Click, Command
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import bindings, notes, run_form
from handlers.views import runs as views
from handlers.views.ids import Action


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = RunListeners(services, RunForms(services))
    routes.command("run", on.run, asks=Verb.RUN)
    routes.click(Action.EXECUTION_AGAIN, on.again, asks=Verb.RUN)


class RunListeners:
    """From a wish to an execution; its card is the reporter's matter."""

    def __init__(self, services: Services, forms: RunForms) -> None:
        self._services, self._forms = services, forms

    async def run(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate run``: the form, or with a job named, the run itself."""
        if not command.words:
            await self._forms.open_in(command, reply)
            return
        job = await self._services.catalog.job(command.words[0])
        if len(command.words) == 1 and any(not spec.secret_ref for spec in job.parameters):
            await self._forms.open_in(command, reply, job=job)
            return
        ask = typed_line(job, command)
        try:
            execution = await asked(self._services.launcher.launch, ask, reply)
        except Locked as error:
            await self._say_locked(error, ask, reply)
        except Duplicate as error:
            await reply.say(views.waits_already(error, error.waiting))
        else:
            if execution is not None:
                await reply.say(views.launched(execution, here=command.channel_id))

    async def _say_locked(self, error: Locked, ask: Ask, reply: Reply) -> None:
        """Refuse a line; who may break the glass is offered the form that asks why."""
        where = await self._services.bindings.environment_of(ask.channel_id)
        may = where and await self._services.access.may(Verb.OVERRIDE, ask.by, where.id)
        form = run_form.form_button(ask.job, ask.values, ask.reason)
        await reply.say(notes.refused(error, *([form] if may else [])))

    async def again(self, click: Click, reply: Reply) -> None:
        """Launch once more what a card tells of."""
        old = await self._services.history.shown(parsing.number(click.value), click.by)
        channel_id = click.channel_id or old.channel_id
        try:
            new = await self._services.launcher.again(old.id, click.by, channel_id)
        except Unbound as error:
            await reply.say(notes.refused(error, bindings.bind_button()))
            return
        except Duplicate as error:
            await reply.say(views.waits_already(error, error.waiting))
            return
        if click.is_copy:
            await reply.say(views.launched(new, here=click.channel_id))
