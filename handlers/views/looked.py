"""What was found on the host of a run that awaits its confirmation, and what changed there."""

from collections.abc import Sequence

from db.model.execution import Check, CheckState, Execution, Status
from executor.rules.differences import differences
from executor.rules.proof import unproven_in
from executor.rules.readiness import failed_checks, is_ready
from handlers.views.blocks import (
    Block,
    button,
    clip,
    clip_mrkdwn,
    code,
    context,
    esc,
    person,
    section,
    visible,
    when,
)
from handlers.views.confirming import not_yet, nothing_ran
from handlers.views.ids import Action
from handlers.views.message import Told

CHECKS, CHECK, CHANGES, SIDE = 2400, 500, 1600, 200  # characters
STATES = {
    CheckState.PENDING: ("…", "pending"),
    CheckState.GOOD: ("✅", "good"),
    CheckState.WARNING: ("⚠️", "warning"),
    CheckState.FAILED: ("❌", "failed"),
    CheckState.UNSEEN: ("⚪", "not looked at"),
}


def unready(execution: Execution) -> str:
    """Return what it waits for before anybody is asked; empty once it can be confirmed."""
    if is_ready(execution):
        return ""
    asker = f"{person(execution.requested_by)}, {not_yet(execution)}"
    if execution.checked_at is None:
        return f"{asker}: 🔎 Ferry is looking at the host. Once all is known it can be confirmed."
    failed = failed_checks(execution)
    names = ", ".join(esc(check.name) for check in failed) or "the host"
    where = unproven_in(execution) if len(failed) == 1 else ""
    do = f"Run it on {esc(where)} first" if where else "Mend it"
    return f"{asker}, and nothing can: {names} failed. {do}, then press *Check again*."


def checks_blocks(checks: Sequence[Check]) -> list[Block]:
    """Return a line for each finding of *checks* that is not good, and one for all that are.

    Each has a mark and a word for it. What is not good comes first: it has to be read. What was
    found for several checks is said once.
    """
    good = [check for check in checks if check.state is CheckState.GOOD]
    found_for: dict[tuple[CheckState, str], list[Check]] = {}
    for one in checks:
        if one.state is not CheckState.GOOD:
            found_for.setdefault((one.state, one.words), []).append(one)
    lines = [f"{_sign(state)} · {_found(*same)}" for (state, _), same in found_for.items()]
    if good:
        found = " · ".join(_found(one) for one in good)
        lines.append(f"{_sign(CheckState.GOOD)} · {found}")
    return [section(clip_mrkdwn("\n".join(lines), CHECKS))] if lines else []


def measured_words(execution: Execution) -> str:
    """Return when the script was measured; what it is the plan says. Empty until it was."""
    at = execution.checked_at
    if execution.plan.measured is None or at is None:
        return ""
    return f"Measured on the host {when(at)}, and again right before the start."


def changed_blocks(execution: Execution) -> list[Block]:
    """Return why it is asked again, and what changed; [] where it is asked for the first time."""
    old = execution.voided_plan
    if old is None:
        return []
    changed = [
        f"{one.what}: {_side(one.before)} → {_side(one.after)}"
        for one in differences(old, execution.plan)
    ]
    told = f"⚠️ *{voided(execution)}* {nothing_ran(execution).capitalize()}. What changed:"
    return [section(told), code(_fitting(changed or ["nothing any more: it is as it was"]))]


def voided(execution: Execution) -> str:
    """Return, as a sentence, why it is asked again."""
    old = execution.voided_plan
    if old is not None and old.measured is not None:
        return "What was confirmed is not what is on the host any more."
    return "What was asked for is not what would run any more."


def looking_again(execution: Execution) -> Told:
    """Return where it is shown what is found, for who pressed on a copy of the card."""
    run = f"#{execution.id} {esc(execution.job_name)}"
    text = f"🔎 Ferry looks at the host of {run} again."
    where = f"Its card in <#{execution.channel_id}> shows what it finds."
    return Told(f"{text} {where}", [section(text), context(where)])


def check_again_button(execution: Execution) -> list[Block]:
    """Return the button that looks anew, where what was found keeps the run from starting."""
    is_asked = execution.status is Status.AWAITING_CONFIRMATION
    if not is_asked or execution.checked_at is None or is_ready(execution):
        return []
    again = button(
        "Check again",
        action_id=Action.EXECUTION_CHECK,
        value=str(execution.id),
        style="primary",
        accessible=f"Check the host of #{execution.id} {execution.job_name} again",
    )
    return [again]


def _sign(state: CheckState) -> str:
    return " ".join(STATES[state])


def _found(*same: Check) -> str:
    """Return the names of checks that found the same, and what."""
    words = same[0].words
    found = f": {esc(clip(words, CHECK))}" if words else ""
    return ", ".join(f"*{esc(check.name)}*" for check in same) + found


def _side(text: str) -> str:
    return clip(visible(text, keep=""), SIDE)


def _fitting(lines: Sequence[str]) -> list[str]:
    """Return as many of *lines* as fit, and how many do not."""
    fitting: list[str] = []
    for index, line in enumerate(lines):
        if sum(map(len, fitting)) + len(line) > CHANGES:
            return [*fitting, f"… and {len(lines) - index} more"]
        fitting.append(line)
    return fitting
