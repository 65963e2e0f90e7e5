"""The card while it asks: who is asked what, what was found, and the answers that count now."""

from db.model.execution import Execution
from executor.rules.estimates import Forecast
from executor.rules.readiness import is_ready
from handlers.views.blocks import Block, actions, button, clip, confirm, context, esc, section, when
from handlers.views.closed import closed_sentence, mark
from handlers.views.confirming import question, said_yes
from handlers.views.host_keys import compare_buttons
from handlers.views.ids import Action, answer
from handlers.views.looked import (
    changed_blocks,
    check_again_button,
    checks_blocks,
    measured_words,
    unready,
)
from handlers.views.plan import plan_blocks
from handlers.views.promotion import prove_buttons


def asking(execution: Execution, forecast: Forecast) -> list[Block]:
    """Return who is asked what, and the answers that count now: no yes while it is closed."""
    where = execution.environment_name
    ask = unready(execution) or question(execution)
    blocks = [*_closed(forecast), *changed_blocks(execution), section(ask)]
    blocks += plan_blocks(execution)
    blocks += checks_blocks(execution.checks)
    if so_far := said_yes(execution):
        blocks.append(section(so_far))
    said = [measured_words(execution)]
    if execution.expires_at:
        said.append(f"Without an answer it expires {when(execution.expires_at)}.")
    if any(said):
        blocks.append(context(" ".join(filter(None, said))))
    if not is_ready(execution):
        buttons = [*compare_buttons(execution), *prove_buttons(execution)]
        buttons += check_again_button(execution)
        return [*blocks, actions(*buttons, _no(execution))]
    if forecast.closed is not None:  # said where the button is missing, far below the reason
        opens = f"{mark(forecast.closed)} It can be confirmed once {esc(where)} is open."
        return [*blocks, section(opens), actions(_no(execution))]
    return [*blocks, actions(_yes(execution), _no(execution))]


def _yes(execution: Execution) -> Block:
    where = execution.environment_name
    dialog = confirm(
        f"Run on {where}?",
        f"{execution.job_name} (#{execution.id}) will run on {where} as "
        f"{execution.plan.user}@{execution.plan.host}{_with(execution)}.",
        "Run it",
        "Not now",
        style="danger",
    )
    return button(
        f"Run on {where}",
        action_id=Action.EXECUTION_CONFIRM,
        value=answer(execution.id, execution.plan_hash),
        style="danger",
        confirm=dialog,
        accessible=f"Run on {where}: #{execution.id} {execution.job_name}",
    )


def _no(execution: Execution) -> Block:
    return button(
        "Discard",
        action_id=Action.EXECUTION_DISCARD,
        value=answer(execution.id, execution.plan_hash),
        accessible=f"Discard #{execution.id} {execution.job_name}",
    )


def _closed(forecast: Forecast) -> list[Block]:
    """Return that nothing can be started now; the question stays."""
    if forecast.closed is None:
        return []
    return [section(f"{mark(forecast.closed)} {closed_sentence(forecast.closed)}")]


def _with(execution: Execution) -> str:
    """Return the values for a dialog, in plain text."""
    given = " ".join(f"{name_}={value}" for name_, value in execution.parameters.items())
    return f", with {clip(given, 150)}" if given else ""
