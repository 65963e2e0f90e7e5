"""The form that asks for a run: opened empty, filled in, or with what a run had."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from db.model.catalog import Job
from db.model.errors import Conflict, FerryError, InvalidInput
from db.model.execution import Execution
from db.model.people import Person
from executor.rules.access import Verb
from executor.rules.proof import unproven_in
from executor.services import Ask, Duplicate, Services, Unbound
from handlers import parsing
from handlers.parsing import Click, Form, Request, Search
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import bindings, catalog, notes, promotion, run_form
from handlers.views import runs as views
from handlers.views.blocks import Block
from handlers.views.ids import PARAMETER_PREFIX, Action, Callback, Shortcut, field
from handlers.views.notes import window
from handlers.views.run_form import CHANNEL, JOB, MOST_IN_A_MENU, OVERRIDE, REASON, RunForm


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = RunForms(services)
    routes.click(Action.RUN_OPEN, on.open, asks=Verb.RUN)
    routes.click(Action.RUN_FORM, on.open_filled, asks=Verb.RUN)
    routes.click(Action.RUN_JOB, on.picked, asks=Verb.RUN)
    routes.click(Action.RUN_CHANNEL, on.picked, asks=Verb.RUN)
    routes.click(Action.EXECUTION_AGAIN_WITH_CHANGES, on.again_with_changes, asks=Verb.RUN)
    routes.click(Action.RUN_PROMOTE, on.promote, asks=Verb.RUN)
    routes.click(Action.RUN_PROVE, on.prove, asks=Verb.RUN)
    routes.shortcut(Shortcut.RUN_JOB, on.from_anywhere, asks=Verb.RUN)
    routes.search(Action.RUN_JOB, on.search, asks=Verb.RUN)
    routes.submission(Callback.RUN_SUBMIT, on.submitted, asks=Verb.RUN)


class RunForms:
    """Each form runs in the environment of one channel, whichever it was opened from."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, click: Click, reply: Reply) -> None:
        """Open the form from a button, for the job that it names."""
        job = await self._services.catalog.job(click.value) if click.value else None
        await self.open_in(click, reply, job=job)

    async def open_filled(self, click: Click, reply: Reply) -> None:
        """Open the form with what was typed in a line."""
        name, values, reason = run_form.parsed(click.value)
        job = await self._services.catalog.job(name)
        await self.open_in(click, reply, job=job, values=values, reason=reason)

    async def from_anywhere(self, request: Request, reply: Reply) -> None:
        """Open the form from the shortcut, which has no channel."""
        await self.open_in(request, reply)

    async def picked(self, click: Click, reply: Reply) -> None:
        """Show the fields of the job, and the environment of the channel, that were picked."""
        name = click.fields.get(field(JOB), "")
        channel_id, is_away = run_form.channel_in(click.metadata)
        form = await self._form(
            by=click.by,
            channel_id=channel_id or click.fields.get(field(CHANNEL), ""),
            asks_channel=not channel_id,
            is_away=is_away,
            job=await self._services.catalog.job(name) if name else None,
            reason=click.fields.get(field(REASON), ""),
        )
        await reply.update(run_form.run_modal(form))

    async def search(self, search: Search) -> Sequence[Block]:
        """Offer the jobs that contain what was typed."""
        return run_form.job_options(await self._services.catalog.jobs(search=search.typed))

    async def submitted(self, form: Form, _reply: Reply) -> Block | None:
        """Launch what the form says, and close it; say where the card is, if not where it was."""
        channel_id, is_away = run_form.channel_in(form.metadata)
        values = {
            block.rpartition(":")[2]: value
            for block, value in form.fields.items()
            if block.startswith(f"{PARAMETER_PREFIX}{form.fields.get(field(JOB), '')}:")
        }
        ask = Ask(
            job=form.fields.get(field(JOB), ""),
            values=values,
            channel_id=channel_id or form.fields.get(field(CHANNEL), ""),
            by=form.by,
            reason=form.fields.get(field(REASON), ""),
            override=form.fields.get(field(OVERRIDE), ""),
            idempotency_key=form.key,
        )
        try:
            execution = await self._services.launcher.launch(ask)
        except Unbound as error:
            raise _at_the_channel(error) from error
        except Duplicate as error:
            return window(views.waits_already(error, error.waiting), "Waits already")
        return window(views.launched(execution, here=""), "Asked for") if is_away else None

    async def again_with_changes(self, click: Click, reply: Reply) -> None:
        """Open the form with the values that a run had."""
        old = await self._services.history.shown(parsing.number(click.value), click.by)
        await self._open_again(old, click.channel_id or old.channel_id, click, reply)

    async def promote(self, click: Click, reply: Reply) -> None:
        """Open the form for a channel of production, with the values that a run had."""
        number, channel_id = promotion.promoted_from(click.value)
        old = await self._services.history.shown(parsing.number(number), click.by)
        places = await self._services.bindings.production()
        if not channel_id and len(places) != 1:
            told = promotion.where_to(old, places) if places else promotion.nowhere_to(old)
            await reply.say(told)
            return
        await self._open_again(old, channel_id or places[0][1], click, reply)

    async def prove(self, click: Click, reply: Reply) -> None:
        """Open the form for where a run must succeed first, with the values that it had."""
        old = await self._services.history.shown(parsing.number(click.value), click.by)
        if not (where := unproven_in(old)):
            raise Conflict(
                f"#{old.id} has not to succeed elsewhere first.",
                hint="Its card tells why it waits.",
            )
        channels = (await self._services.bindings.channels()).get(where, [])
        if len(channels) == 1:
            await self._open_again(old, channels[0], click, reply)
            return
        places = [(where, channel_id) for channel_id in channels]
        nowhere = promotion.nowhere_to_prove(old, where)
        await reply.say(promotion.where_to(old, places, where) if places else nowhere)

    async def _open_again(
        self, old: Execution, channel_id: str, click: Click, reply: Reply
    ) -> None:
        """Open the form with what the person may see of the values that *old* had."""
        values = await self._services.personal.to_change(old.id, click.by)
        await self.open_in(
            replace(click, channel_id=channel_id),
            reply,
            is_away=click.channel_id != channel_id,
            job=await self._services.catalog.job(old.job_name),
            values=values,
            reason=old.reason,
            hidden=old.parameters.keys() - values.keys(),
        )

    async def open_in(
        self,
        request: Request,
        reply: Reply,
        *,
        job: Job | None = None,
        values: Mapping[str, str] | None = None,
        reason: str = "",
        hidden: Collection[str] = (),
        is_away: bool = False,
    ) -> None:
        """Open the form of the channel, or say what has to be there first."""
        channel_id = request.channel_id
        form = await self._form(
            by=request.by,
            channel_id=channel_id,
            asks_channel=not channel_id,
            job=job,
            values=values or {},
            reason=reason,
            hidden=hidden,
            is_away=is_away,
        )
        if form.environment:
            await self._services.access.check(Verb.RUN, request.by, form.environment.id)
        if not form.jobs:
            has_sources = bool(await self._services.catalog.sources())
            await reply.say(catalog.jobs([], has_sources=has_sources))
        elif channel_id and form.environment is None:
            await reply.say(notes.refused(Unbound(), bindings.bind_button()))
        else:
            await reply.open(run_form.run_modal(form))

    async def _form(
        self,
        *,
        by: Person,
        channel_id: str,
        asks_channel: bool,
        job: Job | None,
        values: Mapping[str, str] | None = None,
        reason: str = "",
        hidden: Collection[str] = (),
        is_away: bool = False,
    ) -> RunForm:
        jobs = await self._services.catalog.jobs(limit=MOST_IN_A_MENU + 1)
        job = job or (jobs[0] if len(jobs) == 1 else None)
        defaults: Mapping[str, str] = {}
        if job is not None:
            source = await self._services.catalog.source(job.source_name)
            personal = {spec.name for spec in job.parameters if spec.is_personal}
            defaults = {k: v for k, v in source.defaults.items() if k not in personal}
        where = await self._services.bindings.environment_of(channel_id)
        closed = await self._services.locks.closed(where) if where else None
        may = self._services.access.may
        return RunForm(
            jobs=jobs,
            channel_id=channel_id,
            asks_channel=asks_channel,
            environment=where,
            job=job,
            values={**defaults, **(values or {})},
            reason=reason,
            closed=closed,
            may_override=bool(where and closed and await may(Verb.OVERRIDE, by, where.id)),
            hidden=frozenset(hidden),
            is_away=is_away,
        )


def _at_the_channel(error: FerryError) -> InvalidInput:
    """Return *error* for the field where another channel can be picked."""
    sentence = f"{error.message} {error.hint}".strip()
    return InvalidInput(sentence, fields={CHANNEL: sentence})
