"""The plan of a run that nobody asked for yet, for the one who wants to see it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from db.model.catalog import ConfirmationPolicy, Environment
from db.model.execution import Check, CheckState, Execution, Status
from handlers.views.blocks import actions, context, esc, section
from handlers.views.looked import checks_blocks
from handlers.views.message import Told
from handlers.views.notes import said
from handlers.views.plan import plan_blocks
from handlers.views.run_form import form_button
from handlers.views.runs import show_button
from handlers.views.sentences import name, place

_WHO: Mapping[ConfirmationPolicy, str] = MappingProxyType(
    {
        ConfirmationPolicy.NONE: "whoever asks for it has to confirm it",
        ConfirmationPolicy.REQUESTER: "whoever asks for it has to confirm it",
        ConfirmationPolicy.SOMEONE_ELSE: "somebody else has to confirm it",
        ConfirmationPolicy.GROUP: "members of a user group have to confirm it",
    }
)


def looking(environment: Environment) -> Told:
    """Return that the answer takes a moment."""
    return said(f"🔎 Looking at the host of {esc(environment.name)}…")


def plan_note(execution: Execution, checks: Sequence[Check], waiting: Execution | None) -> Told:
    """Return exactly what *execution* would run, what was found on its host, and what it takes.

    *waiting*: the same, if it waits already.
    """
    where = place(execution.environment_name, execution.environment_kind)
    failed = [check.name for check in checks if check.state is CheckState.FAILED]
    text = f"The plan of {esc(execution.job_name)} on {esc(execution.environment_name)}"
    text += f"; nothing was started. {_sums_up(execution, failed)}"
    buttons = [form_button(execution.job_name, _typed(execution), execution.reason)]
    blocks = [
        section(f"📋 *The plan of {esc(execution.job_name)}* → {where}\nNothing was started."),
        *plan_blocks(execution),
        *checks_blocks(checks),
        section(_sums_up(execution, failed)),
    ]
    if waiting is not None:
        blocks.append(context(f"The same waits already, as {name(waiting)}."))
        buttons.append(show_button(waiting, f"Show #{waiting.id}"))
    return Told(text, [*blocks, actions(*buttons)])


def _typed(execution: Execution) -> dict[str, str]:
    """Return what the form is filled in with; a hint is no value, and must not be run with."""
    hinted = execution.plan.personal
    return {each: value for each, value in execution.parameters.items() if each not in hinted}


def _sums_up(execution: Execution, failed: Sequence[str]) -> str:
    if failed:
        return f"As its host stands it cannot run: {esc(', '.join(failed))} failed."
    if execution.status is Status.QUEUED:
        return "It could run like this, and starts without a confirmation."
    return f"It could run like this, and {_WHO[execution.confirmation]}."
