"""A run or a plan asked for in one line: what it says, and what to press where it is refused."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.model.catalog import Job
from db.model.errors import InvalidInput
from executor.services import Ask, Unbound
from handlers import parsing
from handlers.parsing import Command
from handlers.replies import Reply
from handlers.views import bindings, notes, run_form
from handlers.views.run_form import REASON

T = TypeVar("T")


def typed_line(job: Job, command: Command) -> Ask:
    """Return what the words after the job ask for; a reason if the job has no parameter so named.

    Raises InvalidInput for a line that cannot be read.
    """
    given = parsing.values(command.words[1:], job.parameters)
    has_reason = any(spec.name == REASON for spec in job.parameters)
    return Ask(
        job=job.name,
        reason="" if has_reason else given.pop(REASON, ""),
        values=given,
        channel_id=command.channel_id,
        by=command.by,
        idempotency_key=command.key,
    )


async def asked(service: Callable[[Ask], Awaitable[T]], ask: Ask, reply: Reply) -> T | None:
    """Return what *service* makes of *ask*; None if it was refused, and that was said.

    With the button that helps: the form with what was typed, or the one that binds the channel.
    """
    try:
        return await service(ask)
    except InvalidInput as error:
        form = run_form.form_button(ask.job, ask.values, ask.reason)
        await reply.say(notes.refused(error, form))
    except Unbound as error:
        await reply.say(notes.refused(error, bindings.bind_button()))
    return None
