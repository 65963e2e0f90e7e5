"""What waits, in the order in which it will start."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from db.model.execution import Execution, Status
from executor.rules.estimates import Forecast
from handlers.views.aloud import aloud
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip_mrkdwn,
    confirm,
    context,
    esc,
    header,
    section,
)
from handlers.views.going import SEPARATOR, in_the_queue
from handlers.views.ids import Action
from handlers.views.message import Told
from handlers.views.runs import SPOKEN_VALUES, asked, show_button
from handlers.views.sentences import name, place, values

MOST = 15  # each is two blocks, and a message holds 50


def queue(
    waiting: Sequence[tuple[Execution, Forecast]],
    count: int,
    *,
    now: datetime,
    where: str = "",
    active: Sequence[Execution] = (),
    may_move: bool,
) -> Told:
    """Return what waits (in the environment *where*, if given), next first; *count*: in all.

    *active*: what is under way or awaits confirmation there, told where nothing waits;
    *may_move*: the reader is an admin, who may let one go before the others.
    """
    place_ = f" in {where}" if where else ""
    below = actions(
        button("Run a job…", action_id=Action.RUN_OPEN, style="primary"),
        button("What runs now", action_id=Action.EXECUTION_STATUS),
    )
    if not waiting:
        text = f"Nothing waits in the queue{esc(place_)}.{_others(active)}"
        return Told(text, [section(text), below])
    title = f"Queue{place_}"
    rows = [block for one in waiting[:MOST] for block in _row(*one, now=now, may_move=may_move)]
    left = count - len(waiting[:MOST])
    more = [context(f"and {left} more")] if left else []
    text = aloud(esc(title), (_spoken(*one, now=now) for one in waiting), count)
    return Told(text, [header(f"{title} ({count})"), *rows, *more, below])


def moved(one: Execution) -> Told:
    """Return the receipt for one that was moved to the front."""
    text = f"{name(one)} goes next on {esc(one.environment_name)}, as soon as there is room."
    return Told(text, [section(f"⏫ {text}")])


def _others(active: Sequence[Execution]) -> str:
    """Return how many run and how many await confirmation: a sentence, or nothing."""
    by_status = Counter(one.status for one in active)
    live = sum(by_status[status] for status in by_status if status.is_live)
    asking = by_status[Status.AWAITING_CONFIRMATION]
    told = []
    if live:
        told.append("1 run is under way" if live == 1 else f"{live} runs are under way")
    if asking:
        told.append(f"{asking} await{'s' if asking == 1 else ''} confirmation")
    return f" {' and '.join(told)}." if told else ""


def _spoken(one: Execution, forecast: Forecast, *, now: datetime) -> str:
    """Return one as it is read aloud: its place, or when it is tried again."""
    told = in_the_queue(one, forecast, now).rpartition("\n")[2].replace(SEPARATOR, ", ")
    given = clip_mrkdwn(values(one), SPOKEN_VALUES)
    with_ = f", with {given}" if given else ""
    return f"{name(one)} on {esc(one.environment_name)}: {told[:1].lower()}{told[1:]}{with_}"


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
