"""The answer to a run that waits for one: the card shows it; only a refusal is told apart."""

from db.model.execution import Execution
from executor.rules.access import Verb
from executor.services import CodeNeeded, Services
from handlers import parsing
from handlers.parsing import Click, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.answer_forms import CODE, REASON, code_modal, refuse_modal
from handlers.views.blocks import Block
from handlers.views.ids import Action, Callback
from handlers.views.notes import window
from handlers.views.runs import answered


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = ConfirmationListeners(services)
    # Who may say yes is a matter of the environment's policy: the service knows it.
    routes.click(Action.EXECUTION_CONFIRM, on.confirm, asks=Verb.SEE)
    routes.click(Action.EXECUTION_DISCARD, on.discard, asks=Verb.CANCEL_OWN)
    routes.submission(Callback.EXECUTION_CODE, on.with_code, asks=Verb.SEE)
    routes.submission(Callback.EXECUTION_REFUSE, on.refused, asks=Verb.SEE)


class ConfirmationListeners:
    """Two buttons, and the windows that some answers take; what counts the service decides."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def confirm(self, click: Click, reply: Reply) -> None:
        """Let the plan that was shown run, or ask for a code first."""
        number, plan_hash = parsing.answer(click.value)
        try:
            execution = await self._services.confirmations.confirm(number, click.by, plan_hash)
        except CodeNeeded:
            waiting = await self._services.history.execution(number)
            await reply.open(code_modal(waiting, click.value))
            return
        await _receipt(execution, click, reply)

    async def with_code(self, form: Form, _reply: Reply) -> Block:
        """Let it run for who typed a code of their own device."""
        number, plan_hash = parsing.answer(form.metadata)
        await self._services.second_factors.prove(form.by, form.named.get(CODE, ""))
        execution = await self._services.confirmations.confirm(number, form.by, plan_hash)
        return window(answered(execution))

    async def discard(self, click: Click, reply: Reply) -> None:
        """Let it not run; who refuses a run of somebody else is asked why."""
        number, _plan_hash = parsing.answer(click.value)
        if await self._services.confirmations.must_say_why(number, click.by):
            await reply.open(refuse_modal(await self._services.history.execution(number)))
            return
        execution = await self._services.confirmations.discard(number, click.by)
        await _receipt(execution, click, reply)

    async def refused(self, form: Form, _reply: Reply) -> None:
        """Let it not run, for the reason that was given."""
        number, reason = parsing.number(form.metadata), form.named.get(REASON, "")
        await self._services.confirmations.refuse(number, form.by, reason)


async def _receipt(execution: Execution, click: Click, reply: Reply) -> None:
    """Tell what happened where no card does: on a copy of it."""
    if click.is_copy:
        await reply.say(answered(execution), replace=True)
