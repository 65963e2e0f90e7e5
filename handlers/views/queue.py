"""What waits, in the order in which it will start."""

from collections.abc import Sequence
from datetime import datetime

from db.model.execution import Execution
from executor.rules.estimates import Forecast
from handlers.views.blocks import Block, actions, button, confirm, context, esc, header, section
from handlers.views.going import in_the_queue
from handlers.views.ids import Action
from handlers.views.message import Told
from handlers.views.runs import asked, show_button
from handlers.views.sentences import name, place, values

MOST = 15  # each is two blocks, and a message holds 50


def queue(
    waiting: Sequence[tuple[Execution, Forecast]],
    count: int,
    *,
    now: datetime,
    where: str = "",
    may_move: bool,
) -> Told:
    """Return what waits (in the environment *where*, if given), next first; *count*: in all.

    *may_move*: the reader is an admin, who may let one go before the others.
    """
    place_ = f" in {where}" if where else ""
    below = actions(
        button("Run a job…", action_id=Action.RUN_OPEN, style="primary"),
        button("What runs now", action_id=Action.EXECUTION_STATUS),
    )
    if not waiting:
        text = f"Nothing waits in the queue{esc(place_)}: what is asked for starts at once."
        return Told(text, [section(text), below])
    title = f"Queue{place_} ({count})"
    rows = [block for one in waiting[:MOST] for block in _row(*one, now=now, may_move=may_move)]
    left = count - len(waiting[:MOST])
    more = [context(f"and {left} more")] if left else []
    return Told(f"{esc(title)}.", [header(title), *rows, *more, below])


def moved(one: Execution) -> Told:
    """Return the receipt for one that was moved to the front."""
    text = f"{name(one)} goes next on {esc(one.environment_name)}, as soon as there is room."
    return Told(text, [section(f"⏫ {text}")])


def _row(one: Execution, forecast: Forecast, *, now: datetime, may_move: bool) -> list[Block]:
    lines = [
        f"*{name(one)}* → {place(one.environment_name, one.environment_kind)}",
        in_the_queue(one, forecast, now),
        asked(one),
    ]
    given = values(one)
    told = "\n".join(lines + ([given] if given else []))
    row = section(told, accessory=show_button(one))
    buttons = [_front(one)] if may_move and forecast.position != 1 else []
    return [row, actions(*buttons, _cancel(one))]


def _front(one: Execution) -> Block:
    return button(
        "Move to front",
        action_id=Action.EXECUTION_FRONT,
        value=str(one.id),
        accessible=f"Move #{one.id} {one.job_name} to the front of the queue",
    )


def _cancel(one: Execution) -> Block:
    dialog = confirm(
        f"Cancel #{one.id}?",
        f"{one.job_name} on {one.environment_name} leaves the queue.",
        "Cancel the run",
        "Keep waiting",
        style="danger",
    )
    return button(
        "Cancel",
        action_id=Action.EXECUTION_CANCEL,
        value=str(one.id),
        confirm=dialog,
        accessible=f"Cancel #{one.id} {one.job_name}",
    )
