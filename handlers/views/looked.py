"""What was found on the host of a run that awaits its confirmation, and what changed there."""

from collections.abc import Sequence

from db.model.execution import Check, CheckState, Execution
from executor.rules.differences import differences, short
from executor.rules.readiness import failed_checks, is_ready
from executor.rules.sizes import size_words
from handlers.views.blocks import (
    Block,
    button,
    clip,
    clip_mrkdwn,
    code,
    context,
    esc,
    mono,
    person,
    section,
    visible,
    when,
)
from handlers.views.ids import Action

CHECKS, CHECK, CHANGES, SIDE = 2400, 250, 1600, 200  # characters
STATES = {
    CheckState.PENDING: ("…", "pending"),
    CheckState.GOOD: ("✅", "good"),
    CheckState.WARNING: ("⚠️", "warning"),
    CheckState.FAILED: ("❌", "failed"),
}


def unready(execution: Execution) -> str:
    """Return what it waits for before anybody is asked; empty once it can be confirmed."""
    if is_ready(execution):
        return ""
    asker = f"{person(execution.requested_by)}, nothing has started yet"
    if execution.checked_at is None:
        return f"{asker}: 🔎 Ferry is looking at the host. Once all is known it can be confirmed."
    names = ", ".join(esc(check.name) for check in failed_checks(execution)) or "the host"
    return f"{asker}, and nothing can: {names} failed. Mend it, then press *Check again*."


def checks_blocks(checks: Sequence[Check]) -> list[Block]:
    """Return a line for each of *checks*: a mark, the word for it, and what was found."""
    if not checks:
        return []
    return [section(clip_mrkdwn("\n".join(_check(check) for check in checks), CHECKS))]


def measured_blocks(execution: Execution) -> list[Block]:
    """Return when the host was looked at, and the script in short; the plan has all of it."""
    measured, at = execution.plan.measured, execution.checked_at
    if measured is None or at is None:
        return []
    script = f"script sha256 {mono(short(measured.sha256))}, {size_words(measured.size)}"
    return [context(f"Measured on the host {when(at)}: {script}. Measured again at the start.")]


def changed_blocks(execution: Execution) -> list[Block]:
    """Return why it is asked again, and what changed; [] where it is asked for the first time."""
    old = execution.voided_plan
    if old is None:
        return []
    changed = [
        f"{one.what}: {_side(one.before)} → {_side(one.after)}"
        for one in differences(old, execution.plan)
    ]
    told = f"⚠️ *{voided(execution)}* Nothing ran. What changed:"
    return [section(told), code(_fitting(changed or ["nothing any more: it is as it was"]))]


def voided(execution: Execution) -> str:
    """Return, as a sentence, why it is asked again."""
    old = execution.voided_plan
    if old is not None and old.measured is not None:
        return "What was confirmed is not what is on the host any more."
    return "What was asked for is not what would run any more."


def check_again_button(execution: Execution) -> list[Block]:
    """Return the button that looks anew, where what was found keeps the run from starting."""
    if execution.checked_at is None or is_ready(execution):
        return []
    again = button(
        "Check again",
        action_id=Action.EXECUTION_CHECK,
        value=str(execution.id),
        style="primary",
        accessible=f"Check the host of #{execution.id} {execution.job_name} again",
    )
    return [again]


def _check(check: Check) -> str:
    mark, word = STATES[check.state]
    found = f": {esc(clip(check.words, CHECK))}" if check.words else ""
    return f"{mark} {word} · *{esc(check.name)}*{found}"


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
