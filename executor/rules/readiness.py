"""Whether a run may be confirmed: only what was measured, and on a host in order."""

from db.model.errors import Conflict
from db.model.execution import Check, CheckState, Execution
from executor.rules.names import quoted


def failed_checks(execution: Execution) -> list[Check]:
    """Return what was looked at and is not in order: each of them keeps the button away."""
    return [check for check in execution.checks if check.state is CheckState.FAILED]


def is_ready(execution: Execution) -> bool:
    """Return whether all that has to be known before a yes is known, and good."""
    is_measured = execution.checked_at is not None and execution.plan.measured is not None
    return is_measured and not failed_checks(execution)


def check_ready(execution: Execution) -> None:
    """Raise Conflict unless *execution* may be confirmed."""
    if is_ready(execution):
        return
    if execution.checked_at is None:
        raise Conflict(
            f"Ferry is still looking at the host of #{execution.id}: nothing was started.",
            hint="Its card fills in, and has the button as soon as all is known.",
        )
    failed = failed_checks(execution)
    # In backticks: some of it is what the host answered.
    why = (
        f": {failed[0].name}: {quoted(failed[0].words.rstrip('.'), longest=400)}" if failed else ""
    )
    raise Conflict(
        f"#{execution.id} cannot be confirmed as its host stands{why}. Nothing was started.",
        hint="Once that is mended, press “Check again” on its card.",
    )
